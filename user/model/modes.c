/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Modes are looked for on a logarithmic axis, four parts to each power of two: times differ by
 * factors, and a mode on a linear axis would depend on where it is. The counts are smoothed with
 * their neighbours (1 2 1), so that one lucky part is no peak.
 */
#include "model/modes.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#define PARTS_PER_CHUNK	 4
#define BUCKETS_PER_PART (BUCKETS_PER_CHUNK / PARTS_PER_CHUNK)
#define PARTS		 (BUCKET_CHUNKS * PARTS_PER_CHUNK)

struct density {
	uint64_t count[PARTS];
	double smooth[PARTS];
};

/* Values below BUCKETS_PER_CHUNK ns have a linear chunk; its parts are few ns, and no different. */
static void fill(struct density *density, const struct histogram *histogram)
{
	memset(density, 0, sizeof(*density));
	for (unsigned int chunk = 0; chunk < BUCKET_CHUNKS; chunk++) {
		for (unsigned int i = 0; histogram->chunks[chunk] && i < BUCKETS_PER_CHUNK; i++)
			density->count[chunk * PARTS_PER_CHUNK + i / BUCKETS_PER_PART] +=
				histogram->chunks[chunk][i];
	}
	for (int i = 0; i < PARTS; i++) {
		double below = i > 0 ? (double)density->count[i - 1] : 0;
		double above = i + 1 < PARTS ? (double)density->count[i + 1] : 0;

		density->smooth[i] = (below + 2 * (double)density->count[i] + above) / 4;
	}
}

/* A hill between two valleys: parts first .. last. */
struct hill {
	int first, last, top;
};

static int top_of(const struct density *density, int first, int last)
{
	int top = first;

	for (int i = first + 1; i <= last; i++)
		if (density->smooth[i] > density->smooth[top])
			top = i;
	return top;
}

static uint64_t count_of(const struct density *density, const struct hill *hill)
{
	uint64_t count = 0;

	for (int i = hill->first; i <= hill->last; i++)
		count += density->count[i];
	return count;
}

/* Every stretch between two lowest points, from the left. Flat ground belongs to the hill before
 * it. */
static size_t find_hills(const struct density *density, struct hill hills[PARTS])
{
	size_t count = 0;
	int first = 0;
	bool falling = false;

	for (int i = 1; i < PARTS; i++) {
		if (density->smooth[i] < density->smooth[i - 1])
			falling = true;
		if (falling && density->smooth[i] > density->smooth[i - 1]) {
			hills[count++] = (struct hill){first, i - 1, top_of(density, first, i - 1)};
			first = i;
			falling = false;
		}
	}
	hills[count++] = (struct hill){first, PARTS - 1, top_of(density, first, PARTS - 1)};
	return count;
}

/* How much of a valley there is between two hills: the lesser peak less the lowest point, if it
 * counts. */
static double depth(const struct density *density, const struct hill *left,
		    const struct hill *right)
{
	double lesser = fmin(density->smooth[left->top], density->smooth[right->top]);
	double lowest = lesser;

	for (int i = left->top; i <= right->top; i++)
		lowest = fmin(lowest, density->smooth[i]);
	if (lowest > lesser / 2 || lesser - lowest < 3 * sqrt(lesser))
		return 0;
	return lesser - lowest;
}

static void join(struct hill *hills, size_t *count, size_t at, const struct density *density)
{
	hills[at].last = hills[at + 1].last;
	if (density->smooth[hills[at + 1].top] > density->smooth[hills[at].top])
		hills[at].top = hills[at + 1].top;
	memmove(&hills[at + 1], &hills[at + 2], (*count - at - 2) * sizeof(*hills));
	(*count)--;
}

/* Hills with no valley between them are one: the shallowest valley goes first. */
static void join_without_valley(struct hill *hills, size_t *count, const struct density *density)
{
	while (*count > 1) {
		size_t shallowest = 0;
		double least = INFINITY;

		for (size_t i = 0; i + 1 < *count; i++) {
			double valley = depth(density, &hills[i], &hills[i + 1]);

			if (valley < least) {
				least = valley;
				shallowest = i;
			}
		}
		if (least > 0)
			return;
		join(hills, count, shallowest, density);
	}
}

/* A hill of too few values is no mode; what it has goes to its larger neighbour. */
static void join_small(struct hill *hills, size_t *count, const struct density *density,
		       uint64_t values)
{
	for (size_t i = 0; *count > 1 && i < *count;) {
		uint64_t own = count_of(density, &hills[i]);
		bool to_the_left = i > 0;

		if (own >= MODES_LEAST_COUNT && (double)own >= MODES_LEAST_SHARE * (double)values) {
			i++;
			continue;
		}
		if (i > 0 && i + 1 < *count)
			to_the_left = density->smooth[hills[i - 1].top] >=
				      density->smooth[hills[i + 1].top];
		join(hills, count, to_the_left ? i - 1 : i, density);
		i = 0;
	}
}

static uint64_t part_low(int part)
{
	return buckets__low((unsigned int)part * BUCKETS_PER_PART);
}

size_t modes__find(const struct histogram *histogram, struct mode modes[MODES_MOST])
{
	struct hill hills[PARTS];
	struct density density;
	size_t count;

	if (histogram->bucketed < MODES_LEAST_VALUES)
		return 0;
	fill(&density, histogram);
	count = find_hills(&density, hills);
	join_without_valley(hills, &count, &density);
	join_small(hills, &count, &density, histogram->bucketed);
	if (count > MODES_MOST)
		return 0; /* so many are none */
	for (size_t i = 0; i < count; i++) {
		uint64_t low = part_low(hills[i].top), high = part_low(hills[i].top + 1);

		modes[i] = (struct mode){
			.peak = low + (high - low) / 2,
			.low = part_low(hills[i].first),
			.high = part_low(hills[i].last + 1),
			.count = count_of(&density, &hills[i]),
		};
		modes[i].share = (double)modes[i].count / (double)histogram->bucketed;
	}
	return count;
}

double modes__marked_share(const struct mode *mode, const struct histogram *marked)
{
	uint64_t count = 0;

	if (marked->bucketed != marked->count || !mode->count)
		return -1;
	for (unsigned int i = buckets__index(mode->low);
	     i < BUCKET_CHUNKS * BUCKETS_PER_CHUNK && buckets__low(i) < mode->high; i++)
		count += histogram__bucket(marked, i);
	return (double)count / (double)mode->count;
}
