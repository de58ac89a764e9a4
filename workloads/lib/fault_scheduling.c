// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Threads that wait for a CPU more than for anything else, or that are not let finish. */
#define _GNU_SOURCE 1
#include <sched.h>
#include <stdatomic.h>

#include "check.h"
#include "cpu_work.h"
#include "fault.h"
#include "monotonic.h"

/* --- run-queue: more threads that want to run than there are CPUs ------------------------------
 */

struct run_queue {
	struct fault *fault;
	struct actor *actors;
	_Atomic uint64_t taken;
};

/* An operation: so much CPU time, then a sleep as long. One thread needs half a CPU for that. */
static void compute_and_rest(void *argument)
{
	struct run_queue *queue = argument;
	struct fault *fault = queue->fault;

	while (atomic_fetch_add(&queue->taken, 1) < fault->operations) {
		uint64_t start_ns = monotonic__now_ns();

		cpu_work__do(fault->delay_ns);
		monotonic__sleep_ns(fault->delay_ns);
		distribution__record(&fault->latency, monotonic__now_ns() - start_ns);
	}
}

/* All on one CPU, so that their number decides, not the machine's. */
static void play_run_queue(struct fault *fault)
{
	struct run_queue *queue = check_memory(calloc(1, sizeof(*queue)));

	fault->own = queue;
	queue->fault = fault;
	queue->actors = check_memory(calloc(fault->threads, sizeof(*queue->actors)));
	for (uint64_t i = 0; i < fault->threads; i++) {
		queue->actors[i] =
			(struct actor){.name = "worker", .play = compute_and_rest, .scene = queue};
		actor__start(&queue->actors[i]);
	}
	for (uint64_t i = 0; i < fault->threads; i++)
		actor__join(&queue->actors[i]);
	fault->done = fault->operations;
}

static void write_run_queue(const struct fault *fault, struct truth *truth)
{
	const struct run_queue *queue = fault->own;

	truth__number(truth, "cpu", (uint64_t)queue->actors[0].cpu);
	truth__number(truth, "compute_ns", fault->operations * fault->delay_ns);
	truth__number(truth, "slept_ns", fault->operations * fault->delay_ns);
}

static void free_run_queue(struct fault *fault)
{
	struct run_queue *queue = fault->own;

	free(queue->actors);
}

/* --- preemption: a thread that computes is interrupted by another, very often ------------------
 */

struct preemption {
	atomic_bool is_over;
	uint64_t wakeups, batch;
	struct books victim;
};

/*
 * Of policy SCHED_IDLE, so that whoever wakes takes the CPU at once: what other policies make of it
 * differs from kernel to kernel. It makes no system call, and never waits.
 */
static void compute_until_over(void *argument)
{
	struct fault *fault = argument;
	struct preemption *preemption = fault->own;
	const struct sched_param none = {0};
	const uint64_t look_ns = 20000;
	struct books start;

	check(sched_setscheduler(0, SCHED_IDLE, &none), "sched_setscheduler SCHED_IDLE");
	start = books__of_this_thread();
	while (!atomic_load(&preemption->is_over))
		cpu_work__do(look_ns);
	preemption->victim = books__since(start);
}

/* Both do the same work in the same time; the innocent wakes seldom, and does much at once. */
static void disturb(void *argument)
{
	struct fault *fault = argument;
	struct preemption *preemption = fault->own;
	const uint64_t piece_ns = 40000;
	uint64_t start_ns = monotonic__now_ns();

	while (fault->done < fault->operations) {
		uint64_t batch = fault->operations - fault->done;

		if (batch > preemption->batch)
			batch = preemption->batch;
		fault->done += batch;
		monotonic__sleep_until_ns(start_ns + fault->done * fault->delay_ns);
		cpu_work__do(batch * piece_ns);
		preemption->wakeups++;
	}
	atomic_store(&preemption->is_over, true);
}

static void play_preemption(struct fault *fault)
{
	struct preemption *preemption = check_memory(calloc(1, sizeof(*preemption)));
	const uint64_t many = 100;

	fault->own = preemption;
	preemption->batch = fault->is_innocent ? many : 1;
	fault->waiter =
		(struct actor){.name = "victim", .play = compute_until_over, .scene = fault};
	fault->partner = (struct actor){.name = "disturber", .play = disturb, .scene = fault};
	actor__start(&fault->waiter);
	actor__await_tid(&fault->waiter);
	actor__start(&fault->partner);
	actor__join(&fault->partner);
	actor__join(&fault->waiter);
}

static void write_preemption(const struct fault *fault, struct truth *truth)
{
	const struct preemption *preemption = fault->own;

	truth__number(truth, "cpu", (uint64_t)fault->waiter.cpu);
	truth__number(truth, "wakeups", preemption->wakeups);
	truth__open(truth, "victim");
	truth__books(truth, &preemption->victim);
	truth__close(truth);
}

const struct fault_kind fault_kinds_scheduling[] = {
	{
		.name = "run-queue",
		.help = "has eight threads on one CPU that each want half of it",
		.innocent_help = "has one",
		.operations = 400,
		.delay_ns = 1000000,
		.threads = 8,
		.threads_innocent = 1,
		.play = play_run_queue,
		.write_truth = write_run_queue,
		.tear_down = free_run_queue,
	},
	{
		.name = "preemption",
		.help = "has a thread preempted by another each delay",
		.innocent_help = "does the other's work in batches of 100",
		.operations = 5000,
		.delay_ns = 200000,
		.play = play_preemption,
		.write_truth = write_preemption,
	},
	{0},
};
