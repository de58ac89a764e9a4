/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The task "receive", done by a multiplexer: sleep until some descriptors are ready, then read
 * from these, which does not sleep. What differs between select, poll and epoll is in their
 * programs; the loop is here.
 */
#ifndef WORKLOADS_READINESS_H
#define WORKLOADS_READINESS_H

#include <argp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "task.h"

enum { READINESS_WAITERS_MAX = 64 };

struct readiness;

/* One thread in the loop. */
struct readiness_waiter {
	struct readiness *run;
	struct actor *actor;
	struct actor own_actor; /* of all but the first, which is the task's */
	char name[16];
	void *own;	     /* the program's; freed with the run */
	int fd;		     /* of the multiplexer, if it is a descriptor, or -1 */
	uint64_t *ready;     /* indexes of descriptors, as many as there are */
	uint64_t iterations; /* returns of the multiplexer */
	uint64_t events;     /* ready descriptors in them */
	uint64_t empty;	     /* returns with none: the timeout was over */
	uint64_t batch_max;
	uint64_t eagain; /* reads that found nothing */
	struct calls calls;
	uint64_t empty_ns;
	/* Of the returns that brought something: in the multiplexer, and from there to the next
	 * call */
	struct latency waits, handlers;
};

struct readiness_options {
	struct task_options task;
	bool has_timeout;
	uint64_t timeout_ns;
};

/* What a program has to say. */
struct readiness_model {
	const char *name; /* of the program and of the model */
	const char *syscall;
	void (*set_up)(struct readiness_waiter *waiter);
	/*
	 * Sleeps until some descriptors are ready, timeout_ms at most (-1: without limit). Puts
	 * their indexes into waiter->ready and returns their number.
	 */
	uint64_t (*await)(struct readiness_waiter *waiter, int timeout_ms);
	/* After the reads from a ready descriptor. May be NULL. */
	void (*rearm)(struct readiness_waiter *waiter, uint64_t descriptor);
	/* Makes all waiters return, for good. NULL if there is but one. */
	void (*stop)(struct readiness *run);
};

struct readiness {
	const struct readiness_model *model;
	struct task task;
	int timeout_ms;
	bool drains; /* reads until EAGAIN */
	uint64_t descriptors;
	void *own;	  /* the program's */
	atomic_flag lock; /* of the task, where there are several waiters: one read at a time */
	_Atomic bool is_done;
	uint64_t waiters_count;
	struct readiness_waiter waiters[READINESS_WAITERS_MAX];
};

extern const struct argp readiness_argp; /* the task's, and --timeout */

/* Defaults, and the end of the program (status 2) for what does not apply. */
void readiness_options__settle(struct readiness_options *options, const char *program);

/*
 * One run, in this order. Before the first, `own` and `drains` may be set; all else must be 0.
 */
void readiness__set_up(struct readiness *run, const struct readiness_model *model,
		       const struct readiness_options *options, uint64_t waiters);
void readiness__run(struct readiness *run);
void readiness__write_truth(struct readiness *run, struct truth *truth);
void readiness__tear_down(struct readiness *run);

/* main() of a program that has no options of its own. */
int readiness__main(const struct readiness_model *model, const char *doc, int argc, char **argv);

#endif
