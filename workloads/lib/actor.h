/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A named thread that stays on one CPU and can say what the kernel booked on it between two
 * points. The waiter and the partner of a workload are actors.
 */
#ifndef WORKLOADS_ACTOR_H
#define WORKLOADS_ACTOR_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

struct actor {
	const char *name; /* at most 15 characters, becomes the thread's comm */
	int cpu_rank;	  /* runs on the n-th CPU (modulo their number) that we may use */
	void (*play)(void *scene);
	void *scene;
	pthread_t thread;
	int cpu;
	_Atomic pid_t tid; /* 0 until the thread runs under its name on its CPU */
};

/* The kernel's own books of one thread. */
struct books {
	uint64_t time_ns;
	uint64_t cpu_ns;
	uint64_t voluntary_switches;
	uint64_t involuntary_switches;
};

/* The CPU with the given rank (modulo their number) among those that the caller may use. */
int actor__cpu(int rank);

/* How many the process may use. To be asked by a thread that is no actor. */
int actor__cpus(void);

/* name, cpu_rank, play and scene must be set. */
void actor__start(struct actor *actor);
void actor__join(struct actor *actor);

/* Sleeps until the other actor's thread runs, and returns its thread id. */
pid_t actor__await_tid(const struct actor *actor);

/* The calling thread's books so far (getrusage and clock_gettime calls). */
struct books books__of_this_thread(void);
struct books books__since(struct books start);

/* What was booked between the two. */
struct books books__difference(struct books end, struct books start);

#endif
