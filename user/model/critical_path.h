/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The critical path of a command, from its end back to its exec, added up by thread and cause:
 * docs/recording.md says what it is. All rows together are the window, to the nanosecond.
 */
#ifndef WAITSCOPE_MODEL_CRITICAL_PATH_H
#define WAITSCOPE_MODEL_CRITICAL_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/records.h"
#include "model/wait_class.h"

/* Append only: names of them are in the JSON. */
enum path_cause_kind {
	PATH_RUNNING,	/* on a CPU */
	PATH_RUNNABLE,	/* woken, or new: waiting for a CPU */
	PATH_PREEMPTED, /* put off its CPU */
	PATH_ASLEEP,	/* and none of the traced threads woke it */
	PATH_UNKNOWN,	/* events were lost, or hidden by the kernel */
	PATH_AFTER,	/* of no thread: the command had ended, and the trace had yet to */
	PATH_CAUSES,
};

const char *path_cause__name(enum path_cause_kind kind);

/* What it was off the CPU for; all but the kind is for PATH_ASLEEP. */
struct path_cause {
	enum path_cause_kind kind;
	bool known; /* else class, call and object say nothing */
	enum wait_class class;
	const char *syscall; /* static; NULL: in none */
	char *object;	     /* owned; NULL: none */
	enum waker_kind waker;
};

struct path_thread {
	int pid, tid; /* 0: of no thread */
	char comm[RECORDS_COMM];
};

struct path_row {
	const struct path_thread *thread;
	const struct path_cause *cause;
	uint64_t time, longest; /* ns */
	uint64_t count;		/* stretches */
};

struct critical_path {
	uint64_t window; /* ns */
	bool ended;	 /* else the trace was over before the command */
	uint64_t lost;	 /* events; what lies before the last loss is unknown */
	struct path_thread *threads;
	size_t thread_count;
	struct path_cause *causes;
	size_t cause_count;
	struct path_row *rows; /* most time first */
	size_t row_count;
};

/* All of it may be NULL or empty. */
void critical_path__free(struct critical_path *path);

#endif
