// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE 1
#include "work_pool.h"

#include <sys/eventfd.h>

#include "check.h"
#include "monotonic.h"

/* NULL if the pool ends and nothing is left to do. */
static struct work *take_work(struct work_pool *pool)
{
	uint64_t start_ns = monotonic__now_ns();
	struct work *work;
	bool rested = false;

	pthread_mutex_lock(&pool->lock);
	while (STAILQ_EMPTY(&pool->queued) && !pool->is_ending) {
		rested = true;
		pthread_cond_wait(&pool->has_work, &pool->lock);
	}
	work = STAILQ_FIRST(&pool->queued);
	if (work) {
		STAILQ_REMOVE_HEAD(&pool->queued, next);
		pool->queued_now--;
	}
	pthread_mutex_unlock(&pool->lock);
	if (work && rested)
		distribution__record(&pool->resting, monotonic__now_ns() - start_ns);
	return work;
}

/* The eventfd is written only if the list was empty: who reads it takes all. */
static void hand_back(struct work_pool *pool, struct work *work)
{
	bool is_first;

	pthread_mutex_lock(&pool->lock);
	is_first = STAILQ_EMPTY(&pool->done);
	STAILQ_INSERT_TAIL(&pool->done, work, next);
	pthread_mutex_unlock(&pool->lock);
	if (!is_first || pool->event_fd < 0)
		return;
	atomic_fetch_add(&pool->wakeups, 1);
	check(eventfd_write(pool->event_fd, 1), "eventfd_write");
}

static void *pool_main(void *argument)
{
	struct work_pool *pool = argument;
	struct work *work;

	while ((work = take_work(pool))) {
		uint64_t start_ns = monotonic__now_ns();

		distribution__record(&pool->queueing, start_ns - work->submitted_ns);
		work->run(work);
		distribution__record(&pool->working, monotonic__now_ns() - start_ns);
		hand_back(pool, work);
	}
	return NULL;
}

struct work_pool *work_pool__new(uint64_t threads, uint64_t stack, int event_fd)
{
	struct work_pool *pool = check_memory(calloc(1, sizeof(*pool)));
	pthread_attr_t attributes;

	pool->thread_count = threads;
	pool->event_fd = event_fd;
	pool->threads = check_memory(calloc(threads, sizeof(*pool->threads)));
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->has_work, NULL);
	STAILQ_INIT(&pool->queued);
	STAILQ_INIT(&pool->done);
	check_error(pthread_attr_init(&attributes), "pthread_attr_init");
	if (stack)
		check_error(pthread_attr_setstacksize(&attributes, stack),
			    "pthread_attr_setstacksize");
	for (uint64_t i = 0; i < threads; i++) {
		check_error(pthread_create(&pool->threads[i], &attributes, pool_main, pool),
			    "pthread_create");
		pthread_setname_np(pool->threads[i], "pool");
	}
	pthread_attr_destroy(&attributes);
	return pool;
}

void work_pool__submit(struct work_pool *pool, struct work *work)
{
	work->submitted_ns = monotonic__now_ns();
	pthread_mutex_lock(&pool->lock);
	STAILQ_INSERT_TAIL(&pool->queued, work, next);
	if (++pool->queued_now > pool->queued_max)
		pool->queued_max = pool->queued_now;
	pthread_mutex_unlock(&pool->lock);
	pthread_cond_signal(&pool->has_work);
}

struct work *work_pool__take_done(struct work_pool *pool)
{
	struct work *first;

	pthread_mutex_lock(&pool->lock);
	first = STAILQ_FIRST(&pool->done);
	STAILQ_INIT(&pool->done);
	pthread_mutex_unlock(&pool->lock);
	return first;
}

void work_pool__finish(struct work_pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	pool->is_ending = true;
	pthread_cond_broadcast(&pool->has_work);
	pthread_mutex_unlock(&pool->lock);
	for (uint64_t i = 0; i < pool->thread_count; i++)
		check_error(pthread_join(pool->threads[i], NULL), "pthread_join");
}

void work_pool__free(struct work_pool *pool)
{
	pthread_cond_destroy(&pool->has_work);
	pthread_mutex_destroy(&pool->lock);
	free(pool->threads);
	free(pool);
}

void work_pool__write(const struct work_pool *pool, struct truth *truth, const char *name)
{
	truth__open(truth, name);
	truth__number(truth, "threads", pool->thread_count);
	truth__number(truth, "jobs", pool->working.count);
	truth__number(truth, "queued_max", pool->queued_max);
	truth__number(truth, "wakeups", pool->wakeups);
	distribution__write(&pool->queueing, truth, "queueing");
	distribution__write(&pool->working, truth, "working");
	distribution__write(&pool->resting, truth, "resting");
	truth__close(truth);
}
