// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the threads of a process add up to. */
#include <errno.h>
#include <stdlib.h>

#include "collect/gather_rows.h"
#include "collect/process_sums.h"
#include "names/syscall_traits.h"

static int add_up_waits(struct process *process)
{
	size_t total = 0;
	int err = 0;

	for (size_t i = 0; i < process->thread_count; i++)
		total += process->threads[i].wait_count;
	process->waits = calloc(total + 1, sizeof(*process->waits));
	if (!process->waits)
		return -ENOMEM;
	for (size_t i = 0; i < process->thread_count; i++)
		for (size_t j = 0; j < process->threads[i].wait_count && !err; j++)
			err = wait__copy(&process->waits[process->wait_count++],
					 &process->threads[i].waits[j]);
	if (!err)
		err = waits__merge(process->waits, &process->wait_count);
	qsort(process->waits, process->wait_count, sizeof(*process->waits), waits__by_harm);
	return err;
}

static int add_up_calls(struct process *process)
{
	size_t total = 0;
	int err = 0;

	for (size_t i = 0; i < process->thread_count; i++)
		total += process->threads[i].call_count;
	process->calls = calloc(total + 1, sizeof(*process->calls));
	if (!process->calls)
		return -ENOMEM;
	for (size_t i = 0; i < process->thread_count; i++)
		for (size_t j = 0; j < process->threads[i].call_count && !err; j++)
			err = call__copy(&process->calls[process->call_count++],
					 &process->threads[i].calls[j]);
	if (!err)
		err = calls__merge(process->calls, &process->call_count);
	qsort(process->calls, process->call_count, sizeof(*process->calls), calls__by_total);
	return err;
}

static int add_up_attempts(struct process *process)
{
	size_t total = 0;
	int err = 0;

	for (size_t i = 0; i < process->thread_count; i++)
		total += process->threads[i].attempt_count;
	process->attempts = calloc(total + 1, sizeof(*process->attempts));
	if (!process->attempts)
		return -ENOMEM;
	for (size_t i = 0; i < process->thread_count; i++)
		for (size_t j = 0; j < process->threads[i].attempt_count && !err; j++)
			err = attempts__copy(&process->attempts[process->attempt_count++],
					     &process->threads[i].attempts[j]);
	if (!err)
		err = attempts__merge(process->attempts, &process->attempt_count);
	qsort(process->attempts, process->attempt_count, sizeof(*process->attempts),
	      attempts__by_refusals);
	return err;
}

static int compare_instants(const void *a, const void *b)
{
	const int64_t *left = a, *right = b;
	int64_t left_at = *left < 0 ? -*left : *left, right_at = *right < 0 ? -*right : *right;

	if (left_at != right_at)
		return left_at < right_at ? -1 : 1;
	return (*left > *right) - (*left < *right); /* an end before a start at the same instant */
}

/* Most threads alive at once: starts are positive, ends negative. */
static int count_threads(struct process *process)
{
	int64_t *instants = calloc(2 * process->thread_count, sizeof(*instants));
	size_t alive = 0;

	if (!instants)
		return -ENOMEM;
	for (size_t i = 0; i < process->thread_count; i++) {
		instants[2 * i] = (int64_t)process->threads[i].start + 1;
		instants[2 * i + 1] = -((int64_t)process->threads[i].end + 1);
	}
	qsort(instants, 2 * process->thread_count, sizeof(*instants), compare_instants);
	for (size_t i = 0; i < 2 * process->thread_count; i++) {
		alive += instants[i] < 0 ? -1 : 1;
		if (alive > process->threads_max)
			process->threads_max = alive;
	}
	free(instants);
	return 0;
}

static void add_account(struct account *to, const struct account *from)
{
	to->running += from->running;
	to->user += from->user;
	to->kernel += from->kernel;
	to->split = to->split || from->split;
	to->runnable += from->runnable;
	to->preempted += from->preempted;
	to->blocked += from->blocked;
	to->unknown += from->unknown;
	to->idle += from->idle;
	to->lifetime += from->lifetime;
}

