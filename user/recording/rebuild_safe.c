// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Any file may be given to be read. What profiles are built from trusts the rows, as those of the
 * programs can be; so here is the place where each number in them is made one that can be.
 */
#include "recording/rebuild_internal.h"

static void within(uint32_t *number, const struct grown *pool)
{
	if (*number > pool->used)
		*number = 0;
}

static void safe_thread(const struct grown *pools, void *row)
{
	struct thread_row *thread = row;

	thread->tid = task_id__safe(thread->tid);
	thread->tgid = task_id__safe(thread->tgid);
	thread->ppid = task_id__safe(thread->ppid);
	thread->comm[sizeof(thread->comm) - 1] = '\0';
	within(&thread->executable, &pools[POOL_OBJECTS]);
	within(&thread->wait, &pools[POOL_WAITS]);
	within(&thread->process, &pools[POOL_PROCESSES]);
	for (int i = 0; i < THREAD_LOOPS; i++)
		within(&thread->loops[i].row, &pools[POOL_LOOPS]);
	within(&thread->main_loop, &pools[POOL_LOOPS]);
	within(&thread->looping, &pools[POOL_LOOPS]);
	within(&thread->handling, &pools[POOL_LOOPS]);
	thread->ledger.state &= LEDGER_STATES - 1;
}

static void safe_waker(struct waker_count *waker)
{
	waker->tid = task_id__safe(waker->tid);
	waker->pid = task_id__safe(waker->pid);
	waker->comm[sizeof(waker->comm) - 1] = '\0';
	if (waker->kind >= WAKER_KINDS)
		waker->kind = WAKER_UNKNOWN;
}

static void safe_wait(const struct grown *pools, void *row)
{
	struct wait_row *wait = row;

	within(&wait->key.object, &pools[POOL_OBJECTS]);
	wait_key__make_safe(&wait->key);
	for (int i = 0; i < WAIT_WAKERS; i++)
		safe_waker(&wait->wakers[i]);
}

static void safe_object(const struct grown *pools, void *row)
{
	(void)pools;
	object_row__make_safe(row);
}

static void safe_process(const struct grown *pools, void *row)
{
	struct process_row *process = row;

	(void)pools;
	process->tgid = task_id__safe(process->tgid);
}

static void safe_loop(const struct grown *pools, void *row)
{
	struct loop_row *loop = row;

	within(&loop->longest_wait, &pools[POOL_WAITS]);
	within(&loop->wait_row, &pools[POOL_WAITS]);
	within(&loop->handler_histogram, &pools[POOL_HISTOGRAMS]);
	within(&loop->readiness_histogram, &pools[POOL_HISTOGRAMS]);
}

static void safe_attempt(const struct grown *pools, void *row)
{
	struct attempt_row *attempt = row;

	within(&attempt->key.object, &pools[POOL_OBJECTS]);
	within(&attempt->retry_histogram, &pools[POOL_HISTOGRAMS]);
	within(&attempt->readiness_histogram, &pools[POOL_HISTOGRAMS]);
}

static void safe_request(const struct grown *pools, void *row)
{
	struct request_row *request = row;

	within(&request->key.process, &pools[POOL_PROCESSES]);
	if (request->key.api > REQUEST_BLOCK)
		request->key.api = REQUEST_NONE;
	within(&request->latency_histogram, &pools[POOL_HISTOGRAMS]);
	within(&request->queue_histogram, &pools[POOL_HISTOGRAMS]);
	within(&request->taken_histogram, &pools[POOL_HISTOGRAMS]);
	within(&request->taken_by_histogram, &pools[POOL_HISTOGRAMS]);
}

static void safe_histogram(const struct grown *pools, void *row)
{
	struct histogram_row *histogram = row;

	for (int i = 0; i < BUCKET_CHUNKS; i++)
		within(&histogram->chunks[i], &pools[POOL_CHUNKS]);
}

static const struct {
	enum pool pool;
	void (*make_safe)(const struct grown *pools, void *row);
} rules[] = {
	{POOL_THREADS, safe_thread},   {POOL_WAITS, safe_wait},
	{POOL_OBJECTS, safe_object},   {POOL_PROCESSES, safe_process},
	{POOL_LOOPS, safe_loop},       {POOL_ATTEMPTS, safe_attempt},
	{POOL_REQUESTS, safe_request}, {POOL_HISTOGRAMS, safe_histogram},
};

void rebuild__make_safe(struct rebuild *rebuild)
{
	const struct grown *pools = rebuild->pools;

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct grown *pool = &pools[rules[i].pool];

		for (uint32_t row = 1; row <= pool->used; row++)
			rules[i].make_safe(pools, pool->base + row * pool->size);
	}
	for (uint32_t i = 1; i <= rebuild->wakers.used; i++)
		safe_waker(&((struct overflow_waker *)rebuild->wakers.base)[i].waker);
}
