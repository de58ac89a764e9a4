/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which lines `waitscope trace` prints. Pure. */
#ifndef WAITSCOPE_COMMANDS_TRACE_FILTER_H
#define WAITSCOPE_COMMANDS_TRACE_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/records.h"
#include "model/trace_line.h"

#define TRACE_FILTER_REASON   192
#define TRACE_FILTER_SYSCALLS 64

struct trace_filter {
	uint64_t min;	      /* ns asleep; of a call that did not sleep: of its duration */
	unsigned int classes; /* 1 << enum wait_class; 0: all */
	unsigned int wakers;  /* 1 << enum waker_kind; 0: all, if there is no waker_tid */
	uint32_t waker_tid;   /* 0: any */
	const char *syscalls[TRACE_FILTER_SYSCALLS]; /* static names */
	size_t syscall_count;			     /* 0: all */
};

/* Each adds to the filter what a list with commas names. 0, or -EINVAL and the reason. */
int trace_filter__classes(struct trace_filter *filter, const char *list,
			  char reason[TRACE_FILTER_REASON]);
/* Kinds of wakers, or one thread id. */
int trace_filter__wakers(struct trace_filter *filter, const char *list,
			 char reason[TRACE_FILTER_REASON]);
int trace_filter__syscalls(struct trace_filter *filter, const char *list,
			   char reason[TRACE_FILTER_REASON]);

/* A line passes if one of its sleeps has what is asked for. */
bool trace_filter__takes(const struct trace_filter *filter, const struct trace_line *line);

#endif
