// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "commands/models_figures.h"
#include "commands/truth.h"
#include "names/syscall_traits.h"

/* What is added up over the threads that a run is about. */
struct sums {
	uint64_t switches, syscalls, refused, running;
};

static void add_thread(struct sums *sums, const struct thread *thread)
{
	sums->switches += thread->voluntary + thread->involuntary;
	sums->running += thread->account.running;
	for (size_t i = 0; i < thread->call_count; i++) {
		sums->syscalls += thread->calls[i].calls;
		sums->refused += thread->calls[i].eagain;
	}
}

static double share(uint64_t part, uint64_t whole)
{
	return whole ? (double)part / (double)whole : NAN;
}

static void fill_per_operation(struct models_row *row, const struct sums *sums, double operations)
{
	double *figures = row->figures;

	figures[FIGURE_OPERATIONS] = operations;
	if (!(operations > 0))
		return;
	figures[FIGURE_SWITCHES_PER_OPERATION] = (double)sums->switches / operations;
	figures[FIGURE_SYSCALLS_PER_OPERATION] = (double)sums->syscalls / operations;
	figures[FIGURE_REFUSED_PER_OPERATION] = (double)sums->refused / operations;
	figures[FIGURE_CPU_PER_OPERATION] = (double)sums->running / operations;
}

/* --- one task, many models: the thread that calls, and those that help it ----------------------
 */

/*
 * Where the caller slept: in the call that does the I/O or submits it, or where it waits for
 * readiness, for completions, or until it tries again. Page faults are neither.
 */
static void fill_caller(struct models_row *row, const struct thread *caller)
{
	uint64_t in_call = 0, in_wait = 0, lifetime = caller->account.lifetime;

	for (size_t i = 0; i < caller->wait_count; i++) {
		const struct wait *wait = &caller->waits[i];

		if (!wait->syscall)
			continue;
		if (syscalls__traits_of(wait->syscall) & (TRAIT_IO | TRAIT_AIO_SUBMIT))
			in_call += wait->total;
		else
			in_wait += wait->total;
	}
	row->figures[FIGURE_IN_CALL] = share(in_call, lifetime);
	row->figures[FIGURE_IN_WAIT] = share(in_wait, lifetime);
	row->figures[FIGURE_ON_CPU] = share(caller->account.running, lifetime);
	row->figures[FIGURE_FOR_CPU] =
		share(caller->account.runnable + caller->account.preempted, lifetime);
}

/* The requests of the API that the run is about; the block layer's have rows of their own. */
static void fill_requests(struct models_row *row, const struct process *process,
			  const struct thread *caller)
{
	const struct requests *most = NULL;
	uint64_t submitted = 0, asleep = 0;

	for (size_t i = 0; i < process->request_count; i++) {
		const struct requests *requests = &process->requests[i];

		if (requests->api == REQUEST_BLOCK)
			continue;
		submitted += requests->submitted;
		asleep += requests->submit_blocked;
		if (!most || requests->submitted > most->submitted)
			most = requests;
	}
	if (!most)
		return;
	row->figures[FIGURE_REQUESTS] = (double)submitted;
	row->figures[FIGURE_SUBMIT_ASLEEP] = share(asleep, caller->account.lifetime);
	if (!histogram__has_quantiles(&most->latency))
		return;
	row->figures[FIGURE_REQUEST_P50] = (double)histogram__quantile(&most->latency, 0.5);
	row->figures[FIGURE_REQUEST_P99] = (double)histogram__quantile(&most->latency, 0.99);
}

static int copy(char **to, const char *text)
{
	*to = text ? strdup(text) : NULL;
	return text && !*to ? -ENOMEM : 0;
}

static int fill_verdict(struct models_row *row, const struct verdict *verdict)
{
	free(row->why);
	row->model = verdict->model;
	return copy(&row->why, verdict->why);
}

static int fill_stated(struct models_row *row, struct json_object *truth)
{
	double *figures = row->figures;

	figures[FIGURE_WALL] = truth__number(truth, "wall_ns");
	figures[FIGURE_FIRST_RESULT] = truth__number(truth, "first_result_ns");
	figures[FIGURE_LAST_RESULT] = truth__number(truth, "last_result_ns");
	figures[FIGURE_IN_FLIGHT] = truth__number(truth, "max_in_flight");
	figures[FIGURE_LATENCY_P50] = truth__number(truth, "latency.p50_ns");
	figures[FIGURE_LATENCY_P99] = truth__number(truth, "latency.p99_ns");
	if (copy(&row->delivery, truth__word(truth, "delivery")))
		return -ENOMEM;
	return copy(&row->completion_is, truth__word(truth, "completion_is"));
}

