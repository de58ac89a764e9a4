// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <sched.h>
#include <string.h>
#include <unistd.h>

#include "tests/live/lib/busy_pair.h"
#include "tests/live/lib/live.h"
#include "tests/live/lib/role.h"

struct pair {
	int to_first[2], to_second[2];
	unsigned int cpu_of_second;
	long rounds;
};

static void *wait_here(void)
{
	for (;;)
		pause();
	return NULL;
}

static void *serve(void *context)
{
	struct pair *pair = context;
	char byte = 'b';

	role__pin(0);
	for (long i = 0; i < pair->rounds; i++) {
		role__check(write(pair->to_second[1], &byte, 1), "write");
		role__check(read(pair->to_first[0], &byte, 1), "read");
	}
	return wait_here();
}

static volatile bool answered_all;

static void *answer(void *context)
{
	struct pair *pair = context;
	char byte;

	role__pin(pair->cpu_of_second);
	for (long i = 0; i < pair->rounds; i++) {
		role__check(read(pair->to_second[0], &byte, 1), "read");
		role__check(write(pair->to_first[1], &byte, 1), "write");
	}
	answered_all = true;
	return wait_here();
}

/* What perf bench sched pipe does: a byte goes to and fro. */
static void pingpong(unsigned int cpu_of_second)
{
	static struct pair pair;

	pair.rounds = 10000;
	pair.cpu_of_second = cpu_of_second;
	role__check(pipe(pair.to_first), "pipe");
	role__check(pipe(pair.to_second), "pipe");
	role__thread("one", serve, &pair, NULL);
	role__thread("two", answer, &pair, NULL);
}

#define SPIN_MS 400

static void *spin(void *context)
{
	(void)context;
	role__pin(0);
	role__spin_until(live__now() + SPIN_MS * 1000000ULL);
	return wait_here();
}

/* Has the CPU of the second thread to itself whenever that one is asleep. */
static void *hog(void *context)
{
	(void)context;
	role__pin(1);
	while (!answered_all)
		;
	return wait_here();
}

static void *yield(void *context)
{
	(void)context;
	role__pin(0);
	for (uint64_t end = live__now() + 100000000ULL; live__now() < end;)
		sched_yield();
	return wait_here();
}

int busy_pair__run(int argc, char **argv)
{
	char line[8];

	role__say("ready\n");
	role__hear(line, sizeof(line));
	if (argc > 1 && strcmp(argv[1], "pingpong") == 0) {
		pingpong(0);
	} else if (argc > 1 && strcmp(argv[1], "apart") == 0) {
		pingpong(1);
	} else if (argc > 1 && strcmp(argv[1], "preempt") == 0) {
		role__thread("hog", hog, NULL, NULL);
		pingpong(1);
	} else {
		void *(*work)(void *) = argc > 1 && strcmp(argv[1], "yield") == 0 ? yield : spin;

		role__thread("one", work, NULL, NULL);
		role__thread("two", work, NULL, NULL);
	}
	return role__hear(line, sizeof(line));
}
