// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Threads that are too many, too few, or in each other's way. */
#include <inttypes.h>
#include <stdio.h>

#include "check.h"
#include "crowd.h"
#include "fault.h"
#include "monotonic.h"
#include "process.h"
#include "work_pool.h"

/* --- idle-threads: hundreds of threads that only wait ------------------------------------------
 */

struct idle_threads {
	struct crowd crowd;
	struct footprint before, asleep;
	uint64_t held_ns;
};

static void play_idle_threads(struct fault *fault)
{
	struct idle_threads *idle = check_memory(calloc(1, sizeof(*idle)));
	uint64_t asleep_ns;

	fault->own = idle;
	crowd__set_up(&idle->crowd, fault->threads, 0, CROWD_FUTEX, 0);
	idle->before = process__footprint();
	crowd__start(&idle->crowd);
	check_error(idle->crowd.error, "pthread_create");
	if (!crowd__await_asleep(&idle->crowd))
		errx(EXIT_FAILURE, "the threads do not fall asleep");
	asleep_ns = monotonic__now_ns();
	idle->asleep = process__footprint();
	for (; fault->done < fault->operations; fault->done++)
		monotonic__sleep_ns(fault->delay_ns);
	idle->held_ns = monotonic__now_ns() - asleep_ns;
	crowd__release(&idle->crowd);
}

static void write_idle_threads(const struct fault *fault, struct truth *truth)
{
	const struct idle_threads *idle = fault->own;

	truth__text(truth, "syscall", crowd_waits[CROWD_FUTEX].syscall);
	truth__number(truth, "held_ns", idle->held_ns);
	truth__number(truth, "stack_reserved_bytes", idle->crowd.stack * idle->crowd.count);
	process__write_footprint(truth, "memory", &idle->before, &idle->asleep);
}

static void free_idle_threads(struct fault *fault)
{
	struct idle_threads *idle = fault->own;

	crowd__free(&idle->crowd);
}

/* --- busy-pool: work comes faster than the threads of a pool can do it -------------------------
 */

struct pool_work {
	struct work work; /* first, so that it leads to the rest */
	uint64_t delay_ns;
};

static void sleep_for_work(struct work *work)
{
	monotonic__sleep_ns(((const struct pool_work *)work)->delay_ns);
}

/* Each thread has rested on the queue, as is said of it, before there is work. */
static void await_resting(const struct work_pool *pool)
{
	const uint64_t look_again_ns = 500000;

	while (process__threads_asleep() < pool->thread_count)
		monotonic__sleep_ns(look_again_ns);
}

/*
 * A pool does threads jobs per delay. The fault brings twice as much, with a tenth of it at once so
 * that the queue stands even if who brings it has to wait for a CPU; the innocent a quarter.
 */
static void play_busy_pool(struct fault *fault)
{
	struct work_pool *pool = work_pool__new(fault->threads, 0, -1);
	uint64_t at_once = fault->is_innocent ? 0 : fault->operations / 10;
	struct pool_work *jobs = check_memory(calloc(fault->operations, sizeof(*jobs)));
	uint64_t interval_ns = fault->is_innocent ? 4 * fault->delay_ns / fault->threads
						  : fault->delay_ns / fault->threads / 2;
	uint64_t start_ns;

	fault->own = pool;
	await_resting(pool);
	start_ns = monotonic__now_ns();
	for (; fault->done < fault->operations; fault->done++) {
		struct pool_work *job = &jobs[fault->done];

		*job = (struct pool_work){.work.run = sleep_for_work, .delay_ns = fault->delay_ns};
		if (fault->done >= at_once)
			monotonic__sleep_until_ns(start_ns + fault->done * interval_ns);
		work_pool__submit(pool, &job->work);
	}
	work_pool__finish(pool);
	free(jobs);
}

static void write_busy_pool(const struct fault *fault, struct truth *truth)
{
	work_pool__write(fault->own, truth, "pool");
}

static void free_busy_pool(struct fault *fault)
{
	work_pool__free(fault->own);
	fault->own = NULL;
}

