/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A recording as a sequence of things that happened, and who takes them: the formats of other
 * viewers. Times are CLOCK_MONOTONIC, ns. What is pointed to is valid during the call only.
 *
 * Things are told when they are over, so not in order of their begins. On one thread they are
 * nested, and no end lies before an end that was told earlier.
 */
#ifndef WAITSCOPE_MODEL_TIMELINE_H
#define WAITSCOPE_MODEL_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/records.h"
#include "model/wait_class.h"

/* `track` of a thread that is not traced, and woke one that is: this, and its thread id. */
#define TIMELINE_TASK (1ULL << 32)

struct timeline_head {
	const char *kernel; /* release; NULL: not known */
	uint64_t begin;
};

struct timeline_process {
	uint32_t pid, parent;
	const char *name;
};

struct timeline_thread {
	uint64_t track; /* one for each thread that there was: thread ids are reused. 0: none */
	uint32_t tid, pid;
	char name[RECORDS_COMM];
};

struct timeline_switch {
	uint64_t time;
	unsigned int cpu;
	const struct timeline_thread *from, *to; /* track 0: one that is not traced */
	enum ledger_event end;			 /* of `from` */
	enum ledger_sleep sleep;		 /* ... if it is blocked from then on */
};

/* `flow`: joins a waking and its wait; 0: no thread made the waking. */
struct timeline_waking {
	uint64_t time, flow;
	unsigned int cpu;
	const struct timeline_thread *thread, *waker;
	enum waker_kind kind;
};

struct timeline_wait {
	const struct timeline_thread *thread, *waker;
	uint64_t since, woken, until, flow; /* asleep from, woken at, on a CPU at */
	enum wait_class class;
	enum ledger_sleep sleep;
	enum waker_kind kind;
	const char *syscall, *object; /* NULL: none */
	bool idle;		      /* the thread's resting place */
	bool censored;		      /* it began before the window */
	bool asleep, open;	      /* at the end of the window: nobody woke it; it did not run */
};

/* How a call ended. */
enum timeline_end {
	TIMELINE_RETURNED = 0,
	TIMELINE_OPEN = 1,   /* it had not returned at the end of the window */
	TIMELINE_NEVER = 2,  /* it does not return: its thread ended */
	TIMELINE_UNSEEN = 3, /* its return was lost */
};

struct timeline_call {
	const struct timeline_thread *thread;
	uint64_t since, until;
	const char *name;
	const char *object;  /* that it waited for; NULL: none */
	int64_t result;	     /* cut to 32 bits by the recording */
	uint32_t descriptor; /* of a call that moves data (is_io) */
	bool is_io, nonblocking, censored;
	enum timeline_end end;
};

struct timeline_request {
	uint64_t since, until;
	uint32_t pid;
	enum request_api api;
	const char *operation;
	int64_t result;
};

/* `cpu` of events that were lost on any of them. */
#define TIMELINE_ANY_CPU UINT32_MAX

struct timeline_loss {
	uint64_t time, count, total;
	unsigned int cpu;
};

/* Each returns 0, or a negative errno, which ends all. */
struct timeline_writer {
	int (*begin)(void *context, const struct timeline_head *head);
	/* before they are mentioned, and again when they have another name */
	int (*process)(void *context, const struct timeline_process *process);
	int (*thread)(void *context, const struct timeline_thread *thread);
	int (*switched)(void *context, const struct timeline_switch *event);
	int (*waking)(void *context, const struct timeline_waking *waking);
	/* a call that is told later, with its end, as a wait in it is over first */
	int (*enter)(void *context, const struct timeline_call *call);
	int (*call)(void *context, const struct timeline_call *call);
	int (*wait)(void *context, const struct timeline_wait *wait);
	int (*request)(void *context, const struct timeline_request *request);
	int (*loss)(void *context, const struct timeline_loss *loss);
	/* a level of a process (pid 0: of all), and what it is from `time` on */
	int (*counter)(void *context, uint32_t counter, uint32_t pid, const char *name);
	int (*level)(void *context, uint32_t counter, uint64_t time, int64_t level);
	int (*finish)(void *context);
	void *context;
};

#endif