static int by_blocking(const struct account *left, const struct account *right)
{
	uint64_t left_harm = left->blocked - left->idle, right_harm = right->blocked - right->idle;

	return (left_harm < right_harm) - (left_harm > right_harm);
}

static int threads_by_blocking(const void *a, const void *b)
{
	return by_blocking(&((const struct thread *)a)->account,
			   &((const struct thread *)b)->account);
}

static int processes_by_blocking(const void *a, const void *b)
{
	return by_blocking(&((const struct process *)a)->account,
			   &((const struct process *)b)->account);
}

/* ns asleep in operations. Those of a helper of POSIX AIO are behind requests, which count. */
static double operating_time(const struct thread *thread)
{
	double sum = 0;

	for (size_t i = 0; i < thread->wait_count && !thread->aio_helper; i++)
		if (wait__is_operation(&thread->waits[i]))
			sum += (double)thread->waits[i].total;
	return sum;
}

/* Means over the life of the process; block requests are behind an operation that counts already.
 */
static void fill_levels(struct process *process)
{
	double life = (double)process->lifetime, operating = 0, alive = 0;

	if (life <= 0)
		return;
	for (size_t i = 0; i < process->thread_count; i++)
		operating += operating_time(&process->threads[i]);
	for (size_t i = 0; i < process->request_count; i++) {
		struct requests *requests = &process->requests[i];

		requests->inflight_mean = (double)requests->inflight_total / life;
		if (requests->operation_outstanding)
			operating += (double)requests->inflight_total;
	}
	for (size_t i = 0; i < process->thread_count; i++)
		alive += (double)(process->threads[i].end - process->threads[i].start);
	process->concurrency.mean = operating / life;
	process->parallelism.mean = (double)process->account.running / life;
	process->cost.threads_mean = alive / life;
}

static void add_up_operations(struct process *process)
{
	struct cost *cost = &process->cost;

	for (size_t i = 0; i < process->call_count; i++) {
		const struct call *call = &process->calls[i];

		if (!(syscalls__traits_of(call->name) & TRAIT_IO))
			continue;
		cost->operations += call->calls - call->eagain;
		cost->bytes += call->bytes;
	}
	for (size_t i = 0; i < process->request_count; i++) {
		/* block requests are behind an operation that counts; those of POSIX AIO are calls
		 * of its helper threads, which are counted above */
		if (process->requests[i].api == REQUEST_BLOCK ||
		    process->requests[i].api == REQUEST_POSIX_AIO)
			continue;
		cost->operations += process->requests[i].completed;
		cost->bytes += process->requests[i].bytes;
	}
	for (size_t i = 0; i < process->thread_count; i++)
		cost->major_faults += process->threads[i].major_faults;
}

int process__add_up(struct process *process)
{
	uint64_t first = UINT64_MAX, last = 0;
	int err;

	for (size_t i = 0; i < process->thread_count; i++) {
		const struct thread *thread = &process->threads[i];

		add_account(&process->account, &thread->account);
		process->voluntary += thread->voluntary;
		process->involuntary += thread->involuntary;
		first = thread->start < first ? thread->start : first;
		last = thread->end > last ? thread->end : last;
	}
	process->lifetime = last - first;
	err = count_threads(process);
	if (!err)
		err = add_up_waits(process);
	if (!err)
		err = add_up_calls(process);
	if (!err)
		err = add_up_attempts(process);
	if (!err) {
		fill_levels(process);
		add_up_operations(process);
	}
	qsort(process->threads, process->thread_count, sizeof(*process->threads),
	      threads_by_blocking);
	return err;
}

void processes__sort(struct process *processes, size_t count)
{
	if (count)
		qsort(processes, count, sizeof(*processes), processes_by_blocking);
}
