// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "judge/structure.h"

#include <string.h>

#include "judge/loops.h"
#include "judge/lost.h"
#include "judge/thresholds.h"
#include "names/syscall_traits.h"
#include "names/words.h"

/* ---------------------------------------------------------------------- what one thread does */

static uint64_t busy(const struct account *account)
{
	return account->running + account->runnable + account->preempted;
}

/* Sleeps in which the thread works on, through a device. */
static uint64_t asleep_at_work(const struct thread *thread)
{
	uint64_t time = 0;

	for (size_t i = 0; i < thread->wait_count; i++) {
		const struct wait *wait = &thread->waits[i];

		if (wait->class == CLASS_DISK || wait->class == CLASS_FAULT ||
		    wait->class == CLASS_AIO || wait->class == CLASS_IO_URING)
			time += wait->total;
	}
	return time;
}

static uint64_t operations(const struct thread *thread)
{
	uint64_t count = 0;

	for (size_t i = 0; i < thread->call_count; i++)
		if (syscalls__traits_of(thread->calls[i].name) & TRAIT_IO)
			count += thread->calls[i].calls - thread->calls[i].eagain;
	return count;
}

struct sleeps {
	uint64_t count, total; /* ns */
};

static void add_sleep(struct sleeps *sleeps, const struct wait *wait)
{
	sleeps->count += wait->count;
	sleeps->total += wait->total;
}

static struct sleeps sleeps_on_queues(const struct thread *thread)
{
	struct sleeps sleeps = {0, 0};

	for (size_t i = 0; i < thread->wait_count; i++)
		if (thread->waits[i].class == CLASS_LOCK &&
		    thread->waits[i].futex == FUTEX_USE_QUEUE)
			add_sleep(&sleeps, &thread->waits[i]);
	return sleeps;
}

static bool accepts(const struct thread *thread)
{
	for (size_t i = 0; i < thread->call_count; i++)
		if (words__have("accept accept4", thread->calls[i].name))
			return true;
	for (size_t i = 0; i < thread->wait_count; i++)
		if (words__have("accept accept4", thread->waits[i].syscall))
			return true;
	return false;
}

/* Sleeps in a call on a socket that is connected with somebody. */
static struct sleeps sleeps_on_connections(const struct thread *thread)
{
	struct sleeps sleeps = {0, 0};

	for (size_t i = 0; i < thread->wait_count; i++) {
		const struct wait *wait = &thread->waits[i];

		if (wait->object_kind == OBJECT_SOCKET && wait->class != CLASS_MULTIPLEX &&
		    !words__have("accept accept4 connect", wait->syscall))
			add_sleep(&sleeps, wait);
	}
	return sleeps;
}

/* How long it waits for a CPU is the machine's affair, and says nothing of how much it does. */
static uint64_t at_work(const struct thread *thread)
{
	return thread->account.running + asleep_at_work(thread);
}

uint64_t structure__work(const struct process *process)
{
	uint64_t work = 0;

	for (size_t i = 0; i < process->thread_count; i++)
		work += at_work(&process->threads[i]);
	return work;
}

static bool is_active(const struct thread *thread, uint64_t work)
{
	return operations(thread) >= OPERATIONS_LEAST ||
	       (double)at_work(thread) >= ACTIVE_SHARE * (double)work;
}

static bool is_loop(const struct profile *profile, const struct thread *thread)
{
	const struct loop *loop = thread__main_loop(thread);
	uint64_t sleeps, others = 0;
	const char *call;

	if (profile->tier == TIER_FULL)
		return loop && !loop__polls(loop);
	sleeps = thread__multiplex_sleeps(thread, &call);
	for (size_t i = 0; i < thread->wait_count; i++)
		if (thread->waits[i].class != CLASS_MULTIPLEX)
			others += thread->waits[i].count;
	return sleeps >= LOOP_RETURNS_LEAST && sleeps >= others;
}

/*
 * A connection's thread rests on its socket, and a worker on its queue. Both may sleep on both: the
 * first for an interpreter's lock, which looks like a queue, the second in its jobs.
 */
static bool is_for_connection(const struct thread *thread)
{
	struct sleeps queue = sleeps_on_queues(thread), own = sleeps_on_connections(thread);

	return own.count && (own.count >= queue.count || own.total >= queue.total) &&
	       !accepts(thread);
}

enum thread_role structure__role(const struct profile *profile, const struct thread *thread,
				 uint64_t work)
{
	uint64_t rests;

	if (thread->kernel_thread || thread->io_worker)
		return ROLE_IDLE;
	if (is_loop(profile, thread))
		return ROLE_LOOP;
	if (is_for_connection(thread))
		return ROLE_CONNECTION;
	if (!is_active(thread, work))
		return ROLE_IDLE;
	rests = sleeps_on_queues(thread).count;
	if (rests >= QUEUE_SLEEPS_LEAST)
		return ROLE_WORKER;
	if ((double)(busy(&thread->account) + asleep_at_work(thread)) >=
	    PARALLEL_SHARE * (double)thread->account.lifetime)
		return ROLE_WORKING;
	return rests ? ROLE_WORKER : ROLE_OTHER;
}

