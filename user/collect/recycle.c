// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <string.h>
#include <bpf/bpf.h>

#include "collect/recycle.h"

/* Row 0 is none. The row is emptied first: once it is in the queue it may be taken. */
static int give_back(struct session *session, const struct look *look, enum pool pool,
		     uint32_t number)
{
	const struct rows *rows = &look->sources.pools[pool];

	if (!number)
		return 0;
	memset((void *)rows__at(rows, number), 0, rows->stride);
	return session__give_back(session, pool, number);
}

static int give_back_histogram(struct session *session, const struct look *look, uint32_t number)
{
	const struct histogram_row *row;
	int err = 0;

	if (!number)
		return 0;
	row = rows__at(&look->sources.pools[POOL_HISTOGRAMS], number);
	for (int i = 0; i < BUCKET_CHUNKS && !err; i++)
		err = give_back(session, look, POOL_CHUNKS, row->chunks[i]);
	return err ? err : give_back(session, look, POOL_HISTOGRAMS, number);
}

static void forget_wakers(struct session *session, const struct look *look, uint32_t wait)
{
	const struct sources *sources = &look->sources;

	for (size_t i = 0; i < sources->waker_count; i++) {
		const struct overflow_waker *entry = &sources->wakers[i];
		struct waker_key key = {
			.wait = wait, .kind = entry->waker.kind, .tid = entry->waker.tid};

		if (entry->wait == wait)
			bpf_map_delete_elem(session__wakers_fd(session), &key);
	}
}

static void forget_errnos(struct session *session, const struct look *look, uint32_t call)
{
	const struct sources *sources = &look->sources;

	for (size_t i = 0; i < sources->errno_count; i++) {
		struct errno_key key = {.call = call, .number = sources->errnos[i].number};

		if (sources->errnos[i].call == call)
			bpf_map_delete_elem(session__errnos_fd(session), &key);
	}
}

static int give_back_wait(struct session *session, const struct look *look, uint32_t number)
{
	const struct wait_row *row = rows__at(&look->sources.pools[POOL_WAITS], number);
	int err;

	bpf_map_delete_elem(session__index_fd(session, POOL_WAITS), &row->key);
	forget_wakers(session, look, number);
	err = give_back_histogram(session, look, row->duration_histogram);
	if (!err)
		err = give_back_histogram(session, look, row->runqueue_histogram);
	return err ? err : give_back(session, look, POOL_WAITS, number);
}

static int give_back_call(struct session *session, const struct look *look, uint32_t number)
{
	const struct call_row *row = rows__at(&look->sources.pools[POOL_CALLS], number);
	int err;

	bpf_map_delete_elem(session__index_fd(session, POOL_CALLS), &row->key);
	forget_errnos(session, look, number);
	err = give_back_histogram(session, look, row->histogram);
	return err ? err : give_back(session, look, POOL_CALLS, number);
}

static int give_back_loop(struct session *session, const struct look *look, uint32_t number)
{
	const struct loop_row *row = rows__at(&look->sources.pools[POOL_LOOPS], number);
	int err;

	if (!number)
		return 0;
	err = give_back_histogram(session, look, row->handler_histogram);
	if (!err)
		err = give_back_histogram(session, look, row->readiness_histogram);
	return err ? err : give_back(session, look, POOL_LOOPS, number);
}

static int give_back_attempts(struct session *session, const struct look *look, uint32_t number)
{
	const struct attempt_row *row = rows__at(&look->sources.pools[POOL_ATTEMPTS], number);
	int err;

	bpf_map_delete_elem(session__index_fd(session, POOL_ATTEMPTS), &row->key);
	err = give_back_histogram(session, look, row->retry_histogram);
	if (!err)
		err = give_back_histogram(session, look, row->readiness_histogram);
	return err ? err : give_back(session, look, POOL_ATTEMPTS, number);
}

static int give_back_requests(struct session *session, const struct look *look, uint32_t number)
{
	const struct request_row *row = rows__at(&look->sources.pools[POOL_REQUESTS], number);
	int err;

	bpf_map_delete_elem(session__index_fd(session, POOL_REQUESTS), &row->key);
	err = give_back_histogram(session, look, row->latency_histogram);
	if (!err)
		err = give_back_histogram(session, look, row->queue_histogram);
	if (!err)
		err = give_back_histogram(session, look, row->taken_histogram);
	if (!err)
		err = give_back_histogram(session, look, row->taken_by_histogram);
	return err ? err : give_back(session, look, POOL_REQUESTS, number);
}

static int give_back_io(struct session *session, const struct look *look, uint32_t thread)
{
	const struct thread_row *row = rows__at(&look->sources.pools[POOL_THREADS], thread);
	uint32_t first, count;
	int err = 0;

	for (int i = 0; i < THREAD_LOOPS && !err; i++)
		err = give_back_loop(session, look, row->loops[i].row);
	first = look__find(look->attempts, look->attempt_count, thread, &count);
	for (uint32_t i = 0; i < count && !err; i++)
		err = give_back_attempts(session, look, look->attempts[first + i].number);
	return err;
}

static void leave_process(const struct look *look, uint32_t thread)
{
	const struct thread_row *row = rows__at(&look->sources.pools[POOL_THREADS], thread);
	struct process_row *process;

	if (!row->process)
		return;
	process =
		(struct process_row *)rows__at(&look->sources.pools[POOL_PROCESSES], row->process);
	__atomic_fetch_sub(&process->threads, 1, __ATOMIC_RELAXED); /* programs add to it */
}

int recycle__process(struct session *session, const struct look *look, uint32_t number)
{
	const struct rows *rows = &look->sources.pools[POOL_REQUESTS];
	int err = 0;

	session__forget_requests(session, number);
	for (uint32_t i = 1; i <= rows->used && !err; i++) {
		const struct request_row *row = rows__at(rows, i);

		if (row->key.process == number && row->key.api)
			err = give_back_requests(session, look, i);
	}
	return err ? err : give_back(session, look, POOL_PROCESSES, number);
}

/* Their rows are somebody else's soon. */
static void forget_stacks(const struct look *look, uint32_t thread)
{
	uint32_t first, count;

	if (!look->stacks)
		return;
	stack_collector__forget(look->stacks, STACK_KIND_CPU, thread);
	first = look__find(look->waits, look->wait_count, thread, &count);
	for (uint32_t i = 0; i < count; i++)
		stack_collector__forget(look->stacks, STACK_KIND_WAIT,
					look->waits[first + i].number);
}

int recycle__thread(struct session *session, const struct look *look, uint32_t number)
{
	uint32_t first, count;
	int err = 0;

	forget_stacks(look, number);
	first = look__find(look->waits, look->wait_count, number, &count);
	for (uint32_t i = 0; i < count && !err; i++)
		err = give_back_wait(session, look, look->waits[first + i].number);
	first = look__find(look->calls, look->call_count, number, &count);
	for (uint32_t i = 0; i < count && !err; i++)
		err = give_back_call(session, look, look->calls[first + i].number);
	if (!err)
		err = give_back_io(session, look, number);
	leave_process(look, number);
	return err ? err : give_back(session, look, POOL_THREADS, number);
}
