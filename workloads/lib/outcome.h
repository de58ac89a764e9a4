/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the truths of all I/O models have in common, so that the models can be held side by side:
 * how many results, when the first and the last, how many threads it took, how many operations
 * were in flight, how a result was delivered, and whether it was the data or only readiness.
 */
#ifndef WORKLOADS_OUTCOME_H
#define WORKLOADS_OUTCOME_H

#include <stdint.h>

#include "truth.h"

struct outcome {
	/* Words as in README.md. */
	const char *model;
	const char *delivery;
	const char *completion_is;

	uint64_t max_in_flight;
	uint64_t
		threads; /* that did the I/O, or waited for it; helpers of library and kernel too */
	uint64_t results;
	uint64_t start_ns; /* of the measured section */
	uint64_t first_ns; /* when the first result was there */
	uint64_t last_ns;
};

void outcome__start(struct outcome *outcome, uint64_t now_ns);

/* Notes a result. */
void outcome__result(struct outcome *outcome, uint64_t now_ns);

/*
 * Counts this process's threads, kernel workers included, but for those that have no part in the
 * I/O: the main thread and the partner. Makes calls that no workload makes in
 * its measured section: openat, lseek, getdents64.
 */
void outcome__count_threads(struct outcome *outcome, pid_t partner_tid);

/* model, delivery, completion_is, threads, max_in_flight, wall_ns, first_ and last_result_ns */
void outcome__write(const struct outcome *outcome, struct truth *truth, uint64_t wall_ns);

#endif
