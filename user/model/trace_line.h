/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A line of `waitscope trace`: a finished call with all that it slept, or a wait that is in none
 * whose end is seen. Plain data; texts are borrowed, as they came (renderers escape them).
 */
#ifndef WAITSCOPE_MODEL_TRACE_LINE_H
#define WAITSCOPE_MODEL_TRACE_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/wait_class.h"

struct line_waker {
	enum waker_kind kind;
	int pid, tid;	  /* 0: none (interrupt context), or not known */
	const char *comm; /* NULL: none, or not known */
};

/* What it slept for; all its waits of one kind together. */
struct line_sleep {
	bool known; /* else there was no room for what it waits for: class and sleep say nothing */
	enum wait_class class;
	enum ledger_sleep sleep;
	const char *syscall; /* static; NULL: in no syscall */
	const char *object;  /* NULL: none */
	bool idle;
	bool censored;		    /* an edge of the window cut one: the times are lower bounds */
	bool open;		    /* it is still asleep: nobody has woken it from the last one */
	uint64_t count;		    /* waits */
	uint64_t blocked, runqueue; /* ns: asleep; from waking to running */
	struct line_waker waker;    /* of the last one */
};

struct trace_line {
	bool is_call;
	uint64_t since, until; /* ns since the trace began: entry and exit, or asleep and running */
	unsigned int cpu;      /* on which it ended */
	int pid, tid;
	const char *comm;
	const char *syscall; /* NULL: in none */
	/* of a call: */
	bool entered;  /* its entry was seen: else it has no duration */
	bool finished; /* it returned */
	bool has_result;
	int64_t result;	    /* a negative errno, as the kernel has it */
	bool on_descriptor; /* its first argument is one */
	uint32_t argument;
	/* sums over `sleeps`, of which the longest is first; a call may have none */
	uint64_t waits, blocked, runqueue;
	const struct line_sleep *sleeps;
	size_t sleep_count;
};

/* Where events were lost. */
struct line_loss {
	uint64_t time; /* ns since the trace began */
	uint64_t events;
	unsigned int cpu;
};

#endif
