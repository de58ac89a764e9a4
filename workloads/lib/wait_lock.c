// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Waiting for a lock that the partner holds, and for what one builds on futexes. Each wait of
 * glibc's is one futex call; so is waking, where another thread may be waiting.
 */
#define _GNU_SOURCE 1
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "check.h"
#include "futex.h"
#include "scene.h"
#include "scratch.h"

/* The locks of these rows, one run at a time. The futexes' address is the object. */
struct locks {
	pthread_mutex_t mutex;
	pthread_cond_t condition;
	bool signalled;
	_Atomic uint32_t word;
};

static struct locks *new_locks(struct scene *scene)
{
	struct locks *locks = check_memory(calloc(1, sizeof(*locks)));

	check_error(pthread_mutex_init(&locks->mutex, NULL), "pthread_mutex_init");
	check_error(pthread_cond_init(&locks->condition, NULL), "pthread_cond_init");
	scene->own = locks;
	return locks;
}

static void name_futex(struct scene *scene, const void *address)
{
	snprintf(scene->object, sizeof(scene->object), "futex %p", address);
}

static void set_up_mutex(struct scene *scene)
{
	/* The futex is the mutex's first word in all of glibc's versions. */
	name_futex(scene, &new_locks(scene)->mutex);
}

static void partner_locks(struct scene *scene)
{
	struct locks *locks = scene->own;

	check_error(pthread_mutex_lock(&locks->mutex), "pthread_mutex_lock");
}

static void partner_unlocks(struct scene *scene)
{
	struct locks *locks = scene->own;

	check_error(pthread_mutex_unlock(&locks->mutex), "pthread_mutex_unlock");
}

static int64_t attempt_mutex(struct scene *scene)
{
	struct locks *locks = scene->own;

	check_error(COUNTED(scene, "futex", pthread_mutex_lock(&locks->mutex)),
		    "pthread_mutex_lock");
	return 0;
}

/*
 * One who had to wait for a mutex cannot know whether others still do, so its unlock makes a
 * futex call to wake them, though there is nobody.
 */
static void waiter_unlocks(struct scene *scene)
{
	struct locks *locks = scene->own;

	check_error(COUNTED(scene, "futex", pthread_mutex_unlock(&locks->mutex)),
		    "pthread_mutex_unlock");
}

/* Which of its words the condition sleeps on is glibc's affair: no address is promised. */
static void set_up_condition(struct scene *scene)
{
	new_locks(scene);
}

/*
 * Two futex calls: pthread_cond_wait() sleeps once, and finds the mutex free when it takes it
 * again, but then (as glibc does there) always as if others were waiting for it, so that the
 * unlock makes a call to wake them.
 */
static int64_t attempt_condition(struct scene *scene)
{
	struct locks *locks = scene->own;

	check_error(pthread_mutex_lock(&locks->mutex), "pthread_mutex_lock");
	while (!locks->signalled)
		check_error(COUNTED(scene, "futex",
				    pthread_cond_wait(&locks->condition, &locks->mutex)),
			    "pthread_cond_wait");
	locks->signalled = false;
	waiter_unlocks(scene);
	return 0;
}

/* Signals after unlocking: the waiter finds the mutex free when it wakes up. */
static void release_condition(struct scene *scene)
{
	struct locks *locks = scene->own;

	partner_locks(scene);
	locks->signalled = true;
	partner_unlocks(scene);
	check_error(pthread_cond_signal(&locks->condition), "pthread_cond_signal");
}

static void set_up_futex(struct scene *scene)
{
	name_futex(scene, &new_locks(scene)->word);
}

static void reset_futex(struct scene *scene)
{
	struct locks *locks = scene->own;

	atomic_store(&locks->word, 0);
}

static int64_t attempt_futex(struct scene *scene)
{
	struct locks *locks = scene->own;

	return COUNTED(scene, "futex", futex__wait(&locks->word, 0));
}

static void release_futex(struct scene *scene)
{
	struct locks *locks = scene->own;

	atomic_store(&locks->word, 1);
	check(futex__wake(&locks->word, 1), "futex");
}

/* Two descriptions of one open file, since the same one would simply hold the lock again. */
static void set_up_flock(struct scene *scene)
{
	scene->fd = scratch__create(scene->path);
	scene->partner_fd = (int)check(open(scratch__path(), O_RDWR | O_CLOEXEC), scratch__path());
	snprintf(scene->object, sizeof(scene->object), "file %s", scratch__path());
}

static void partner_flocks(struct scene *scene)
{
	check(flock(scene->partner_fd, LOCK_EX), "flock");
}

static void partner_unflocks(struct scene *scene)
{
	check(flock(scene->partner_fd, LOCK_UN), "flock");
}

static int64_t attempt_flock(struct scene *scene)
{
	return COUNTED(scene, "flock", flock(scene->fd, LOCK_EX));
}

static void waiter_unflocks(struct scene *scene)
{
	check(COUNTED(scene, "flock", flock(scene->fd, LOCK_UN)), "flock");
}

const struct wait_kind wait_kinds_lock[] = {
	{
		.name = "mutex",
		.help = "pthread_mutex_lock while the partner holds the mutex",
		.syscall = "futex",
		.class = "lock",
		.object_kind = "futex",
		.sleep = "interruptible",
		.wakers = "thread",
		.partner = PARTNER_THREAD,
		.set_up = set_up_mutex,
		.arm = partner_locks,
		.attempt = attempt_mutex,
		.conclude = waiter_unlocks,
		.release = partner_unlocks,
	},
	{
		.name = "condvar",
		.help = "pthread_cond_wait",
		.syscall = "futex",
		.class = "lock",
		.object_kind = "futex",
		.sleep = "interruptible",
		.wakers = "thread",
		.partner = PARTNER_THREAD,
		.set_up = set_up_condition,
		.attempt = attempt_condition,
		.release = release_condition,
	},
	{
		.name = "futex",
		.help = "FUTEX_WAIT, without a library around it",
		.syscall = "futex",
		.class = "lock",
		.object_kind = "futex",
		.sleep = "interruptible",
		.wakers = "thread",
		.partner = PARTNER_THREAD,
		.set_up = set_up_futex,
		.arm = reset_futex,
		.attempt = attempt_futex,
		.release = release_futex,
	},
	{
		.name = "flock",
		.help = "flock while the partner holds the file's lock",
		.syscall = "flock",
		.class = "lock",
		.object_kind = "file",
		.sleep = "interruptible",
		.wakers = "thread",
		.partner = PARTNER_THREAD,
		.uses_file = true,
		.set_up = set_up_flock,
		.arm = partner_flocks,
		.attempt = attempt_flock,
		.conclude = waiter_unflocks,
		.release = partner_unflocks,
	},
	{0},
};
