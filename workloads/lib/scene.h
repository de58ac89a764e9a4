/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One run of a row of the wait kinds: its options, its state, its two actors, its truth. */
#ifndef WORKLOADS_SCENE_H
#define WORKLOADS_SCENE_H

#include <argp.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "actor.h"
#include "calls.h"
#include "latency.h"
#include "outcome.h"
#include "task.h"
#include "truth.h"
#include "turns.h"
#include "wait_kind.h"

/* The options --what, --ops, --delay, --size, --file, --list, as a child of a program's argp. */
struct scene_options {
	/* Which rows the program can play; set by the program. */
	bool (*offers)(const struct wait_kind *kind);

	const struct wait_kind *kind; /* NULL: not given */
	uint64_t operations;
	bool has_delay;
	uint64_t delay_ns;
	uint64_t size; /* 0: the row's own */
	const char *path;
};

extern const struct argp scene_argp;

/*
 * When all is parsed: --what or --task must have been given, and not both. With --task, those
 * of the above that count there are handed on.
 */
void scene_options__settle(struct scene_options *options, struct task_options *task);

/* All that one run of a row needs. Descriptors that are not used are -1. */
struct scene {
	const struct wait_kind *kind;
	uint64_t operations;
	uint64_t delay_ns;
	uint64_t size;
	const char *path; /* where to make the file, or NULL */

	bool nonblocking;

	struct turns *turns;
	struct actor waiter;
	struct actor partner;

	int fd;		/* what the waiter waits on */
	int partner_fd; /* the other end of it */
	int held_fd;	/* a connection that the partner keeps until the next operation */
	int multiplexer_fd;
	int64_t result;	    /* of the last attempt */
	uint64_t operation; /* in which the partner is */
	char *buffer;	    /* size bytes for the waiter */
	char *message;	    /* size bytes for the partner to send */
	void *own;	    /* memory of the row's own */
	int child;	    /* process id */

	/* Found out by set_up. Empty texts are unknown. */
	char object[PATH_MAX + 8];
	char local[80];
	char remote[80];
	uint64_t descriptors; /* that a multiplexer waits on; 0 for others */

	/* Counted by the waiter. */
	struct calls calls;
	uint64_t bytes;
	uint64_t eagain;
	uint64_t einprogress;
	uint64_t eintr;
	struct latency latency; /* of each attempt, or of all until one succeeds */
	struct outcome outcome;
	struct books start, books;
};

/* A call of the waiter, counted. */
#define COUNTED(scene, name, call) (calls__count(&(scene)->calls, name), (call))

/*
 * Makes the row's objects, as the options say. Ends the program with status 2 if they
 * contradict each other, with 1 if it cannot.
 */
void scene__set_up(struct scene *scene, const struct scene_options *options, bool nonblocking);
void scene__tear_down(struct scene *scene);

/*
 * Runs waiter_play(scene) in a thread "waiter", and beside it, where the row has one, the
 * partner. Returns when all operations are done.
 */
void scene__run(struct scene *scene, void (*waiter_play)(void *scene));

/* For the waiter: what stands before the first operation, and behind the last. */
void scene__begin(struct scene *scene);
void scene__end(struct scene *scene);

/* For the waiter: one operation's beginning (the time is returned) and its end. */
uint64_t scene__begin_operation(struct scene *scene, uint64_t operation);
void scene__end_operation(struct scene *scene, uint64_t operation);

/* Writes all members that the programs have in common. */
void scene__write_truth(struct scene *scene, struct truth *truth, const char *workload);

#endif
