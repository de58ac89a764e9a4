/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "model/histogram.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LAST_BUCKET (BUCKET_CHUNKS * BUCKETS_PER_CHUNK - 1)

/* The counts of a chunk, made if there are none yet; NULL without memory. */
static uint64_t *histogram__chunk(struct histogram *histogram, unsigned int chunk)
{
	if (!histogram->chunks[chunk])
		histogram->chunks[chunk] = calloc(BUCKETS_PER_CHUNK, sizeof(uint64_t));
	return histogram->chunks[chunk];
}

int histogram__add(struct histogram *histogram, uint64_t value)
{
	unsigned int index = buckets__index(value);
	uint64_t *counts = histogram__chunk(histogram, index / BUCKETS_PER_CHUNK);

	if (!counts)
		return -ENOMEM;
	counts[index % BUCKETS_PER_CHUNK]++;
	histogram->bucketed++;
	histogram__add_totals(histogram, 1, value, value, value);
	return 0;
}

int histogram__add_chunk(struct histogram *histogram, unsigned int chunk, const uint64_t *counts)
{
	uint64_t *own;

	if (chunk >= BUCKET_CHUNKS)
		return -EINVAL;
	own = histogram__chunk(histogram, chunk);
	if (!own)
		return -ENOMEM;
	for (unsigned int i = 0; i < BUCKETS_PER_CHUNK; i++) {
		own[i] += counts[i];
		histogram->bucketed += counts[i];
	}
	return 0;
}

void histogram__add_totals(struct histogram *histogram, uint64_t count, uint64_t sum, uint64_t min,
			   uint64_t max)
{
	if (!count)
		return;
	if (!histogram->count || min < histogram->min)
		histogram->min = min;
	if (!histogram->count || max > histogram->max)
		histogram->max = max;
	histogram->count += count;
	histogram->sum += sum;
}

int histogram__merge(struct histogram *histogram, const struct histogram *other)
{
	/* first all that can fail, so that a failure leaves the counts as they were */
	for (unsigned int chunk = 0; chunk < BUCKET_CHUNKS; chunk++) {
		if (other->chunks[chunk] && !histogram__chunk(histogram, chunk))
			return -ENOMEM;
	}
	for (unsigned int chunk = 0; chunk < BUCKET_CHUNKS; chunk++) {
		if (!other->chunks[chunk])
			continue;
		for (unsigned int i = 0; i < BUCKETS_PER_CHUNK; i++)
			histogram->chunks[chunk][i] += other->chunks[chunk][i];
	}
	histogram->bucketed += other->bucketed;
	histogram__add_totals(histogram, other->count, other->sum, other->min, other->max);
	return 0;
}

bool histogram__has_quantiles(const struct histogram *histogram)
{
	if (!histogram->count || histogram->bucketed != histogram->count)
		return false;
	/* Beyond the range a bucket says nothing. One such value is the maximum, which is known. */
	return histogram->max < BUCKET_LIMIT || histogram__bucket(histogram, LAST_BUCKET) <= 1;
}

/*
 * Nearest rank: the smallest that has at least the share `quantile` of all values at or below it.
 * The product can come out a hair above a whole number (0.07 * 100), which must not cost a rank.
 */
static uint64_t rank_of(double quantile, uint64_t count)
{
	double exact = quantile * (double)count * (1 - 1e-12);
	uint64_t rank;

	if (!(exact > 0))
		return 1;
	if (exact >= (double)count)
		return count;
	rank = (uint64_t)exact;
	if ((double)rank < exact)
		rank++;
	return rank ? rank : 1;
}

static uint64_t middle_of(unsigned int index)
{
	uint64_t low = buckets__low(index);

	return low + (buckets__high(index) - low) / 2;
}

uint64_t histogram__quantile(const struct histogram *histogram, double quantile)
{
	uint64_t rank = rank_of(quantile, histogram->count), seen = 0, value;

	/* the ends are known exactly */
	if (rank == 1)
		return histogram->min;
	if (rank >= histogram->count)
		return histogram->max;
	for (unsigned int index = 0; index <= LAST_BUCKET; index++) {
		if (!histogram->chunks[index / BUCKETS_PER_CHUNK])
			continue;
		seen += histogram__bucket(histogram, index);
		if (seen < rank)
			continue;
		value = middle_of(index);
		if (value < histogram->min)
			return histogram->min;
		return value > histogram->max ? histogram->max : value;
	}
	return histogram->max;
}

uint64_t histogram__bucket(const struct histogram *histogram, unsigned int index)
{
	const uint64_t *counts;

	if (index > LAST_BUCKET)
		return 0;
	counts = histogram->chunks[index / BUCKETS_PER_CHUNK];
	return counts ? counts[index % BUCKETS_PER_CHUNK] : 0;
}

void histogram__clear(struct histogram *histogram)
{
	for (unsigned int chunk = 0; chunk < BUCKET_CHUNKS; chunk++)
		free(histogram->chunks[chunk]);
	memset(histogram, 0, sizeof(*histogram));
}
