// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE 1
#include "actor.h"

#include <sched.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "monotonic.h"

int actor__cpus(void)
{
	cpu_set_t allowed;

	check(sched_getaffinity(0, sizeof(allowed), &allowed), "sched_getaffinity");
	return CPU_COUNT(&allowed);
}

int actor__cpu(int rank)
{
	cpu_set_t allowed;
	int cpu = -1;

	check(sched_getaffinity(0, sizeof(allowed), &allowed), "sched_getaffinity");
	rank %= CPU_COUNT(&allowed);
	while (rank >= 0)
		if (CPU_ISSET(++cpu, &allowed))
			rank--;
	return cpu;
}

/*
 * The thread pins itself. Were its affinity an attribute for pthread_create(), then glibc
 * would hold the new thread back in a futex wait that is none of ours.
 */
static void *actor_main(void *argument)
{
	struct actor *actor = argument;
	cpu_set_t here;

	actor->cpu = actor__cpu(actor->cpu_rank);
	CPU_ZERO(&here);
	CPU_SET(actor->cpu, &here);
	check(sched_setaffinity(0, sizeof(here), &here), "sched_setaffinity");
	check_error(pthread_setname_np(pthread_self(), actor->name), "pthread_setname_np");
	atomic_store(&actor->tid, gettid());
	actor->play(actor->scene);
	return NULL;
}

void actor__start(struct actor *actor)
{
	check_error(pthread_create(&actor->thread, NULL, actor_main, actor), "pthread_create");
}

void actor__join(struct actor *actor)
{
	check_error(pthread_join(actor->thread, NULL), "pthread_join");
}

pid_t actor__await_tid(const struct actor *actor)
{
	while (!atomic_load(&actor->tid))
		monotonic__sleep_ns(20000);
	return atomic_load(&actor->tid);
}

struct books books__of_this_thread(void)
{
	struct timespec cpu;
	struct rusage usage;

	check(getrusage(RUSAGE_THREAD, &usage), "getrusage");
	check(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &cpu), "clock_gettime");
	return (struct books){
		.time_ns = monotonic__now_ns(),
		.cpu_ns = (uint64_t)cpu.tv_sec * 1000000000 + (uint64_t)cpu.tv_nsec,
		.voluntary_switches = (uint64_t)usage.ru_nvcsw,
		.involuntary_switches = (uint64_t)usage.ru_nivcsw,
	};
}

struct books books__difference(struct books end, struct books start)
{
	return (struct books){
		.time_ns = end.time_ns - start.time_ns,
		.cpu_ns = end.cpu_ns - start.cpu_ns,
		.voluntary_switches = end.voluntary_switches - start.voluntary_switches,
		.involuntary_switches = end.involuntary_switches - start.involuntary_switches,
	};
}

struct books books__since(struct books start)
{
	return books__difference(books__of_this_thread(), start);
}
