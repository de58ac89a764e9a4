// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "distribution.h"

/*
 * Below 2^(bits + 1) each value has its bucket. Above, a value is shifted right until it is below,
 * and each shift takes one more run of 2^bits buckets.
 */
static unsigned int bucket_of(uint64_t value)
{
	unsigned int shift = 0;

	while (value >> shift >= 2U << DISTRIBUTION_PART_BITS)
		shift++;
	if (shift >= DISTRIBUTION_POWERS - DISTRIBUTION_PART_BITS)
		return DISTRIBUTION_BUCKETS - 1;
	return (shift << DISTRIBUTION_PART_BITS) + (unsigned int)(value >> shift);
}

/* The largest value that falls into the bucket. */
static uint64_t bucket_end(unsigned int bucket)
{
	unsigned int shift = bucket >> DISTRIBUTION_PART_BITS;

	shift -= shift > 0;
	return ((uint64_t)(bucket - (shift << DISTRIBUTION_PART_BITS) + 1) << shift) - 1;
}

void distribution__raise(_Atomic uint64_t *maximum, uint64_t value)
{
	uint64_t known = atomic_load(maximum);

	while (value > known && !atomic_compare_exchange_weak(maximum, &known, value))
		;
}

void distribution__record(struct distribution *distribution, uint64_t duration_ns)
{
	atomic_fetch_add(&distribution->count, 1);
	atomic_fetch_add(&distribution->sum_ns, duration_ns);
	atomic_fetch_add(&distribution->buckets[bucket_of(duration_ns)], 1);
	distribution__raise(&distribution->max_ns, duration_ns);
	distribution__raise(&distribution->below_min_ns, UINT64_MAX - duration_ns);
}

/* The nearest rank, as in latency.h, per mille; the end of its bucket. There must be a value. */
static uint64_t percentile_ns(const struct distribution *distribution, uint64_t per_mille)
{
	uint64_t rank = (distribution->count * per_mille + 999) / 1000, seen = 0, end_ns;
	unsigned int bucket = 0;

	while ((seen += distribution->buckets[bucket]) < rank)
		bucket++;
	end_ns = bucket_end(bucket);
	return end_ns < distribution->max_ns ? end_ns : distribution->max_ns;
}

void distribution__write(const struct distribution *distribution, struct truth *truth,
			 const char *name)
{
	static const struct {
		const char *name;
		uint64_t per_mille;
	} percentiles[] = {{"p50_ns", 500}, {"p90_ns", 900}, {"p99_ns", 990}, {"p999_ns", 999}};
	bool known = distribution->count > 0;

	truth__open(truth, name);
	truth__number(truth, "count", distribution->count);
	truth__number(truth, "sum_ns", distribution->sum_ns);
	truth__number_if(truth, "min_ns", known, UINT64_MAX - distribution->below_min_ns);
	truth__number_if(truth, "max_ns", known, distribution->max_ns);
	for (size_t i = 0; i < sizeof(percentiles) / sizeof(*percentiles); i++)
		truth__number_if(truth, percentiles[i].name, known,
				 known ? percentile_ns(distribution, percentiles[i].per_mille) : 0);
	truth__close(truth);
}
