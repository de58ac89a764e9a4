// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A pool that is always busy while work queues. How long its queue is, only the program knows; what
 * can be seen is that its workers find the next job without a rest, and are blocked in their jobs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/finding_look.h"
#include "judge/structure.h"
#include "judge/thresholds.h"
#include "names/units.h"

/* A worker has this many sleeps in jobs for each rest: it finds work without looking for it. */
#define SLEEPS_A_REST 10
/* This share of the workers' time is asleep in their jobs: more workers would help. */
#define POOL_BLOCKED_SHARE 0.3
/* A process has so many pools that are looked at, by the time rested on their queues. */
#define POOLS_MOST 8

/*
 * A queue by its futex, 0: the wait is on none. The two words of a condition variable (glibc) are
 * side by side, and one queue.
 */
static uint64_t queue_of(const struct wait *wait)
{
	static const char prefix[] = "futex 0x";

	if (wait->class != CLASS_LOCK || wait->futex != FUTEX_USE_QUEUE || !wait->object ||
	    strncmp(wait->object, prefix, sizeof(prefix) - 1) != 0)
		return 0;
	return strtoull(wait->object + sizeof(prefix) - 1, NULL, 16) & ~7ULL;
}

struct worker_pool {
	uint64_t queue;
	size_t workers, others;		 /* other threads that do something: they have to feed it */
	uint64_t lifetime, rest, asleep; /* ns: in all, on the queue, in jobs */
	uint64_t rests, sleeps;
};

static bool rests_on(const struct thread *thread, uint64_t queue)
{
	for (size_t i = 0; i < thread->wait_count; i++)
		if (queue_of(&thread->waits[i]) == queue)
			return true;
	return false;
}

static void add_worker(struct worker_pool *pool, const struct thread *thread)
{
	pool->workers++;
	pool->lifetime += thread->account.lifetime;
	for (size_t i = 0; i < thread->wait_count; i++) {
		const struct wait *wait = &thread->waits[i];

		if (wait->idle) {
			pool->rest += wait->total;
			pool->rests += wait->count;
		} else if (wait->class != CLASS_LOCK) {
			pool->asleep += wait->total;
			pool->sleeps += wait->count;
		}
	}
}

static void add_thread(struct worker_pool *pool, const struct finding_look *look,
		       const struct thread *thread, uint64_t work)
{
	enum thread_role role = structure__role(look->profile, thread, work);

	if (!thread__is_known(thread) || role == ROLE_IDLE)
		return;
	if (role != ROLE_LOOP && rests_on(thread, pool->queue))
		add_worker(pool, thread);
	else
		pool->others++;
}

static bool is_saturated(const struct worker_pool *pool, const struct finding_limits *least)
{
	return pool->workers >= MEMBERS_LEAST && pool->others && pool->sleeps >= least->count &&
	       pool->lifetime >= least->time &&
	       (double)(pool->lifetime - pool->rest) >= least->share * (double)pool->lifetime &&
	       (double)pool->asleep >= POOL_BLOCKED_SHARE * (double)pool->lifetime &&
	       pool->sleeps >= SLEEPS_A_REST * pool->rests;
}

static void tell_pool(struct finding_look *look, const struct worker_pool *pool)
{
	struct finding *finding = look__add(look, NULL, pool->asleep);
	char who[WHO_TEXT], count[UNITS_TEXT], asleep[UNITS_TEXT], rests[UNITS_TEXT];

	finding__figure(finding, "workers", (double)pool->workers);
	finding__figure(finding, "lifetime_ns", (double)pool->lifetime);
	finding__figure(finding, "resting_ns", (double)pool->rest);
	finding__figure(finding, "blocked_ns", (double)pool->asleep);
	finding__figure(finding, "rests", (double)pool->rests);
	finding__figure(finding, "sleeps_in_jobs", (double)pool->sleeps);
	look__say(look, finding,
		  "the pool of %s threads of %s is always busy: they rested %s times (%.1f%% of "
		  "their time) and were blocked in their jobs for %s (%.0f%%), so work queues up "
		  "behind them; more threads would take more of it at once",
		  units__count(pool->workers, count), look__who(look, NULL, who),
		  units__count(pool->rests, rests),
		  100.0 * (double)pool->rest / (double)pool->lifetime,
		  units__time(pool->asleep, asleep),
		  100.0 * (double)pool->asleep / (double)pool->lifetime);
}

/* The queues that threads of the process rested on, each once. */
static size_t queues_of(const struct process *process, uint64_t queues[POOLS_MOST])
{
	size_t count = 0;

	for (size_t i = 0; i < process->wait_count && count < POOLS_MOST; i++) {
		uint64_t queue = queue_of(&process->waits[i]);
		size_t known = 0;

		while (known < count && queues[known] != queue)
			known++;
		if (queue && known == count)
			queues[count++] = queue;
	}
	return count;
}

void find_saturated_pool(struct finding_look *look)
{
	const struct process *process = look->process;
	uint64_t queues[POOLS_MOST], work;
	size_t count = queues_of(process, queues);

	work = count ? structure__work(process) : 0;
	for (size_t i = 0; i < count; i++) {
		struct worker_pool pool = {.queue = queues[i]};

		for (size_t j = 0; j < process->thread_count; j++)
			add_thread(&pool, look, &process->threads[j], work);
		if (is_saturated(&pool, &look->rule->least))
			tell_pool(look, &pool);
	}
}
