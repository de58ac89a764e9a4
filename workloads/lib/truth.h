/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The truth: one JSON object on stdout, the only thing that a workload prints there. Members
 * come in the order of the calls. What is not known is null, never 0.
 */
#ifndef WORKLOADS_TRUTH_H
#define WORKLOADS_TRUTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "actor.h"
#include "calls.h"
#include "latency.h"

struct truth {
	unsigned int depth;
	bool has_member; /* at the present depth */
};

void truth__begin(struct truth *truth);
/* Closes the object. Ends the program with status 1 if stdout did not take all of it. */
void truth__end(struct truth *truth);

/* A NULL text is written as null. */
void truth__text(struct truth *truth, const char *name, const char *text);
void truth__number(struct truth *truth, const char *name, uint64_t number);
/* The number, or null if it is not known. */
void truth__number_if(struct truth *truth, const char *name, bool known, uint64_t number);
/* Two numbers' quotient, with three decimals; null if the second is 0. */
void truth__ratio(struct truth *truth, const char *name, uint64_t number, uint64_t by);
/* An array. */
void truth__numbers(struct truth *truth, const char *name, const uint64_t *numbers, size_t count);
void truth__flag(struct truth *truth, const char *name, bool flag);
/*
 * Who may end the wait: "wakers", an array from the comma-separated list, and "waker", its one
 * member or null. The second list, if not NULL, holds on a PREEMPT_RT kernel.
 */
void truth__wakers(struct truth *truth, const char *wakers, const char *wakers_realtime);
/* {"read": 10, ...} */
void truth__calls(struct truth *truth, const struct calls *calls);
/* {count, sum_ns, min_ns, max_ns, p50_ns, p90_ns, p99_ns}; sorts the samples. */
void truth__latency(struct truth *truth, const char *name, struct latency *latency);

/* measured_ns, cpu_ns, voluntary_switches, involuntary_switches */
void truth__books(struct truth *truth, const struct books *books);

/* A member that is an object itself, filled between these two. */
void truth__open(struct truth *truth, const char *name);
void truth__close(struct truth *truth);

#endif