static int fill_task(struct models_row *row, const struct process *process,
		     struct json_object *truth)
{
	int caller_tid = (int)truth__number(truth, "waiter_tid");
	double partner = truth__number(truth, "partner_tid");
	const struct thread *caller = NULL;
	struct sums sums = {0};

	/* the main thread only waits for the others; the partner feeds them */
	for (size_t i = 0; i < process->thread_count; i++) {
		const struct thread *thread = &process->threads[i];

		if (thread->tid == process->pid || (double)thread->tid == partner)
			continue;
		if (thread->tid == caller_tid)
			caller = thread;
		add_thread(&sums, thread);
	}
	if (!caller)
		return -ENOENT;
	fill_caller(row, caller);
	fill_requests(row, process, caller);
	fill_per_operation(row, &sums, truth__number(truth, "operations"));
	row->figures[FIGURE_THREADS] = (double)process->threads_max - (isfinite(partner) ? 2 : 1);
	if (fill_verdict(row, &caller->verdict))
		return -ENOMEM;
	return fill_stated(row, truth);
}

/* --- the service --------------------------------------------------------------------------------
 */

static double grown(struct json_object *truth, const char *before, const char *after)
{
	double more = truth__number(truth, after) - truth__number(truth, before);

	return more > 0 ? more : 0;
}

/*
 * What of the memory grows with the connections: of the server what no other process shares, its
 * page tables, and kernel stacks. Sockets are left out, which are the same for all servers, and of
 * which the client has as many on this machine. Where each connection has a process of its own, the
 * server states the memory of one of these.
 */
static double memory_per_connection(const struct models_row *row, struct json_object *truth)
{
	double connections = truth__number(truth, "connections_max"), private, tables, stacks;

	stacks = grown(truth, "memory.system_kernel_stacks_before_bytes",
		       "memory.system_kernel_stacks_bytes");
	if (!(connections > 0))
		return NAN;
	if (row->expected_structure == STRUCTURE_PROCESS_PER_CONNECTION)
		return truth__number(truth, "memory.private_bytes") +
		       truth__number(truth, "memory.page_tables_bytes") + stacks / connections;
	private = grown(truth, "memory.private_before_bytes", "memory.private_bytes");
	tables = grown(truth, "memory.page_tables_before_bytes", "memory.page_tables_bytes");
	return (private + tables + stacks) / connections;
}

static int fill_service(struct models_row *row, const struct profile *profile,
			struct json_object *truth, struct json_object *client)
{
	double *figures = row->figures;
	uint64_t threads = 0;
	struct sums sums = {0};

	for (size_t i = 0; i < profile->process_count; i++) {
		const struct process *process = &profile->processes[i];

		threads += process->threads_max;
		for (size_t j = 0; j < process->thread_count; j++)
			add_thread(&sums, &process->threads[j]);
	}
	fill_per_operation(row, &sums, truth__number(truth, "requests"));
	figures[FIGURE_THREADS] = (double)threads;
	figures[FIGURE_PROCESSES] = (double)profile->process_count;
	figures[FIGURE_CONNECTIONS] = truth__number(truth, "connections");
	figures[FIGURE_MEMORY_PER_CONNECTION] = memory_per_connection(row, truth);
	figures[FIGURE_LATENCY_P50] = truth__number(client, "latency.p50_ns");
	figures[FIGURE_LATENCY_P99] = truth__number(client, "latency.p99_ns");
	figures[FIGURE_THROUGHPUT] = truth__number(client, "requests_per_s");
	return 0;
}

/* --- threads that wait, and what overlaps
 * -------------------------------------------------------- */

static int fill_threads(struct models_row *row, const struct process *process,
			struct json_object *truth)
{
	double threads = truth__number(truth, "threads");
	double *figures = row->figures;

	figures[FIGURE_THREADS] = (double)process->threads_max - 1;
	figures[FIGURE_STACK_RESERVED] = truth__number(truth, "stack_reserved_bytes");
	figures[FIGURE_STACK_RESIDENT] =
		threads * truth__number(truth, "memory_per_thread.user_bytes");
	figures[FIGURE_KERNEL_MEMORY] =
		threads * (truth__number(truth, "memory_per_thread.total_bytes") -
			   truth__number(truth, "memory_per_thread.user_bytes"));
	if (process->cost.kernel_stack)
		figures[FIGURE_KERNEL_STACK] = (double)process->cost.kernel_stack;
	figures[FIGURE_CREATION] = truth__number(truth, "creating_ns");
	figures[FIGURE_CREATION_PER_THREAD] = figures[FIGURE_CREATION] / threads;
	return 0;
}

