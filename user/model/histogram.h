/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A distribution in user space: exact count, sum, minimum and maximum, and log-linear buckets
 * (bpf/buckets.h) from which quantiles come with a relative error of at most 1/64.
 * Unit: nanoseconds.
 */
#ifndef WAITSCOPE_MODEL_HISTOGRAM_H
#define WAITSCOPE_MODEL_HISTOGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/buckets.h"

struct histogram {
	uint64_t count, sum;
	uint64_t min, max; /* valid if count > 0 */
	uint64_t bucketed; /* values that are in the buckets; less than count if some were lost */
	uint64_t *chunks[BUCKET_CHUNKS]; /* BUCKETS_PER_CHUNK counts each, or NULL; owned */
};

/* Adds one value. Returns 0, or -ENOMEM (then nothing was added). */
int histogram__add(struct histogram *histogram, uint64_t value);

/*
 * Adds one chunk of bucket counts (BUCKETS_PER_CHUNK of them); only `bucketed` changes. Count,
 * sum, minimum and maximum are added by histogram__add_totals().
 */
int histogram__add_chunk(struct histogram *histogram, unsigned int chunk, const uint64_t *counts);

/* Adds exact totals. `min` and `max` are ignored if `count` is 0. */
void histogram__add_totals(struct histogram *histogram, uint64_t count, uint64_t sum, uint64_t min,
			   uint64_t max);

/* Adds all of `other`. Returns 0 or -ENOMEM. */
int histogram__merge(struct histogram *histogram, const struct histogram *other);

/*
 * True if quantiles can be given: there are values, every one is in a bucket, and at most one (the
 * maximum) is beyond the range of the buckets.
 */
bool histogram__has_quantiles(const struct histogram *histogram);

/*
 * The value at `quantile` (0..1) by nearest rank: the middle of its bucket, held within min and
 * max. Call only if histogram__has_quantiles().
 */
uint64_t histogram__quantile(const struct histogram *histogram, double quantile);

/* Count in one bucket, 0 .. BUCKET_CHUNKS * BUCKETS_PER_CHUNK - 1. */
uint64_t histogram__bucket(const struct histogram *histogram, unsigned int index);

/* Frees the buckets and zeroes the struct; the struct itself is the caller's. */
void histogram__clear(struct histogram *histogram);

#endif
