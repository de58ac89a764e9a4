/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The handshake by which a partner lets the waiter go into its wait, and releases it after a
 * known delay. For each operation, in this order:
 *
 *	partner	arms it		(takes the lock that the waiter is to wait for, ...)
 *	waiter	enters		(announces the time at which it makes the call)
 *	partner	holds		(sleeps until that time plus the delay, sees the waiter asleep)
 *	partner	releases	(writes to the pipe, ...)
 *	waiter	finishes	(the call has returned)
 *
 * The waiter makes no system call for this: it spins for the short time until the partner has
 * armed, so that every sleep and every call that a tracer sees in the waiter belongs to the
 * workload. The partner polls with short sleeps. The memory is shared with forked children,
 * one of which may play the partner.
 */
#ifndef WORKLOADS_TURNS_H
#define WORKLOADS_TURNS_H

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

struct turns {
	_Atomic uint64_t armed; /* number of operations for which this was done */
	_Atomic uint64_t entered;
	_Atomic uint64_t finished;
	_Atomic uint64_t entered_at_ns;

	/* Sum of the times from entering to just before the release. */
	_Atomic uint64_t held_ns;
	/* Releases of a waiter that had not been seen asleep within a second. */
	_Atomic uint64_t released_awake;

	int waiter_stat_fd, waiter_status_fd; /* /proc/PID/task/TID/stat and status of the waiter */
	/* How often the waiter had given its CPU up when the operation was armed. */
	uint64_t switches;
};

struct turns *turns__new(void);
void turns__free(struct turns *turns);

/* For the waiter; operations count from 0. Entering returns the time that it announced. */
void turns__await_armed(struct turns *turns, uint64_t operation);
uint64_t turns__enter(struct turns *turns, uint64_t operation);
void turns__finish(struct turns *turns, uint64_t operation);

/* For the partner. The first is to be called once, before any other. */
void turns__watch_waiter(struct turns *turns, pid_t waiter_tid);
void turns__arm(struct turns *turns, uint64_t operation);
void turns__await_entered(struct turns *turns, uint64_t operation);
/* Holds the waiter: the delay from its entering, and then until it is truly asleep. */
void turns__hold(struct turns *turns, uint64_t delay_ns);
/* The same for a waiter that is not meant to sleep. */
void turns__hold_awake(struct turns *turns, uint64_t delay_ns);
void turns__await_finished(struct turns *turns, uint64_t operation);

#endif
