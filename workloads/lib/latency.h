/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A latency recorder that keeps every sample, so that its percentiles are exact. All memory is
 * taken (and touched) at the start: recording makes no system call and no page fault.
 */
#ifndef WORKLOADS_LATENCY_H
#define WORKLOADS_LATENCY_H

#include <stddef.h>
#include <stdint.h>

struct latency {
	uint64_t *samples_ns;
	size_t count;
	size_t capacity;
	uint64_t sum_ns;
};

/* Freed by latency__free(). Ends the program if there is no memory. */
void latency__init(struct latency *latency, size_t capacity);
void latency__free(struct latency *latency);

/* Ends the program if there are more samples than the capacity: a truth is never cut short. */
void latency__record(struct latency *latency, uint64_t duration_ns);

/* Puts the samples in ascending order: to be called once, before the functions below. */
void latency__sort(struct latency *latency);

/*
 * The nearest-rank percentile: the smallest sample that at least percent % of all samples do
 * not exceed (1 to 100). There must be a sample.
 */
uint64_t latency__percentile_ns(const struct latency *latency, unsigned int percent);

#endif
