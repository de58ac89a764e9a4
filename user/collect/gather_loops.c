// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Event loops of the model from the rows of the kernel side. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "collect/gather_rows.h"
#include "names/objects.h"
#include "names/syscall_traits.h"
#include "names/syscalls.h"

/* A call made more rarely is no loop. */
#define LEAST_ITERATIONS 3

/* "fsync on file /var/x": what a wait was in, and on. */
static int describe_wait(char **text, const struct sources *sources, uint32_t number)
{
	const struct wait_row *wait = rows__at(&sources->pools[POOL_WAITS], number);
	const char *call = syscalls__name(wait->key.syscall);
	char *object = NULL;
	int length;

	if (wait->key.object) {
		object = objects__text(rows__at(&sources->pools[POOL_OBJECTS], wait->key.object));
		if (!object)
			return -ENOMEM;
	}
	length = asprintf(text, "%s%s%s", call ? call : "a page fault", object ? " on " : "",
			  object ? object : "");
	free(object);
	if (length >= 0)
		return 0;
	*text = NULL;
	return -ENOMEM;
}

/* The stretch that the end of the window cut is in the sums, but in no distribution. Returns the
 * row of the longest wait in the longest stretch. */
static uint32_t add_open_stretch(struct loop *loop, const struct loop_row *row,
				 const struct thread_row *thread, const struct ledger_wait *open)
{
	const struct ledger *ledger = &thread->ledger;
	uint64_t length = ledger->at - row->since;
	uint64_t blocked = ledger->sum[LEDGER_BLOCKED] - row->since_blocked;

	loop->busy += ledger__cpu(ledger) - row->since_busy;
	loop->blocked += blocked;
	loop->delayed += ledger__delayed(ledger) - row->since_delayed;
	loop->unknown += ledger->sum[LEDGER_UNKNOWN] - row->since_unknown;
	if (length <= row->longest)
		return row->longest_wait;
	loop->longest_handler = length;
	loop->longest_blocked = blocked;
	return open && open->blocked > row->wait_longest ? thread->wait : row->wait_row;
}

/* The same of the call, if the thread was in it at the end. */
static void add_open_call(struct loop *loop, const struct loop_row *row,
			  const struct ledger *ledger, const struct ledger_wait *open)
{
	uint64_t asleep = ledger->call_blocked + (open ? open->blocked : 0);

	if (!(ledger->flags & LEDGER_IN_CALL) || ledger->call != row->syscall)
		return; /* its exit was missed */
	loop->idle += asleep;
	loop->in_call += ledger->at - ledger->call_since - asleep;
}

static int loop__from_row(struct loop *loop, const struct sources *sources,
			  const struct loop_row *row, const struct thread_row *thread,
			  const struct ledger_wait *open)
{
	uint32_t cause = row->longest_wait;
	int err = 0;

	*loop = (struct loop){
		.tid = thread->tid,
		.call = syscalls__name(row->syscall),
		.iterations = row->iterations,
		.events = row->events,
		.batch_max = row->batch_max,
		.empty = row->empty,
		.unslept = row->unslept,
		.window = thread->ledger.at - row->begin,
		.idle = row->idle,
		.in_call = row->call,
		.busy = row->busy,
		.blocked = row->blocked,
		.delayed = row->delayed,
		.unknown = row->unknown,
		.longest_handler = row->longest,
		.longest_blocked = row->longest_blocked,
	};
	loop->events_known = !(syscalls__traits_of(loop->call) & TRAIT_URING_ENTER);
	if (row->since)
		cause = add_open_stretch(loop, row, thread, open);
	else
		add_open_call(loop, row, &thread->ledger, open);
	if (cause)
		err = describe_wait(&loop->longest_cause, sources, cause);
	if (!err)
		err = histogram__from_row(&loop->handler, sources, row->handler_histogram);
	if (!err)
		err = histogram__from_row(&loop->readiness, sources, row->readiness_histogram);
	histogram__add_totals(&loop->handler, row->handlers, row->handler_total, row->handler_min,
			      row->longest);
	histogram__add_totals(&loop->readiness, row->readiness_count, row->readiness_total,
			      row->readiness_min, row->readiness_max);
	return err;
}

/* As loop__rank() of bpf/loop.bpf.h has it: where the thread is likely to rest. */
static bool ranks_above(const struct loop_row *row, const struct loop_row *other)
{
	bool many = row->watched > 1, other_many = other->watched > 1;

	if (many != other_many)
		return many;
	return row->idle + row->iterations > other->idle + other->iterations;
}

/* One that watches nothing is a pause; one that a handler makes for a single descriptor waits for
 * its answer. */
static bool is_loop(const struct loop_row *row, bool main)
{
	return row->iterations >= LEAST_ITERATIONS && row->watched > (main ? 0 : 1);
}

static int by_iterations(const void *a, const void *b)
{
	const struct loop *left = a, *right = b;

	if (left->main != right->main)
		return left->main ? -1 : 1;
	return (left->iterations < right->iterations) - (left->iterations > right->iterations);
}

int loops__of_thread(struct thread *thread, const struct sources *sources,
		     const struct thread_row *row, const struct ledger_wait *open)
{
	const struct loop_row *rows[THREAD_LOOPS], *main = NULL;
	size_t count = 0;
	int err = 0;

	for (int i = 0; i < THREAD_LOOPS; i++) {
		const struct loop_row *loop =
			rows__at(&sources->pools[POOL_LOOPS], row->loops[i].row);

		if (!row->loops[i].row || !loop->iterations)
			continue;
		rows[count++] = loop;
		if (!main || ranks_above(loop, main))
			main = loop;
	}
	thread->loops = calloc(count + 1, sizeof(*thread->loops));
	if (!thread->loops)
		return -ENOMEM;
	for (size_t i = 0; i < count && !err; i++) {
		if (!is_loop(rows[i], rows[i] == main))
			continue;
		err = loop__from_row(&thread->loops[thread->loop_count], sources, rows[i], row,
				     open);
		thread->loops[thread->loop_count++].main = rows[i] == main;
	}
	if (thread->loop_count)
		qsort(thread->loops, thread->loop_count, sizeof(*thread->loops), by_iterations);
	return err;
}
