// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Waiting for time to pass, for a child to end, for a signal to come. */
#define _GNU_SOURCE 1
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "monotonic.h"
#include "scene.h"

static void set_up_nothing(struct scene *scene)
{
	(void)scene;
}

/* glibc makes nanosleep() the system call clock_nanosleep: ask the kernel for the old one. */
static int64_t attempt_nanosleep(struct scene *scene)
{
	struct timespec duration = monotonic__timespec(scene->delay_ns);

	return COUNTED(scene, "nanosleep", syscall(SYS_nanosleep, &duration, NULL));
}

static int64_t attempt_clock_nanosleep(struct scene *scene)
{
	struct timespec duration = monotonic__timespec(scene->delay_ns);

	check_error(COUNTED(scene, "clock_nanosleep",
			    clock_nanosleep(CLOCK_MONOTONIC, 0, &duration, NULL)),
		    "clock_nanosleep");
	return 0;
}

static void set_up_timerfd(struct scene *scene)
{
	scene->fd = (int)check(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC), "timerfd_create");
	snprintf(scene->object, sizeof(scene->object), "timerfd");
}

static void start_timer(struct scene *scene)
{
	/* A time of 0 would stop the timer instead. */
	struct itimerspec once = {
		.it_value = monotonic__timespec(scene->delay_ns ? scene->delay_ns : 1)};

	check(COUNTED(scene, "timerfd_settime", timerfd_settime(scene->fd, 0, &once, NULL)),
	      "timerfd_settime");
}

static int64_t attempt_read(struct scene *scene)
{
	return COUNTED(scene, "read", read(scene->fd, scene->buffer, scene->size));
}

/*
 * The child plays the partner by itself: it holds the waiter, and ends. Between fork and _exit
 * it makes only calls that are safe in the child of a process with threads.
 */
static void fork_child(struct scene *scene)
{
	const pid_t parent = getpid();

	scene->child = (int)check(fork(), "fork");
	if (scene->child)
		return;
	check(prctl(PR_SET_PDEATHSIG, SIGKILL), "prctl PR_SET_PDEATHSIG");
	if (getppid() != parent)
		_exit(EXIT_FAILURE); /* it died before this child asked to die with it */
	turns__await_entered(scene->turns, scene->operation);
	turns__hold(scene->turns, scene->delay_ns);
	_exit(EXIT_SUCCESS);
}

/* glibc makes waitpid() the system call wait4. Any thread may wait for any thread's child. */
static int64_t attempt_waitpid(struct scene *scene)
{
	return COUNTED(scene, "wait4", waitpid(scene->child, NULL, 0));
}

/* Blocked before the threads start, which inherit that: the signal waits to be fetched. */
static void set_up_signal(struct scene *scene)
{
	sigset_t set;

	(void)scene;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	check_error(pthread_sigmask(SIG_BLOCK, &set, NULL), "pthread_sigmask");
}

static void set_up_signalfd(struct scene *scene)
{
	sigset_t set;

	set_up_signal(scene);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	scene->fd = (int)check(signalfd(-1, &set, SFD_CLOEXEC), "signalfd");
	snprintf(scene->object, sizeof(scene->object), "signalfd");
}

static int64_t attempt_sigwaitinfo(struct scene *scene)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	return COUNTED(scene, "rt_sigtimedwait", sigwaitinfo(&set, NULL));
}

static void release_by_signal(struct scene *scene)
{
	check_error(pthread_kill(scene->waiter.thread, SIGUSR1), "pthread_kill");
}

const struct wait_kind wait_kinds_time[] = {
	{
		.name = "nanosleep",
		.help = "sleep by the system call nanosleep",
		.syscall = "nanosleep",
		.class = "timer",
		.sleep = "interruptible",
		.wakers = "timer",
		.delay_is_the_wait = true,
		.set_up = set_up_nothing,
		.attempt = attempt_nanosleep,
	},
	{
		.name = "clock-nanosleep",
		.help = "sleep by clock_nanosleep, as glibc's sleep functions all do",
		.syscall = "clock_nanosleep",
		.class = "timer",
		.sleep = "interruptible",
		.wakers = "timer",
		.delay_is_the_wait = true,
		.set_up = set_up_nothing,
		.attempt = attempt_clock_nanosleep,
	},
	{
		.name = "timerfd",
		.help = "start a timerfd and read from it",
		.syscall = "read",
		.class = "timer",
		.object_kind = "timerfd",
		.sleep = "interruptible",
		.wakers = "timer",
		.delay_is_the_wait = true,
		.size = sizeof(uint64_t),
		.size_max = sizeof(uint64_t),
		.size_multiple = sizeof(uint64_t),
		.set_up = set_up_timerfd,
		.prepare = start_timer,
		.attempt = attempt_read,
	},
	{
		.name = "waitpid",
		.help = "waitpid for a child process that ends after the delay",
		.syscall = "wait4",
		.class = "child",
		.sleep = "interruptible",
		.wakers = "thread",
		.partner = PARTNER_CHILD,
		.set_up = set_up_nothing,
		.arm = fork_child,
		.attempt = attempt_waitpid,
	},
	{
		.name = "sigwaitinfo",
		.help = "sigwaitinfo for a signal that the partner sends",
		.syscall = "rt_sigtimedwait",
		.class = "signal",
		.sleep = "interruptible",
		.wakers = "signal",
		.partner = PARTNER_THREAD,
		.set_up = set_up_signal,
		.attempt = attempt_sigwaitinfo,
		.release = release_by_signal,
	},
	{
		/* The signal stays blocked: it is the sender that wakes who reads, as with a pipe.
		 */
		.name = "signalfd",
		.help = "read from a signalfd a signal that the partner sends",
		.syscall = "read",
		.class = "signal",
		.object_kind = "signalfd",
		.sleep = "interruptible",
		.wakers = "thread",
		.partner = PARTNER_THREAD,
		.size = sizeof(struct signalfd_siginfo),
		.size_max = sizeof(struct signalfd_siginfo),
		.size_multiple = sizeof(struct signalfd_siginfo),
		.set_up = set_up_signalfd,
		.attempt = attempt_read,
		.release = release_by_signal,
	},
	{0},
};
