/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Stacks of a session: what is mapped is followed while it traces, rows are taken over with the
 * threads that they belong to, and at the end addresses become names.
 */
#ifndef WAITSCOPE_COLLECT_STACKS_H
#define WAITSCOPE_COLLECT_STACKS_H

#include "collect/gather_rows.h"
#include "collect/session.h"
#include "model/stacks.h"

struct stack_collector;

/* NULL without memory. The session must outlive it. With a stream of events it is a recording that
 * is made: rows say of which thread they are then, so that it can be read thread by thread. */
struct stack_collector *stack_collector__new(const struct session *session,
					     const struct session_options *options);
void stack_collector__free(struct stack_collector *collector);

/* Once the programs are attached, before a command runs. Why it does not see what is mapped from
 * now on comes back as a negative errno: then only processes that live at the end are named. */
int stack_collector__begin(struct stack_collector *collector);
/* To be called every 100 ms or so. NULL is fine. */
void stack_collector__step(struct stack_collector *collector);
/* The same at the end of the window, when what lives still lives. NULL is fine. */
void stack_collector__look(struct stack_collector *collector);

/* Reads the rows of all threads, before any is taken over. 0 or -ENOMEM. */
int stack_collector__read(struct stack_collector *collector);

/* A thread whose rows are taken over. */
struct stack_owner {
	const struct sources *sources;
	const struct thread_row *row; /* a copy, whose books are closed */
	uint32_t number;
	const struct ledger_wait *open; /* the wait that the end of the window cut; NULL: none */
};

/* Of a thread: what it did outside of any wait, or in a wait without a row; then each of its wait
 * rows. 0 or -ENOMEM. */
int stack_collector__take_thread(struct stack_collector *collector,
				 const struct stack_owner *owner);
int stack_collector__take_wait(struct stack_collector *collector, const struct stack_owner *owner,
			       uint32_t wait);
/* Their rows are about to be given back. */
void stack_collector__forget(struct stack_collector *collector, enum stack_kind kind,
			     uint32_t owner);

/* The stacks with names; `profile` has its processes. Returns 0 or a negative errno. */
int stack_collector__finish(struct stack_collector *collector, const struct profile *profile,
			    struct stacks **stacks);

#endif