/* ------------------------------------------------------------------------------ one process */

struct census {
	size_t threads[ROLES];
	uint64_t socket_calls, connection_calls; /* of all threads; of those of connections */
	bool accepts, serves;
	bool unreliable;
};

static uint64_t calls_on_sockets(const struct thread *thread)
{
	uint64_t count = sleeps_on_connections(thread).count;

	for (size_t i = 0; i < thread->call_count; i++)
		if (words__have("recvfrom recv recvmsg sendto send sendmsg", thread->calls[i].name))
			count += thread->calls[i].calls;
	return count;
}

/* Of a socket that a client has connected to, the object names both sides. */
static bool serves(const struct thread *thread)
{
	for (size_t i = 0; i < thread->wait_count; i++)
		if (thread->waits[i].object_kind == OBJECT_SOCKET && thread->waits[i].object &&
		    strstr(thread->waits[i].object, " <- "))
			return true;
	return false;
}

static void take_census(struct census *census, const struct profile *profile,
			const struct process *process)
{
	uint64_t work = structure__work(process);

	*census = (struct census){.accepts = false};
	for (size_t i = 0; i < process->thread_count; i++) {
		const struct thread *thread = &process->threads[i];
		enum thread_role role = structure__role(profile, thread, work);

		census->threads[role]++;
		census->socket_calls += calls_on_sockets(thread);
		if (role == ROLE_CONNECTION)
			census->connection_calls += calls_on_sockets(thread);
		census->accepts |= accepts(thread);
		census->serves |= serves(thread);
		census->unreliable |= role != ROLE_IDLE && thread__is_unreliable(thread);
	}
}

static bool has_threads_for_connections(const struct census *census)
{
	return census->threads[ROLE_CONNECTION] >= MEMBERS_LEAST &&
	       (census->accepts || census->serves) &&
	       (double)census->connection_calls >= CONNECTION_SHARE * (double)census->socket_calls;
}

static enum structure structure_of(const struct census *census)
{
	size_t workers = census->threads[ROLE_WORKER], working = census->threads[ROLE_WORKING];
	size_t rest = census->threads[ROLE_OTHER] + census->threads[ROLE_CONNECTION];

	if (has_threads_for_connections(census))
		return STRUCTURE_THREAD_PER_CONNECTION;
	/* a worker that finds work all the time has no rest to be known by */
	if (census->threads[ROLE_LOOP] && (workers || working))
		return STRUCTURE_EVENT_LOOP_POOL;
	if (census->threads[ROLE_LOOP])
		return census->threads[ROLE_LOOP] == 1 ? STRUCTURE_EVENT_LOOP
						       : STRUCTURE_EVENT_LOOPS;
	if (workers >= MEMBERS_LEAST)
		return STRUCTURE_WORKER_POOL;
	if (working >= MEMBERS_LEAST)
		return STRUCTURE_PARALLEL;
	return workers + working + rest == 1 ? STRUCTURE_SEQUENTIAL : STRUCTURE_UNKNOWN;
}

/* -------------------------------------------------------------------- several processes */

static bool process_serves_connection(const struct process *process)
{
	uint64_t sleeps = 0, calls = 0;

	for (size_t i = 0; i < process->thread_count; i++) {
		if (accepts(&process->threads[i]) || thread__main_loop(&process->threads[i]))
			return false;
		sleeps += sleeps_on_connections(&process->threads[i]).count;
		calls += calls_on_sockets(&process->threads[i]);
	}
	return sleeps && calls;
}

static bool process_accepts(const struct process *process)
{
	for (size_t i = 0; i < process->thread_count; i++)
		if (accepts(&process->threads[i]))
			return true;
	return false;
}

static void judge_family(struct profile *profile, struct process *parent)
{
	size_t children = 0;

	if (!process_accepts(parent))
		return;
	for (size_t i = 0; i < profile->process_count; i++)
		children += profile->processes[i].ppid == parent->pid &&
			    process_serves_connection(&profile->processes[i]);
	if (children < MEMBERS_LEAST)
		return;
	parent->structure = STRUCTURE_PROCESS_PER_CONNECTION;
	for (size_t i = 0; i < profile->process_count; i++)
		if (profile->processes[i].ppid == parent->pid &&
		    process_serves_connection(&profile->processes[i]))
			profile->processes[i].structure = STRUCTURE_PROCESS_PER_CONNECTION;
}

void structure__judge(struct profile *profile)
{
	for (size_t i = 0; i < profile->process_count; i++) {
		struct process *process = &profile->processes[i];
		struct census census;

		if (process->kernel_thread)
			continue;
		take_census(&census, profile, process);
		if (!census.unreliable)
			process->structure = structure_of(&census);
	}
	for (size_t i = 0; i < profile->process_count; i++)
		judge_family(profile, &profile->processes[i]);
}
