/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The truth of a workload (workloads/README.md) against the profile of the same run. */
#ifndef WAITSCOPE_LIVE_TRUTH_H
#define WAITSCOPE_LIVE_TRUTH_H

#include "tests/live/lib/live.h"

/* The row of the thread that makes the measured calls. */
struct json_object *truth__waiter(struct trace *trace);
/* How often the waiter makes that call, 0 if never. */
int64_t truth__calls(struct json_object *truth, const char *syscall);
/* The waiter made each call exactly as often as it says, with these errors. */
void truth__check_calls(struct json_object *truth, struct json_object *waiter);
/* It waited as it says: how often, why, for what, how, and ended by whom. */
void truth__check_waits(struct json_object *truth, struct json_object *waiter);

/* Its waits in those calls are as many as the kernel counted voluntary switches in that time: of
 * page faults, which are in no call, it is not known whether they were in that time. */
void truth__check_switches(struct json_object *truth, struct json_object *waiter);

/*
 * Runs a workload until it agrees. `counts` asserts what does not depend on time, after every run.
 * `times` returns NULL, or what differs.
 *
 * The workload reads the clock outside the call: where the waiter lost its CPU between the two,
 * its latency has what is none of the call's. On a busy machine that happens, so the times are
 * given more than one chance, and everything else none.
 */
void truth__compare(const char *tier, const char *const *words, void (*counts)(struct trace *trace),
		    const char *(*times)(struct trace *trace));
bool trace__is_full(struct trace *trace);

/* NULL, or what is not as assert_distribution_near() and assert_time_between() ask for. */
const char *distribution__differs(struct json_object *actual, struct json_object *truth);
const char *bounds__differ(double actual, double low, double high, const char *what);

/* Can a waker of this kind have ended a wait, as far as the truth knows? */
bool truth__waker_is_possible(struct json_object *truth, const char *kind);

#endif
