/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The ways to wait, one row each: what a tracer is to say of the wait, and the few functions
 * that bring it about. The programs `blocking` and `nonblocking` play these rows.
 */
#ifndef WORKLOADS_WAIT_KIND_H
#define WORKLOADS_WAIT_KIND_H

#include <stdbool.h>
#include <stdint.h>

enum sleeps {
	SLEEPS_ONCE,  /* each call sleeps exactly once, for the delay or a bit longer */
	SLEEPS_NEVER, /* the call does all its work without sleeping on the object */
	SLEEPS_MAYBE, /* a device decides, and for how long */
};

enum partner {
	PARTNER_NONE,	/* the kernel itself ends the wait */
	PARTNER_THREAD, /* a thread of this process, named "partner" */
	PARTNER_CHILD,	/* a child process for each operation, forked by that thread */
};

struct scene;

struct wait_kind {
	const char *name;
	const char *help;

	/* The truth; words as in the definitions of waitscope. NULL is unknown. */
	const char *syscall;
	const char *class;
	const char *object_kind;
	const char *sleep;
	const char *wakers;	     /* who may end the wait, comma-separated; "" is nobody */
	const char *wakers_realtime; /* the same on PREEMPT_RT, where that differs */

	enum sleeps sleeps;
	enum partner partner;
	bool can_be_nonblocking; /* its fd may be O_NONBLOCK, attempts then say EAGAIN */
	bool can_be_in_progress; /* the same, and attempts then say EINPROGRESS */
	bool uses_file;
	bool delay_is_the_wait;	 /* no partner: the call is given the delay itself */
	int expected_errno;	 /* how the call is meant to end, if not with success */
	uint64_t extra_delay_ns; /* what an operation takes at least, besides the delay */

	/* Bytes per operation; all 0 where there are none. */
	uint64_t size;
	uint64_t size_max;
	uint64_t size_multiple;

	/* Before the threads start: makes the objects. */
	void (*set_up)(struct scene *scene);
	/* Partner, while the waiter is known to be outside. May be NULL. */
	void (*arm)(struct scene *scene);
	/* Waiter, before each operation, outside of the latency. May be NULL. */
	void (*prepare)(struct scene *scene);
	/* Waiter: the one call that waits. Returns what it returns; -1 with errno set. */
	int64_t (*attempt)(struct scene *scene);
	/* Waiter, after the call, outside of the latency. May be NULL. */
	void (*conclude)(struct scene *scene);
	/* Partner: what ends the wait. NULL without a partner thread. */
	void (*release)(struct scene *scene);
};

/* Each table ends with a row without a name. */
extern const struct wait_kind wait_kinds_ipc[];
extern const struct wait_kind wait_kinds_write[];
extern const struct wait_kind wait_kinds_network[];
extern const struct wait_kind wait_kinds_vsock[];
extern const struct wait_kind wait_kinds_connect[];
extern const struct wait_kind wait_kinds_file[];
extern const struct wait_kind wait_kinds_watch[];
extern const struct wait_kind wait_kinds_lock[];
extern const struct wait_kind wait_kinds_multiplex[];
extern const struct wait_kind wait_kinds_time[];

/* The n-th row of all tables, or NULL past the last. */
const struct wait_kind *wait_kind__at(unsigned int index);

/* The row with that name, or NULL. */
const struct wait_kind *wait_kind__find(const char *name);

#endif
