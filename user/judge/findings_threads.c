// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Findings on threads: those that only wait, pools, locks, and the wait for a CPU. */
#include <stdio.h>
#include <string.h>

#include "judge/finding_look.h"
#include "judge/thresholds.h"
#include "names/units.h"

static uint64_t busy(const struct account *account)
{
	return account->running + account->runnable + account->preempted;
}

/* ---------------------------------------------------------------------- threads that only wait */

/* Asleep for a while, and for nearly all the time in which it did not want for a CPU. */
static bool only_waits(const struct thread *thread, const struct finding_limits *least)
{
	const struct account *account = &thread->account;

	return thread__is_known(thread) && account->blocked >= least->time &&
	       (double)account->blocked >=
		       least->share * (double)(account->blocked + account->running);
}

void find_waiting_threads(struct finding_look *look)
{
	const struct process *process = look->process;
	const struct cost *cost = &process->cost;
	char who[WHO_TEXT], count[UNITS_TEXT], kernel[UNITS_TEXT], resident[UNITS_TEXT],
		reserved[UNITS_TEXT], stacks[2 * UNITS_TEXT + 40] = "";
	uint64_t waiting = 0, time = 0;
	struct finding *finding;

	for (size_t i = 0; i < process->thread_count; i++) {
		if (!only_waits(&process->threads[i], &look->rule->least))
			continue;
		waiting++;
		time += busy(&process->threads[i].account);
	}
	if (waiting < look->rule->least.count || process->threads_max < look->rule->least.count)
		return;
	finding = look__add(look, NULL, time);
	finding__figure(finding, "waiting_threads", (double)waiting);
	finding__figure(finding, "threads_max", (double)process->threads_max);
	if (cost->kernel_stack)
		finding__figure(finding, "kernel_stack_bytes", (double)cost->kernel_stack);
	if (cost->stacks_known) {
		finding__figure(finding, "stack_resident_bytes", (double)cost->stack_resident);
		finding__figure(finding, "stack_reserved_bytes", (double)cost->stack_reserved);
		snprintf(stacks, sizeof(stacks), ", %s of stacks (%s reserved)",
			 units__size(cost->stack_resident, resident),
			 units__size(cost->stack_reserved, reserved));
	}
	look__say(look, finding,
		  "%s threads of %s do nothing but wait; all its threads hold %s of kernel "
		  "stacks%s: an event loop would wait for as much with one",
		  units__count(waiting, count), look__who(look, NULL, who),
		  cost->kernel_stack ? units__size(cost->kernel_stack, kernel)
				     : "an unknown amount",
		  stacks);
}

/* --------------------------------------------------------------------------------------- locks */

static bool is_lock(const struct wait *wait)
{
	return wait->class == CLASS_LOCK && !wait->idle && wait->futex != FUTEX_USE_QUEUE &&
	       wait->futex != FUTEX_USE_JOIN;
}

static bool same_text(const char *left, const char *right)
{
	return left && right ? !strcmp(left, right) : left == right;
}

struct lock {
	size_t threads;
	uint64_t lifetime, waits, total;
};

static struct lock sum_of_lock(const struct process *process, const struct wait *lock)
{
	struct lock sum = {.threads = 0};

	for (size_t i = 0; i < process->thread_count; i++) {
		const struct thread *thread = &process->threads[i];
		uint64_t waits = 0;

		if (!thread__is_known(thread))
			continue;
		for (size_t j = 0; j < thread->wait_count; j++) {
			const struct wait *wait = &thread->waits[j];

			if (!is_lock(wait) || !same_text(wait->object, lock->object) ||
			    !same_text(wait->syscall, lock->syscall))
				continue;
			waits += wait->count;
			sum.total += wait->total;
		}
		sum.waits += waits;
		if (waits) {
			sum.threads++;
			sum.lifetime += thread->account.lifetime;
		}
	}
	return sum;
}

/* Sleeps of two kinds on one lock are two rows: the first stands for both. */
static bool is_first_of_lock(const struct process *process, size_t row)
{
	const struct wait *wait = &process->waits[row];

	for (size_t i = 0; i < row; i++)
		if (is_lock(&process->waits[i]) &&
		    same_text(process->waits[i].object, wait->object) &&
		    same_text(process->waits[i].syscall, wait->syscall))
			return false;
	return true;
}

