/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "model/axis.h"

#include <string.h>

#define LAST_BUCKET (BUCKET_CHUNKS * BUCKETS_PER_CHUNK - 1)

/* On an axis that fits: values that are within this factor are shown linearly. */
#define LINEAR_FACTOR 4

struct range {
	uint64_t low, high; /* of the values, by the ends of their buckets: low <= value < high */
	uint64_t most;	    /* high end without the top hundredth of the values */
};

static uint64_t middle_of(unsigned int bucket)
{
	uint64_t low = buckets__low(bucket);

	return low + (buckets__high(bucket) - low) / 2;
}

static bool is_shown(unsigned int bucket, uint64_t min, uint64_t max)
{
	return buckets__high(bucket) > min && buckets__low(bucket) <= max;
}

/* The ends of the values within min .. max. False: there are none. */
static bool find_range(const struct histogram *histogram, uint64_t min, uint64_t max,
		       struct range *range)
{
	uint64_t values = 0, seen = 0;

	*range = (struct range){.low = UINT64_MAX};
	for (unsigned int i = 0; i <= LAST_BUCKET; i++)
		values += is_shown(i, min, max) ? histogram__bucket(histogram, i) : 0;
	for (unsigned int i = 0; i <= LAST_BUCKET; i++) {
		uint64_t count = is_shown(i, min, max) ? histogram__bucket(histogram, i) : 0;

		if (!count)
			continue;
		if (range->low == UINT64_MAX)
			range->low = buckets__low(i);
		range->high = buckets__high(i);
		if (seen * 100 < values * 99)
			range->most = range->high;
		seen += count;
	}
	return values != 0;
}

/* 1, 2 or 5 times a power of ten, at least `least`. */
static uint64_t round_width(uint64_t least)
{
	static const uint64_t steps[] = {1, 2, 5};

	for (uint64_t power = 1;; power *= 10)
		for (int i = 0; i < 3; i++)
			if (steps[i] * power >= least)
				return steps[i] * power;
}

/* How values fall into rows: by number of row, from the value or from the row. */
struct scale {
	bool linear;
	uint64_t width;	   /* linear: ns a row */
	unsigned int each; /* else: buckets a row */
};

static uint64_t row_number(const struct scale *scale, unsigned int bucket)
{
	return scale->linear ? middle_of(bucket) / scale->width : bucket / scale->each;
}

static uint64_t row_low(const struct scale *scale, uint64_t number)
{
	return scale->linear ? number * scale->width
			     : buckets__low((unsigned int)(number * scale->each));
}

/* Empty rows from `next` up to before `number`: as they are, or as one gap. False: no room. */
static bool lay_empty(struct axis *axis, const struct scale *scale, uint64_t next, uint64_t number,
		      size_t most)
{
	uint64_t step = number - next > AXIS_EMPTY_ROWS ? number - next : 1;

	for (; next < number; next += step) {
		if (axis->count == most)
			return false;
		axis->rows[axis->count++] = (struct axis_row){.low = row_low(scale, next),
							      .high = row_low(scale, next + step),
							      .gap = step > 1};
	}
	return true;
}

/* Lays the rows for all values within min .. max. False: they are more than `most`. */
static bool lay(struct axis *axis, const struct scale *scale, const struct histogram *histogram,
		uint64_t min, uint64_t max, size_t most)
{
	uint64_t next = UINT64_MAX;

	axis->count = 0;
	for (unsigned int i = 0; i <= LAST_BUCKET; i++) {
		uint64_t number = row_number(scale, i);

		if (!histogram__bucket(histogram, i) || !is_shown(i, min, max) ||
		    (next != UINT64_MAX && number < next))
			continue;
		if (next != UINT64_MAX && !lay_empty(axis, scale, next, number, most))
			return false;
		if (axis->count == most)
			return false;
		axis->rows[axis->count++] = (struct axis_row){.low = row_low(scale, number),
							      .high = row_low(scale, number + 1)};
		next = number + 1;
	}
	return true;
}

/* No narrower than the widest bucket, but for the top hundredth: rows between would look empty. */
static uint64_t least_width(const struct range *range)
{
	unsigned int last = buckets__index(range->most - 1);
	uint64_t bucket = buckets__high(last) - buckets__low(last);
	uint64_t width = (range->most - range->low) / AXIS_ROWS;

	return width > bucket ? width : bucket;
}

static enum axis_kind choose(const struct range *range)
{
	return range->low && range->most / range->low < LINEAR_FACTOR ? AXIS_LINEAR : AXIS_LOG;
}

/* The row of a value, or -1 below and -2 above all rows. */
static int row_of(const struct axis *axis, uint64_t value)
{
	size_t low = 0, high = axis->count;

	if (!axis->count || value < axis->rows[0].low)
		return -1;
	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (axis->rows[middle].low <= value)
			low = middle;
		else
			high = middle;
	}
	return value < axis->rows[low].high ? (int)low : -2;
}

void axis__count(const struct axis *axis, const struct histogram *histogram,
		 uint64_t counts[AXIS_ROWS])
{
	memset(counts, 0, AXIS_ROWS * sizeof(*counts));
	for (unsigned int i = 0; i <= LAST_BUCKET; i++) {
		uint64_t count = histogram__bucket(histogram, i);
		int row = count ? row_of(axis, middle_of(i)) : -1;

		if (row >= 0)
			counts[row] += count;
	}
}

static void fill(struct axis *axis, const struct histogram *histogram)
{
	for (unsigned int i = 0; i <= LAST_BUCKET; i++) {
		uint64_t count = histogram__bucket(histogram, i);
		int row = count ? row_of(axis, middle_of(i)) : 0;

		if (!count)
			continue;
		if (row >= 0)
			axis->rows[row].count += count;
		else if (row == -1)
			axis->below += count;
		else
			axis->above += count;
	}
}

void axis__fit(struct axis *axis, const struct histogram *histogram, enum axis_kind kind,
	       size_t rows, uint64_t min, uint64_t max)
{
	struct scale scale = {.each = kind == AXIS_LOG2 ? BUCKETS_PER_CHUNK : 1};
	struct range range;

	memset(axis, 0, sizeof(*axis));
	axis->kind = kind;
	if (rows > AXIS_ROWS || kind == AXIS_LOG2)
		rows = AXIS_ROWS;
	if (!rows || !find_range(histogram, min, max, &range))
		return;
	if (kind == AXIS_FIT)
		axis->kind = choose(&range);
	if (axis->kind == AXIS_LINEAR) {
		scale.linear = true;
		scale.width = round_width(least_width(&range));
	}
	if (kind == AXIS_FIT && scale.linear && !lay(axis, &scale, histogram, min, max, rows)) {
		/* a tail that would make the rows so wide that one has nearly all */
		scale.linear = false;
		axis->kind = AXIS_LOG;
	}
	while (!lay(axis, &scale, histogram, min, max, rows)) {
		scale.each *= 2;
		scale.width = scale.linear ? round_width(scale.width + 1) : 0;
	}
	fill(axis, histogram);
}
