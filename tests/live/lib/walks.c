// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Programs that wait, wake and run in functions of known names. (They are compiled with frame
 * pointers. The calls are made right here: the C library has none, and the function that called it
 * would be missing.)
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "tests/live/lib/role.h"
#include "tests/live/lib/walks.h"

/* The Makefile also keeps functions that do the same from becoming one. */
#define APART __attribute__((noinline))
/* Keeps what is above from becoming a jump: then its frame would be gone. */
#define STAY __asm__ volatile("" ::: "memory")

static inline long call_kernel(long number, long a, long b, long c)
{
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return result;
}

static inline void sleep_here(long ns)
{
	struct timespec time = {.tv_nsec = ns};

	call_kernel(SYS_nanosleep, (long)&time, 0, 0);
}

#define NAP_NS 1000000

APART static void nap_inside(void)
{
	sleep_here(NAP_NS);
	STAY;
}

APART static void path_one(void)
{
	nap_inside();
	STAY;
}

APART static void path_two(void)
{
	nap_inside();
	STAY;
}

APART static void walk_paths(int ones, int twos)
{
	for (int i = 0; i < ones; i++)
		path_one();
	for (int i = 0; i < twos; i++)
		path_two();
	STAY;
}

static int role_paths(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	walk_paths(ONES, TWOS);
	return 0;
}

/* Each depth is a stack of its own. */
APART static void descend(int depth) /* NOLINT(misc-no-recursion) */
{
	if (depth)
		descend(depth - 1);
	else
		sleep_here(NAP_NS);
	STAY;
}

static int role_depths(int argc, char **argv)
{
	(void)argc;
	for (int depth = 0; depth < atoi(argv[1]); depth++)
		descend(depth);
	return 0;
}

static int ends[2];

APART static void feed_one(void)
{
	char byte = 0;

	call_kernel(SYS_write, ends[1], (long)&byte, 1);
	STAY;
}

static void *feed(void *context)
{
	for (int i = 0; i < FED; i++) {
		role__nap(2000);
		feed_one();
	}
	return context;
}

APART static void be_fed(void)
{
	char byte;

	for (int i = 0; i < FED; i++)
		call_kernel(SYS_read, ends[0], (long)&byte, 1);
	STAY;
}

static int role_fed(int argc, char **argv)
{
	pthread_t thread;

	(void)argc;
	(void)argv;
	role__check(pipe(ends), "pipe");
	thread = role__thread("feeder", feed, NULL, NULL);
	be_fed();
	pthread_join(thread, NULL);
	return 0;
}

static unsigned long long cpu_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return (unsigned long long)time.tv_sec * 1000000000ULL + (unsigned long long)time.tv_nsec;
}

#define SPIN_NS 500000000ULL

APART static void spin_in_here(void)
{
	unsigned long long end = cpu_ns() + SPIN_NS;

	while (cpu_ns() < end)
		for (int i = 0; i < 1000000; i++)
			STAY;
	STAY;
}

static int role_spin(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	spin_in_here();
	return 0;
}

APART static void wait_for_input(void)
{
	char byte;

	call_kernel(SYS_read, 0, (long)&byte, 1);
	STAY;
}

/* A wait that is open when tracing begins, and one that is open when it ends. */
static int role_open(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	role__say("ready");
	wait_for_input();
	wait_for_input();
	return 0;
}

static void *wait_briefly(void *context)
{
	sleep_here(NAP_NS);
	return context;
}

static int role_crowd(int argc, char **argv)
{
	(void)argc;
	for (int i = 0; i < atoi(argv[1]); i++) {
		pthread_join(role__thread("brief", wait_briefly, NULL, NULL), NULL);
		role__nap(3000); /* so that there is time to make room */
	}
	return 0;
}

const struct live_role walks__roles[] = {
	{"paths", role_paths},
	{"depths", role_depths},
	{"fed", role_fed},
	{"spin", role_spin},
	{"open", role_open},
	{"crowd", role_crowd},
	{0},
};
