// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Any file may be given to be read. What profiles are built from trusts the rows, as those of the
 * programs can be; so here is the place where each number in them is made one that can be.
 */
#include <string.h>

#include "recording/rebuild_internal.h"

static void within(uint32_t *number, const struct grown *pool)
{
	if (*number > pool->used)
		*number = 0;
}

#define EACH(rebuild, pool, type, row)                                                             \
	for (type *row = (type *)((rebuild)->pools[pool].base) + 1;                                \
	     row <= (type *)((rebuild)->pools[pool].base) + (rebuild)->pools[pool].used; row++)

static void safe_threads(struct rebuild *rebuild)
{
	const struct grown *pools = rebuild->pools;

	EACH(rebuild, POOL_THREADS, struct thread_row, row)
	{
		row->comm[sizeof(row->comm) - 1] = '\0';
		within(&row->executable, &pools[POOL_OBJECTS]);
		within(&row->wait, &pools[POOL_WAITS]);
		within(&row->process, &pools[POOL_PROCESSES]);
		for (int i = 0; i < THREAD_LOOPS; i++)
			within(&row->loops[i].row, &pools[POOL_LOOPS]);
		within(&row->main_loop, &pools[POOL_LOOPS]);
		within(&row->looping, &pools[POOL_LOOPS]);
		within(&row->handling, &pools[POOL_LOOPS]);
		row->ledger.state &= LEDGER_STATES - 1;
	}
}

static void safe_waker(struct waker_count *waker)
{
	waker->comm[sizeof(waker->comm) - 1] = '\0';
	if (waker->kind >= WAKER_KINDS)
		waker->kind = WAKER_UNKNOWN;
}

static void safe_waits(struct rebuild *rebuild)
{
	const struct grown *pools = rebuild->pools;

	EACH(rebuild, POOL_WAITS, struct wait_row, row)
	{
		within(&row->key.object, &pools[POOL_OBJECTS]);
		if (row->key.sleep > LEDGER_SLEEP_FROZEN)
			row->key.sleep = LEDGER_SLEEP_NONE;
		if (row->key.futex > FUTEX_USE_JOIN)
			row->key.futex = FUTEX_USE_NONE;
		for (int i = 0; i < WAIT_WAKERS; i++)
			safe_waker(&row->wakers[i]);
	}
	for (uint32_t i = 1; i <= rebuild->wakers.used; i++)
		safe_waker(&((struct overflow_waker *)rebuild->wakers.base)[i].waker);
}

static void safe_objects(struct rebuild *rebuild)
{
	EACH(rebuild, POOL_OBJECTS, struct object_row, row)
	object_row__make_safe(row);
}

static void safe_io(struct rebuild *rebuild)
{
	const struct grown *pools = rebuild->pools;

	EACH(rebuild, POOL_LOOPS, struct loop_row, row)
	{
		within(&row->longest_wait, &pools[POOL_WAITS]);
		within(&row->wait_row, &pools[POOL_WAITS]);
		within(&row->handler_histogram, &pools[POOL_HISTOGRAMS]);
		within(&row->readiness_histogram, &pools[POOL_HISTOGRAMS]);
	}
	EACH(rebuild, POOL_ATTEMPTS, struct attempt_row, row)
	{
		within(&row->key.object, &pools[POOL_OBJECTS]);
		within(&row->retry_histogram, &pools[POOL_HISTOGRAMS]);
		within(&row->readiness_histogram, &pools[POOL_HISTOGRAMS]);
	}
	EACH(rebuild, POOL_REQUESTS, struct request_row, row)
	{
		within(&row->key.process, &pools[POOL_PROCESSES]);
		if (row->key.api > REQUEST_BLOCK)
			row->key.api = REQUEST_NONE;
		within(&row->latency_histogram, &pools[POOL_HISTOGRAMS]);
		within(&row->queue_histogram, &pools[POOL_HISTOGRAMS]);
		within(&row->taken_histogram, &pools[POOL_HISTOGRAMS]);
		within(&row->taken_by_histogram, &pools[POOL_HISTOGRAMS]);
	}
	EACH(rebuild, POOL_HISTOGRAMS, struct histogram_row, row)
	for (int i = 0; i < BUCKET_CHUNKS; i++)
		within(&row->chunks[i], &pools[POOL_CHUNKS]);
}

void rebuild__make_safe(struct rebuild *rebuild)
{
	safe_threads(rebuild);
	safe_waits(rebuild);
	safe_objects(rebuild);
	safe_io(rebuild);
}
