// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "render/text_rank.h"

/* Run-queue delay or preemption is worth a line from this part of a thread's time on. */
#define LARGE_PART(lifetime) ((lifetime) / 20)
#define LARGE_LEAST	     1000000 /* ns */

/* A family of waits on more objects than this, none of which stands out, becomes one line. */
#define OBJECTS_APART 3

static int compare_text(const char *left, const char *right)
{
	if (!left || !right)
		return (left != NULL) - (right != NULL);
	return strcmp(left, right);
}

#define COMPARE(left, right)                                                                       \
	do {                                                                                       \
		if ((left) != (right))                                                             \
			return (left) < (right) ? -1 : 1;                                          \
	} while (0)

/* Waits of one process that differ in their threads and objects only are one family. */
static int compare_family(const struct rank_member *left, const struct rank_member *right)
{
	COMPARE(left->process, right->process);
	COMPARE(left->wait->idle, right->wait->idle);
	COMPARE(left->wait->class, right->wait->class);
	COMPARE(left->wait->futex, right->wait->futex);
	COMPARE(left->wait->object_kind, right->wait->object_kind);
	return compare_text(left->wait->syscall, right->wait->syscall);
}

static int compare_members(const void *left_data, const void *right_data)
{
	const struct rank_member *left = left_data, *right = right_data;
	int order = compare_family(left, right);

	if (!order)
		order = compare_text(left->wait->object, right->wait->object);
	if (order)
		return order;
	COMPARE(left->thread, right->thread);
	return 0;
}

static int compare_threads(const void *left_data, const void *right_data)
{
	const struct rank_member *left = left_data, *right = right_data;

	COMPARE(left->thread, right->thread);
	return 0;
}

static int compare_groups(const void *left_data, const void *right_data)
{
	const struct rank_group *left = left_data, *right = right_data;

	COMPARE(right->total, left->total);
	COMPARE(left->first, right->first);
	return 0;
}

static int collect_waits(struct rank *rank, const struct profile *profile)
{
	size_t count = 0, threads = 0;

	for (size_t i = 0; i < profile->process_count; i++) {
		const struct process *process = &profile->processes[i];

		threads += process->thread_count;
		for (size_t j = 0; j < process->thread_count; j++)
			count += process->threads[j].wait_count;
	}
	/* each thread may be a member twice more: run-queue delay and preemption */
	rank->members = reallocarray(NULL, count + 2 * threads + 1, sizeof(*rank->members));
	rank->groups = calloc(count + 2 * profile->process_count + 1, sizeof(*rank->groups));
	if (!rank->members || !rank->groups)
		return -ENOMEM;
	for (size_t i = 0; i < profile->process_count; i++) {
		const struct process *process = &profile->processes[i];

		for (size_t j = 0; j < process->thread_count; j++) {
			const struct thread *thread = &process->threads[j];

			for (size_t k = 0; k < thread->wait_count; k++)
				rank->members[rank->member_count++] =
					(struct rank_member){process, thread, &thread->waits[k]};
		}
	}
	return 0;
}

static uint64_t total_of(const struct rank_member *member, enum rank_kind kind)
{
	if (kind == RANK_RUNNABLE)
		return member->thread->account.runnable;
	if (kind == RANK_PREEMPTED)
		return member->thread->account.preempted;
	return member->wait->total;
}

/* Adds up members that are sorted by thread. */
static void add_up(const struct rank *rank, struct rank_group *group)
{
	for (size_t i = group->first; i < group->first + group->size; i++) {
		const struct rank_member *member = &rank->members[i];
		uint64_t total = total_of(member, group->kind);

		if (i == group->first || member->thread != member[-1].thread) {
			group->threads++;
			group->lifetime += member->thread->account.lifetime;
		}
		group->total += total;
		if (!group->most || total > total_of(group->most, group->kind))
			group->most = member;
		if (group->kind == RANK_RUNNABLE) {
			group->count += member->thread->wakeups;
		} else if (group->kind == RANK_PREEMPTED) {
			group->count += member->thread->involuntary;
		} else {
			group->count += member->wait->count;
			group->censored += member->wait->censored;
			group->runqueue += member->wait->runqueue_total;
		}
	}
}

static struct rank_group *begin_group(struct rank *rank, enum rank_kind kind, size_t first,
				      size_t size, size_t objects)
{
	struct rank_group *group = &rank->groups[rank->group_count++];

	*group =
		(struct rank_group){.kind = kind, .first = first, .size = size, .objects = objects};
	return group;
}

/* One group for each object of the family [first, end). Returns the largest of their totals. */
static uint64_t group_by_object(struct rank *rank, size_t first, size_t end)
{
	uint64_t largest = 0;

	while (first < end) {
		const struct wait *wait = rank->members[first].wait;
		struct rank_group *group;
		size_t next = first + 1;

		while (next < end && !compare_text(wait->object, rank->members[next].wait->object))
			next++;
		group = begin_group(rank, wait->idle ? RANK_IDLE : RANK_WAIT, first, next - first,
				    1);
		add_up(rank, group);
		if (group->total > largest)
			largest = group->total;
		first = next;
	}
	return largest;
}

/*
 * A hundred workers that read a hundred sockets are one thing to say; one thread that syncs two
 * files is two.
 */
static void group_family(struct rank *rank, size_t first, size_t end)
{
	size_t before = rank->group_count, objects;
	uint64_t largest = group_by_object(rank, first, end), total = 0;
	enum rank_kind kind = rank->groups[before].kind;

	objects = rank->group_count - before;
	for (size_t i = before; i < rank->group_count; i++)
		total += rank->groups[i].total;
	if (objects <= OBJECTS_APART || largest > total / 2)
		return;
	rank->group_count = before;
	qsort(&rank->members[first], end - first, sizeof(*rank->members), compare_threads);
	add_up(rank, begin_group(rank, kind, first, end - first, objects));
}

static void group_delays(struct rank *rank, const struct process *process, enum rank_kind kind)
{
	size_t first = rank->member_count;

	for (size_t i = 0; i < process->thread_count; i++) {
		struct rank_member member = {process, &process->threads[i], NULL};
		uint64_t total = total_of(&member, kind);

		if (total >= LARGE_LEAST && total >= LARGE_PART(member.thread->account.lifetime))
			rank->members[rank->member_count++] = member;
	}
	if (rank->member_count > first)
		add_up(rank, begin_group(rank, kind, first, rank->member_count - first, 0));
}

int rank__build(struct rank *rank, const struct profile *profile)
{
	size_t first = 0, waits;
	int error;

	*rank = (struct rank){.processes = profile->process_count};
	error = collect_waits(rank, profile);
	if (error) {
		rank__clear(rank);
		return error;
	}
	waits = rank->member_count;
	qsort(rank->members, waits, sizeof(*rank->members), compare_members);
	while (first < waits) {
		size_t end = first + 1;

		while (end < waits && !compare_family(&rank->members[first], &rank->members[end]))
			end++;
		group_family(rank, first, end);
		first = end;
	}
	for (size_t i = 0; i < profile->process_count; i++) {
		group_delays(rank, &profile->processes[i], RANK_RUNNABLE);
		group_delays(rank, &profile->processes[i], RANK_PREEMPTED);
	}
	qsort(rank->groups, rank->group_count, sizeof(*rank->groups), compare_groups);
	return 0;
}

void rank__clear(struct rank *rank)
{
	free(rank->members);
	free(rank->groups);
	*rank = (struct rank){0};
}
