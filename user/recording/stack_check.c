// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The stacks of a recording against what its events add up to. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "recording/stack_rows.h"

/* What a thread was blocked, by one side or the other. Ids are used again: all that had one count
 * together. */
struct thread_sum {
	int pid, tid;
	uint64_t here, there; /* by the events, by the stacks */
};

struct thread_sums {
	struct thread_sum *sums;
	size_t count;
};

static int by_thread(const void *a, const void *b)
{
	const struct thread_sum *left = a, *right = b;

	if (left->pid != right->pid)
		return left->pid < right->pid ? -1 : 1;
	return (left->tid > right->tid) - (left->tid < right->tid);
}

static size_t count_threads(const struct profile *profile)
{
	size_t count = 0;

	for (size_t i = 0; i < profile->process_count; i++)
		count += profile->processes[i].thread_count;
	return count;
}

static void list_threads(struct thread_sums *sums, const struct process *process)
{
	for (size_t i = 0; i < process->thread_count; i++)
		sums->sums[sums->count++] =
			(struct thread_sum){.pid = process->pid,
					    .tid = process->threads[i].tid,
					    .here = process->threads[i].account.blocked};
}

static void list_stacks(struct thread_sums *sums, const struct stacks *stacks)
{
	for (size_t i = 0; i < stacks->count; i++) {
		const struct stack *row = &stacks->rows[i];

		if (row->kind == STACK_KIND_WAIT)
			sums->sums[sums->count++] = (struct thread_sum){
				.pid = row->pid, .tid = row->tid, .there = row->ns};
	}
}

static void add_up(struct thread_sums *sums)
{
	size_t kept = 0;

	if (!sums->count)
		return;
	qsort(sums->sums, sums->count, sizeof(*sums->sums), by_thread);
	for (size_t i = 1; i < sums->count; i++) {
		if (by_thread(&sums->sums[kept], &sums->sums[i]) != 0) {
			sums->sums[++kept] = sums->sums[i];
			continue;
		}
		sums->sums[kept].here += sums->sums[i].here;
		sums->sums[kept].there += sums->sums[i].there;
	}
	sums->count = kept + 1;
}

static void compare(const struct thread_sums *sums, struct rebuild_check *check)
{
	for (size_t i = 0; i < sums->count; i++) {
		const struct thread_sum *sum = &sums->sums[i];

		check->compared++;
		if (sum->here == sum->there)
			continue;
		check->different++;
		if (!check->first[0])
			snprintf(check->first, sizeof(check->first),
				 "stacks of thread %d: %llu ns blocked here, %llu there", sum->tid,
				 (unsigned long long)sum->here, (unsigned long long)sum->there);
	}
}

int stacks__compare(const struct stacks *stacks, const struct profile *profile,
		    struct rebuild_check *check)
{
	struct thread_sums sums = {
		.sums = calloc(count_threads(profile) + stacks->count + 1, sizeof(*sums.sums))};

	if (!sums.sums)
		return -ENOMEM;
	for (size_t i = 0; i < profile->process_count; i++)
		list_threads(&sums, &profile->processes[i]);
	list_stacks(&sums, stacks);
	add_up(&sums);
	compare(&sums, check);
	free(sums.sums);
	return 0;
}