/*
 * The same as of a whole process (docs/definitions.md), but of the threads that do the work alone:
 * the partner that makes them wait is in the process, too. The maxima are the program's.
 */
static int fill_overlap(struct models_row *row, const struct process *process,
			struct json_object *truth)
{
	double partner = truth__number(truth, "partner_tid"), *figures = row->figures;
	uint64_t outstanding = 0, running = 0, first = UINT64_MAX, last = 0, workers = 0;

	for (size_t i = 0; i < process->thread_count; i++) {
		const struct thread *thread = &process->threads[i];

		if (thread->tid == process->pid || (double)thread->tid == partner)
			continue;
		workers++;
		running += thread->account.running;
		first = thread->start < first ? thread->start : first;
		last = thread->end > last ? thread->end : last;
		for (size_t j = 0; j < thread->wait_count; j++)
			if (wait__is_operation(&thread->waits[j]))
				outstanding += thread->waits[j].total;
	}
	for (size_t i = 0; i < process->request_count; i++)
		if (process->requests[i].api != REQUEST_BLOCK)
			outstanding += process->requests[i].inflight_total;
	if (!workers)
		return -ENOENT;
	figures[FIGURE_OPERATIONS] = truth__number(truth, "operations");
	figures[FIGURE_WALL] = truth__number(truth, "wall_ns");
	figures[FIGURE_THREADS] = (double)workers;
	figures[FIGURE_CONCURRENCY] = share(outstanding, last - first);
	figures[FIGURE_PARALLELISM] = share(running, last - first);
	figures[FIGURE_CONCURRENCY_MAX] = truth__number(truth, "concurrency_max");
	figures[FIGURE_PARALLELISM_MAX] = truth__number(truth, "parallelism_max");
	return 0;
}

/* --- all of them -------------------------------------------------------------------------------
 */

static double operations_of(const struct process *process)
{
	double operations = 0;

	for (size_t i = 0; i < process->verdict.share_count; i++)
		operations += (double)process->verdict.shares[i].operations;
	return operations;
}

/*
 * The process whose verdict tells what a server is: itself, or, where each connection has a process
 * of its own, the one of all that did the most I/O. (It only accepts, then; seldom, if they are
 * few.)
 */
static const struct process *judged(const struct models_row *row, const struct profile *profile,
				    const struct process *server)
{
	const struct process *most = server;

	if (row->expected_structure != STRUCTURE_PROCESS_PER_CONNECTION)
		return server;
	for (size_t i = 0; i < profile->process_count; i++)
		if (operations_of(&profile->processes[i]) > operations_of(most))
			most = &profile->processes[i];
	return most;
}

static const struct process *find_process(const struct profile *profile, int pid)
{
	for (size_t i = 0; i < profile->process_count; i++)
		if (profile->processes[i].pid == pid)
			return &profile->processes[i];
	return NULL;
}

static int fill_group(struct models_row *row, const struct profile *profile,
		      const struct process *process, struct json_object *truth,
		      struct json_object *client)
{
	switch (row->group) {
	case GROUP_RECEIVE:
	case GROUP_FILE:
		return fill_task(row, process, truth);
	case GROUP_SERVICE:
		return fill_service(row, profile, truth, client);
	case GROUP_THREADS:
		return fill_threads(row, process, truth);
	case GROUP_OVERLAP:
		return fill_overlap(row, process, truth);
	case GROUPS:
		break;
	}
	return -EINVAL;
}

int models_figures__fill(struct models_row *row, const struct profile *profile,
			 struct json_object *truth, struct json_object *client)
{
	double pid = truth__number(truth, "pid");
	const struct process *process = pid > 0 ? find_process(profile, (int)pid) : NULL;

	if (!process)
		return -ENOENT;
	row->structure = process->structure;
	if (fill_verdict(row, &judged(row, profile, process)
				       ->verdict)) /* of tasks, that of the caller follows */
		return -ENOMEM;
	row->conserved = profile->audit.conserved;
	for (size_t i = 0; i < profile->audit.lost_count; i++)
		row->lost += profile->audit.lost[i].count;
	return fill_group(row, profile, process, truth, client);
}
