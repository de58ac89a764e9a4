/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Events through the state machine of the programs (bpf/ledger.h): finished waits, finished calls,
 * stretches on a CPU, as the programs had them. Pure; events come from a file or from a session.
 *
 * Two CPUs may have seen events in another order than their times say. What a waking was taken for
 * stands in its event, and is what counts: one that ended a sleep waits here for that sleep to
 * begin.
 */
#ifndef WAITSCOPE_RECORDING_REPLAY_H
#define WAITSCOPE_RECORDING_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/records.h"
#include "bpf/stream.h"

/* Threads by their row. What is not said is as in thread_row. */
struct replay_thread {
	struct ledger ledger;
	uint32_t wait;			/* row of the wait that is open, or was last */
	uint32_t waker_kind, waker_tid; /* who ended it */
	uint32_t early_kind, early_tid; /* who woke it before it slept */
	uint64_t woken;			/* instant of the last waking that ended a wait */
	uint64_t stashed;		/* a waking whose sleep is still to come; 0: none */
	uint64_t on_cpu;		/* instant of the last switch-in; 0: it is on none */
	uint32_t cpu;			/* on which it is, or was last */
	bool seen, ended, exiting;
};

/* All instants are CLOCK_MONOTONIC ns. `thread`: its row. */
struct replay_wait {
	uint32_t thread, row, cpu; /* row 0: for what is not known */
	struct ledger_wait wait;
	uint64_t since, woken, until; /* asleep from, woken at, on a CPU at */
	uint32_t waker_kind, waker_tid;
	bool handler; /* in the handler of an event loop */
};

struct replay_call {
	uint32_t thread, cpu;
	struct ledger_call done; /* censored: its entry was not seen */
	uint64_t since, until;
	uint64_t woken; /* last waking of the thread that ended a wait */
	int64_t result;
	uint32_t argument; /* the first one: a descriptor, for many calls */
	uint8_t flags;	   /* STREAM_CALL_* */
};

struct replay_waking {
	uint32_t thread, row, cpu;
	uint64_t time;
	uint32_t waker_kind, waker_tid;
	uint32_t waker_thread; /* row of whom the CPU ran then; 0: of none that is traced */
};

struct replay_slice {
	uint32_t thread, cpu;
	uint64_t since, until;
	uint32_t end; /* enum ledger_event of the switch-out; LEDGER_EVENT_NONE: still running */
};

struct replay_request {
	uint32_t process; /* row in processes */
	uint32_t api, operation;
	uint64_t since, until;
	int64_t result;
};

struct replay_loss {
	uint64_t time, count;
	unsigned int cpu;
};

/* A switch-out that is not in the books yet. */
struct replay_leaving {
	uint32_t thread, row, cpu;
	uint64_t time;
	uint32_t kind; /* enum ledger_event */
};

/* A switch-in that is in the books, and what these were before. */
struct replay_coming {
	uint32_t thread, row, cpu;
	uint64_t time;
	uint64_t delayed, preempted, wait_since;
	uint32_t state;
	const struct ledger_wait *wait; /* that ended; NULL: none */
	uint32_t event;			/* enum ledger_event */
};

/* What is told on the way; NULL: not wanted. A negative errno ends the replay. */
struct replay_hooks {
	int (*wait)(void *context, const struct replay_wait *wait);
	int (*call)(void *context, const struct replay_call *call);
	int (*waking)(void *context, const struct replay_waking *waking);
	int (*slice)(void *context, const struct replay_slice *slice);
	int (*request)(void *context, const struct replay_request *request);
	int (*loss)(void *context, const struct replay_loss *loss);
	int (*begin)(void *context, uint32_t thread, uint64_t time);
	int (*exec)(void *context, uint32_t thread, uint64_t time);
	int (*leaving)(void *context, const struct replay_leaving *leaving);
	int (*coming)(void *context, const struct replay_coming *coming);
	void *context;
};

struct replay;

/* `threads`: rows that there can be; events that name others are refused (-EPROTO). NULL: no
 * memory. */
struct replay *replay__new(const struct replay_hooks *hooks, uint32_t threads);
void replay__free(struct replay *replay);

/* 0, -EPROTO for an event that cannot be, -ENOMEM, or what a hook returned. */
int replay__event(struct replay *replay, unsigned int cpu, const struct stream_event *event);

/*
 * The window begins here, whatever came before: sums are 0, and what is open was begun before the
 * window. Slices begin anew.
 */
void replay__cut(struct replay *replay, uint64_t time);

/*
 * The event (at the instant up to which its time is charged) with which another replay takes up the
 * thread as it is, after replay__cut(). Not in it: `stashed` and `exiting`.
 */
void replay__tell(const struct replay_thread *thread, uint32_t number, struct stream_event *event);

/* Ends the slices that are still open. 0, or what a hook returned. */
int replay__finish(struct replay *replay, uint64_t time);

/* Thread rows are smaller than this. */
uint32_t replay__thread_count(const struct replay *replay);
/* NULL: nothing was heard of it. */
const struct replay_thread *replay__thread(const struct replay *replay, uint32_t number);

#endif
