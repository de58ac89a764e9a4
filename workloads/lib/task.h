/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The two tasks by which I/O models are compared, whatever the program does them with:
 *
 * receive: --ops blocks of --size bytes from a partner that sends one each --delay, over
 *	--descriptors pipes or sockets in turn;
 * file: --ops blocks of --size bytes of a file, with O_DIRECT, so that each truly waits for a
 *	device, or buffered, from outside the page cache.
 */
#ifndef WORKLOADS_TASK_H
#define WORKLOADS_TASK_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>

#include "actor.h"
#include "calls.h"
#include "feed.h"
#include "latency.h"
#include "outcome.h"
#include "truth.h"

enum task_kind {
	TASK_UNSET,
	TASK_RECEIVE,
	TASK_FILE,
	TASK_NONE, /* neither: what the program does needs no descriptor of the task's */
};

struct task_channel {
	const char *name;
	enum event_source_kind kind;
	const char *class; /* that waiting in a read from it is of */
	const char *wakers;
	const char *wakers_realtime;
};

/* Connections to accept instead of blocks; no --over names it. */
extern const struct task_channel task_channel_listener;

/* 0 and NULL are: not given, until task_options__settle(). */
struct task_options {
	enum task_kind kind;
	uint64_t operations;
	bool has_delay;
	uint64_t delay_ns;
	uint64_t size;
	uint64_t descriptors;
	const struct task_channel *over;
	const char *path;

	/* Of programs that have requests in flight. */
	uint64_t depth;
	const char *mode;
	bool is_buffered;
};

extern const struct argp task_choice_argp; /* --task --descriptors --over */
extern const struct argp task_argp;	   /* those, and --ops --delay --size --file */
extern const struct argp request_argp;	   /* --depth --mode */

/*
 * Defaults for what was not given; ends the program with status 2 if an option does not apply.
 * `kind` is what the program would do without --task.
 */
void task_options__settle(struct task_options *options, enum task_kind kind);

/* For a program that knows more than these checks: refuses --task KIND. */
void task_options__refuse(const struct task_options *options, enum task_kind kind,
			  const char *program);

struct task {
	struct task_options options;
	struct feed feed;
	int *fds;      /* what to read from: options.descriptors of them */
	char *buffers; /* options.depth of them, aligned to pages */
	size_t stride;
	bool is_nonblocking;

	struct actor waiter, partner;
	void (*partner_play)(void *argument); /* with the feed as argument, if not set otherwise */
	void *partner_argument;
	struct books start;
	uint64_t settle_ns; /* between the measured section and the count of threads */

	/* Counted by the waiter. */
	struct calls calls;
	uint64_t operations; /* ended, in any way */
	uint64_t bytes;
	uint64_t eagain;
	struct latency latency; /* receive: from sending to having it. file: from asking for it */
	struct outcome outcome; /* its model, delivery and completion_is are the program's to set */
	struct books books;
};

/* Opens the descriptors; fills the file. */
void task__set_up(struct task *task, const struct task_options *options, bool nonblocking);
void task__tear_down(struct task *task);

/* Runs waiter_play(argument) in a thread "waiter", and the partner, if the task has one. */
void task__run(struct task *task, void (*waiter_play)(void *argument), void *argument);

/* The waiter's first and last step: between them is the measured section. */
void task__begin(struct task *task);
void task__end(struct task *task);

/* Where in the file operation number `index` reads or writes; 0 where there is no file. */
off_t task__offset(const struct task *task, uint64_t index);

/* What an fsync is to bring to the disk: the operation's block, written by pwrite64. */
void task__write_block(struct task *task, uint64_t index);

/* The buffer of the slot, from 0 to depth - 1. */
char *task__buffer(const struct task *task, uint64_t slot);

/*
 * Books the end of one operation: a block, or a number of bytes with which it is not complete
 * yet, came through fds[descriptor] at now_ns, after it had been asked for at asked_ns.
 */
void task__take(struct task *task, uint64_t descriptor, uint64_t bytes, uint64_t asked_ns,
		uint64_t now_ns);

/* Books the end of an operation that is none of the task's, or that failed. */
void task__take_other(struct task *task, uint64_t bytes, uint64_t asked_ns, uint64_t now_ns);

/* One read (counted) of a block from fds[descriptor]; false if that said EAGAIN. */
bool task__receive(struct task *task, uint64_t descriptor, struct calls *calls);

/* Writes all members that the programs have in common, from "workload" on. */
void task__write_truth(struct task *task, struct truth *truth, const char *workload);

#endif