void find_contended_lock(struct finding_look *look)
{
	const struct process *process = look->process;
	char who[WHO_TEXT], threads[UNITS_TEXT], total[UNITS_TEXT], waits[UNITS_TEXT];

	if (process->threads_max < MEMBERS_LEAST)
		return;
	for (size_t i = 0; i < process->wait_count; i++) {
		const struct wait *lock = &process->waits[i];
		struct finding *finding;
		struct lock sum;

		if (!is_lock(lock) || lock->total < look->rule->least.time ||
		    !is_first_of_lock(process, i))
			continue;
		sum = sum_of_lock(process, lock);
		if (sum.waits < look->rule->least.count ||
		    !look__is_much(look, sum.total, sum.lifetime))
			continue;
		finding = look__add(look, NULL, sum.total);
		finding__figure(finding, "waited_ns", (double)sum.total);
		finding__figure(finding, "lifetime_ns", (double)sum.lifetime);
		finding__figure(finding, "waits", (double)sum.waits);
		finding__figure(finding, "threads", (double)sum.threads);
		look__say(look, finding,
			  "a lock serialises %s: %s of its threads waited for it %s times, %s in "
			  "all (%.1f%% of their time), in %s%s%s",
			  look__who(look, NULL, who), units__count(sum.threads, threads),
			  units__count(sum.waits, waits), units__time(sum.total, total),
			  100.0 * (double)sum.total / (double)sum.lifetime,
			  lock->syscall ? lock->syscall : "no call", lock->object ? " on " : "",
			  lock->object ? lock->object : "");
	}
}

/* ---------------------------------------------------------------------------- waiting for a CPU */

struct processor_time {
	struct account account;
	uint64_t wakeups, involuntary;
};

static struct processor_time time_of_known(const struct process *process)
{
	struct processor_time sum = {.wakeups = 0};

	for (size_t i = 0; i < process->thread_count; i++) {
		const struct thread *thread = &process->threads[i];

		if (!thread__is_known(thread))
			continue;
		sum.account.running += thread->account.running;
		sum.account.runnable += thread->account.runnable;
		sum.account.preempted += thread->account.preempted;
		sum.account.blocked += thread->account.blocked;
		sum.account.idle += thread->account.idle;
		sum.account.lifetime += thread->account.lifetime;
		sum.wakeups += thread->wakeups;
		sum.involuntary += thread->involuntary;
	}
	return sum;
}

void find_run_queue_delay(struct finding_look *look)
{
	struct processor_time sum = time_of_known(look->process);
	const struct account *account = &sum.account;
	uint64_t blocking = account->blocked - account->idle;
	char who[WHO_TEXT], delay[UNITS_TEXT], blocked[UNITS_TEXT], wakeups[UNITS_TEXT];
	struct finding *finding;

	if (sum.wakeups < look->rule->least.count || account->runnable <= blocking ||
	    !look__is_much(look, account->runnable, account->lifetime - account->idle))
		return;
	finding = look__add(look, NULL, account->runnable);
	finding__figure(finding, "runnable_ns", (double)account->runnable);
	finding__figure(finding, "blocking_ns", (double)blocking);
	finding__figure(finding, "active_ns", (double)(account->lifetime - account->idle));
	finding__figure(finding, "wakeups", (double)sum.wakeups);
	look__say(look, finding,
		  "%s waited longer for a CPU than for anything else: %s after %s wakeups (%.1f%% "
		  "of its active time), and %s blocked; the CPUs are the bottleneck",
		  look__who(look, NULL, who), units__time(account->runnable, delay),
		  units__count(sum.wakeups, wakeups),
		  100.0 * (double)account->runnable / (double)(account->lifetime - account->idle),
		  blocking ? units__time(blocking, blocked) : "never");
}

/* Forced switches in each second on a CPU: slices are below 1 ms on average. */
#define STORM_A_SECOND 1000

void find_preemption_storm(struct finding_look *look)
{
	struct processor_time sum = time_of_known(look->process);
	const struct account *account = &sum.account;
	double rate = (double)sum.involuntary * (double)NS_PER_S / (double)(account->running + 1);
	char who[WHO_TEXT], switches[UNITS_TEXT], off[UNITS_TEXT];
	struct finding *finding;

	if (sum.involuntary < look->rule->least.count || rate < STORM_A_SECOND ||
	    !look__is_much(look, account->preempted, account->lifetime - account->idle))
		return;
	finding = look__add(look, NULL, account->preempted);
	finding__figure(finding, "preempted_ns", (double)account->preempted);
	finding__figure(finding, "running_ns", (double)account->running);
	finding__figure(finding, "involuntary_switches", (double)sum.involuntary);
	finding__figure(finding, "switches_per_running_second", rate);
	look__say(look, finding,
		  "%s was taken off its CPU (or yielded it) %s times, %.0f times in each second "
		  "that it ran, and stood still for %s with work to do",
		  look__who(look, NULL, who), units__count(sum.involuntary, switches), rate,
		  units__time(account->preempted, off));
}
