/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Which processes, threads and classes of waits a report is about. A thread is in it if it is one
 * of the threads, or of a process that is named or has one of the names; if nothing of that is
 * asked for, all are. Pure.
 */
#ifndef WAITSCOPE_RECORDING_ROW_FILTER_H
#define WAITSCOPE_RECORDING_ROW_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/profile.h"
#include "model/rows.h"

struct ids {
	int *ids; /* owned */
	size_t count;
};

#define ROW_FILTER_NAMES 16

struct row_filter {
	struct ids pids, tids;
	const char *names[ROW_FILTER_NAMES]; /* of processes: what their main threads are called */
	size_t name_count;
	uint32_t classes; /* 1 << enum wait_class; 0: all */
};

void row_filter__clear(struct row_filter *filter);

/* Is not every thread in it? */
bool row_filter__selects(const struct row_filter *filter);

/* By ids alone. */
bool row_filter__has(const struct row_filter *filter, uint32_t tgid, uint32_t tid);

/* Adds the ids of the processes that have one of the names. 0 or -ENOMEM. */
int row_filter__find_names(struct row_filter *filter, const struct sources *sources);

/*
 * Empties the rows of threads that are not in it. Requests belong to processes: where single
 * threads are asked for there are none. Returns how many threads are left.
 */
size_t row_filter__apply(const struct row_filter *filter, struct sources *sources);

/* Only waits of its classes stay in the tables of a finished profile. */
void row_filter__keep_classes(const struct row_filter *filter, struct profile *profile);

/* Only stacks of its threads, by their ids, and of waits of its classes; samples are of no class.
 */
void row_filter__keep_stacks(const struct row_filter *filter, struct stacks *stacks);

#endif
