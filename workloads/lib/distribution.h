/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A latency recorder for servers: of fixed size, since nobody knows how many requests will come and
 * the memory is measured; and safe from several threads, and in shared memory several processes,
 * at once. count, sum, min and max are exact; a percentile is at most 1/128 too high.
 */
#ifndef WORKLOADS_DISTRIBUTION_H
#define WORKLOADS_DISTRIBUTION_H

#include <stdatomic.h>
#include <stdint.h>

#include "truth.h"

/* Each power of two in 128 parts, up to 2^43 ns (over two hours), and what is longer at the end. */
enum {
	DISTRIBUTION_PART_BITS = 7,
	DISTRIBUTION_POWERS = 43,
	DISTRIBUTION_BUCKETS = (DISTRIBUTION_POWERS - DISTRIBUTION_PART_BITS + 1)
			       << DISTRIBUTION_PART_BITS,
};

/* All zero is empty. */
struct distribution {
	_Atomic uint64_t count, sum_ns, max_ns;
	_Atomic uint64_t below_min_ns; /* UINT64_MAX - min, so that zero is the right beginning */
	_Atomic uint64_t buckets[DISTRIBUTION_BUCKETS];
};

void distribution__record(struct distribution *distribution, uint64_t duration_ns);

/* Raises *maximum to value, if that is more. */
void distribution__raise(_Atomic uint64_t *maximum, uint64_t value);

/* {count, sum_ns, min_ns, max_ns, p50_ns, p90_ns, p99_ns, p999_ns} */
void distribution__write(const struct distribution *distribution, struct truth *truth,
			 const char *name);

#endif