/* --- serial-lock: a lock that is held during the long part of the work -------------------------
 */

struct serial_lock {
	pthread_mutex_t mutex;
	pthread_t *threads;
	struct fault *fault;
	_Atomic uint64_t taken, contended;
	struct distribution waits; /* for the lock, where it was not free at once */
};

static void take_lock(struct serial_lock *lock)
{
	uint64_t start_ns = monotonic__now_ns();

	if (pthread_mutex_trylock(&lock->mutex) == 0)
		return;
	pthread_mutex_lock(&lock->mutex);
	atomic_fetch_add(&lock->contended, 1);
	distribution__record(&lock->waits, monotonic__now_ns() - start_ns);
}

static void *work_under_lock(void *argument)
{
	struct serial_lock *lock = argument;
	struct fault *fault = lock->fault;

	while (atomic_fetch_add(&lock->taken, 1) < fault->operations) {
		uint64_t start_ns = monotonic__now_ns();

		take_lock(lock);
		fault->done++;
		if (fault->is_innocent)
			pthread_mutex_unlock(&lock->mutex);
		monotonic__sleep_ns(fault->delay_ns);
		if (!fault->is_innocent)
			pthread_mutex_unlock(&lock->mutex);
		distribution__record(&fault->latency, monotonic__now_ns() - start_ns);
	}
	return NULL;
}

static void play_serial_lock(struct fault *fault)
{
	struct serial_lock *lock = check_memory(calloc(1, sizeof(*lock)));

	fault->own = lock;
	lock->fault = fault;
	lock->threads = check_memory(calloc(fault->threads, sizeof(*lock->threads)));
	pthread_mutex_init(&lock->mutex, NULL);
	for (uint64_t i = 0; i < fault->threads; i++)
		check_error(pthread_create(&lock->threads[i], NULL, work_under_lock, lock),
			    "pthread_create");
	for (uint64_t i = 0; i < fault->threads; i++)
		check_error(pthread_join(lock->threads[i], NULL), "pthread_join");
}

static void write_serial_lock(const struct fault *fault, struct truth *truth)
{
	const struct serial_lock *lock = fault->own;
	char object[32];

	/* The futex is the mutex's first word in all of glibc's versions. */
	snprintf(object, sizeof(object), "futex %p", (const void *)&lock->mutex);
	truth__text(truth, "syscall", "futex");
	truth__text(truth, "object", object);
	truth__number(truth, "contended", lock->contended);
	truth__number(truth, "under_lock_ns",
		      fault->is_innocent ? 0 : fault->done * fault->delay_ns);
	distribution__write(&lock->waits, truth, "lock_wait");
}

static void free_serial_lock(struct fault *fault)
{
	struct serial_lock *lock = fault->own;

	pthread_mutex_destroy(&lock->mutex);
	free(lock->threads);
}

const struct fault_kind fault_kinds_threads[] = {
	{
		.name = "idle-threads",
		.help = "has hundreds of threads that only wait",
		.innocent_help = "has three of them",
		.operations = 10,
		.delay_ns = 50000000,
		.threads = 300,
		.threads_innocent = 3,
		.play = play_idle_threads,
		.write_truth = write_idle_threads,
		.tear_down = free_idle_threads,
	},
	{
		.name = "busy-pool",
		.help = "gives a pool twice the work that it can do",
		.innocent_help = "gives it a quarter of that",
		.operations = 800,
		.delay_ns = 2000000,
		.threads = 2,
		.threads_innocent = 2,
		.play = play_busy_pool,
		.write_truth = write_busy_pool,
		.tear_down = free_busy_pool,
	},
	{
		.name = "serial-lock",
		.help = "holds a lock while it sleeps, so that the threads take turns",
		.innocent_help = "sleeps when it has let go of the lock",
		.operations = 400,
		.delay_ns = 1000000,
		.threads = 4,
		.threads_innocent = 4,
		.play = play_serial_lock,
		.write_truth = write_serial_lock,
		.tear_down = free_serial_lock,
	},
	{0},
};
