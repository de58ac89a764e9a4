/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From the rows of a session to a profile: all at the end, but for threads that exit on the way
 * in a long run, whose rows are needed for others.
 */
#ifndef WAITSCOPE_COLLECT_GATHER_H
#define WAITSCOPE_COLLECT_GATHER_H

#include "collect/session.h"
#include "model/profile.h"

struct gatherer;
struct stack_collector;

/* NULL without memory. The session must outlive it. */
struct gatherer *gatherer__new(struct session *session, enum tier tier, enum target_kind target);
/* Stacks are taken over with the threads; `stacks` is borrowed. */
void gatherer__collect_stacks(struct gatherer *gatherer, struct stack_collector *stacks);
/* The same from rows of a session that is over; these must outlive it, Kernel and
 * CPUs of the profile are the caller's to fill in. */
struct gatherer *gatherer__of_rows(const struct sources *given, const struct trace_facts *facts,
				   enum tier tier, enum target_kind target);
void gatherer__free(struct gatherer *gatherer);

/*
 * Takes over the threads that have exited, and gives their rows back to the programs. For a
 * session whose rows run low (session__runs_low()). `told`: all events until then have been handed
 * on; rows of later ones are still needed to know whom they name. (UINT64_MAX: there is no stream.)
 * Returns 0 or a negative errno.
 */
int gatherer__reap(struct gatherer *gatherer, uint64_t told);

/*
 * Builds the processes, threads, waits, syscalls and the audit of a profile once the session is
 * stopped. Returns 0 or a negative errno; profile__free() frees what was built either way.
 */
int gatherer__finish(struct gatherer *gatherer, struct profile *profile);

#endif
