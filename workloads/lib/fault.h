/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Ways to wait badly, one row each, with an innocent twin that does the same task as it should be
 * done. The program `fault` plays these rows; what is common to both is counted in the same
 * members.
 */
#ifndef WORKLOADS_FAULT_H
#define WORKLOADS_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "actor.h"
#include "distribution.h"
#include "truth.h"

struct fault;

/* Numbers that are 0 do not apply to the row. */
struct fault_kind {
	const char *name;
	const char *help;
	const char *innocent_help;

	uint64_t operations, delay_ns; /* by default */
	uint64_t threads, threads_innocent;
	uint64_t size;
	bool uses_file;

	/* Does the task, in this thread and those that it makes. */
	void (*play)(struct fault *fault);
	/* Writes the row's own members. */
	void (*write_truth)(const struct fault *fault, struct truth *truth);
	/* Frees own. May be NULL. */
	void (*tear_down)(struct fault *fault);
};

/* Each table ends with a row without a name. */
extern const struct fault_kind fault_kinds_calls[];
extern const struct fault_kind fault_kinds_threads[];
extern const struct fault_kind fault_kinds_scheduling[];

/* The n-th row of all tables, or NULL past the last. */
const struct fault_kind *fault_kind__at(unsigned int index);
/* The row with that name, or NULL. */
const struct fault_kind *fault_kind__find(const char *name);

/* One run of a row. */
struct fault {
	const struct fault_kind *kind;
	bool is_innocent;
	uint64_t operations, delay_ns, threads, size;
	const char *path; /* where to make the file, or NULL */

	uint64_t done;		     /* operations; written by one thread at the end */
	struct distribution latency; /* of each operation */
	struct actor waiter, partner;
	struct calls calls;
	void *own; /* memory of the row's own */
};

/* Runs the two as the threads "waiter" and "partner", and waits for their end. */
void fault__play_two(struct fault *fault, void (*waiter_play)(void *fault),
		     void (*partner_play)(void *fault));

#endif
