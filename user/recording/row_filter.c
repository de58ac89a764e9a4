// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "recording/row_filter.h"

void row_filter__clear(struct row_filter *filter)
{
	free(filter->pids.ids);
	free(filter->tids.ids);
	*filter = (struct row_filter){0};
}

bool row_filter__selects(const struct row_filter *filter)
{
	return filter->pids.count || filter->tids.count || filter->name_count;
}

static bool has_id(const struct ids *ids, uint32_t id)
{
	for (size_t i = 0; i < ids->count; i++)
		if ((uint32_t)ids->ids[i] == id)
			return true;
	return false;
}

bool row_filter__has(const struct row_filter *filter, uint32_t tgid, uint32_t tid)
{
	return !row_filter__selects(filter) || has_id(&filter->pids, tgid) ||
	       has_id(&filter->tids, tid);
}

static bool has_name(const struct row_filter *filter, const char comm[RECORDS_COMM])
{
	for (size_t i = 0; i < filter->name_count; i++)
		if (!strncmp(filter->names[i], comm, RECORDS_COMM))
			return true;
	return false;
}

static int add_id(struct ids *ids, uint32_t id)
{
	int *grown;

	if (has_id(ids, id))
		return 0;
	grown = reallocarray(ids->ids, ids->count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	grown[ids->count++] = (int)id;
	ids->ids = grown;
	return 0;
}

int row_filter__find_names(struct row_filter *filter, const struct sources *sources)
{
	const struct rows *rows = &sources->pools[POOL_THREADS];
	int err = 0;

	for (uint32_t i = 1; i <= rows->used && filter->name_count && !err; i++) {
		const struct thread_row *row = rows__at(rows, i);

		if (row->task && row->tid == row->tgid && has_name(filter, row->comm))
			err = add_id(&filter->pids, row->tgid);
	}
	return err;
}

/* Rows of a recording that was read: they are nobody else's. */
static void *row_at(const struct rows *rows, uint32_t number)
{
	return (void *)rows__at(rows, number);
}

static void drop_requests(const struct row_filter *filter, const struct sources *sources)
{
	const struct rows *processes = &sources->pools[POOL_PROCESSES];
	const struct rows *requests = &sources->pools[POOL_REQUESTS];

	for (uint32_t i = 1; i <= requests->used; i++) {
		struct request_row *row = row_at(requests, i);
		const struct process_row *process = rows__at(processes, row->key.process);

		if (!row->key.process || !has_id(&filter->pids, process->tgid))
			memset(row, 0, sizeof(*row));
	}
	for (uint32_t i = 1; i <= processes->used; i++) {
		struct process_row *row = row_at(processes, i);

		if (!has_id(&filter->pids, row->tgid))
			row->tgid = 0;
	}
}

size_t row_filter__apply(const struct row_filter *filter, struct sources *sources)
{
	const struct rows *threads = &sources->pools[POOL_THREADS];
	const struct rows *loops = &sources->pools[POOL_LOOPS];
	size_t left = 0;

	for (uint32_t i = 1; i <= threads->used; i++) {
		struct thread_row *row = row_at(threads, i);

		if (row->task && !row_filter__has(filter, row->tgid, row->tid))
			row->task = 0;
		left += row->task != 0;
	}
	for (uint32_t i = 1; i <= loops->used; i++) {
		struct loop_row *row = row_at(loops, i);
		const struct thread_row *thread =
			row->thread <= threads->used ? rows__at(threads, row->thread) : NULL;

		if (!thread || !thread->task)
			row->thread = 0;
	}
	drop_requests(filter, sources);
	return left;
}

static size_t keep_waits(const struct row_filter *filter, struct wait *waits, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (filter->classes & 1U << waits[i].class)
			waits[kept++] = waits[i];
		else
			wait__clear(&waits[i]);
	}
	return kept;
}

void row_filter__keep_classes(const struct row_filter *filter, struct profile *profile)
{
	for (size_t i = 0; i < profile->process_count && filter->classes; i++) {
		struct process *process = &profile->processes[i];

		process->wait_count = keep_waits(filter, process->waits, process->wait_count);
		for (size_t j = 0; j < process->thread_count; j++) {
			struct thread *thread = &process->threads[j];

			thread->wait_count = keep_waits(filter, thread->waits, thread->wait_count);
		}
	}
}

static bool keeps_stack(const void *context, const struct stack *row)
{
	const struct row_filter *filter = context;

	if (!row_filter__has(filter, (uint32_t)row->pid, (uint32_t)row->tid))
		return false;
	return row->kind != STACK_KIND_WAIT || !filter->classes ||
	       filter->classes & 1U << row->class;
}

void row_filter__keep_stacks(const struct row_filter *filter, struct stacks *stacks)
{
	stacks__keep(stacks, keeps_stack, filter);
}
