// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What is told of the few groups that are shown: the distribution of their waits, and who ended
 * them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "render/text_rank.h"

static bool same_text(const char *left, const char *right)
{
	return left && right ? !strcmp(left, right) : left == right;
}

static bool same_wait(const struct wait *left, const struct wait *right)
{
	return left->class == right->class && left->idle == right->idle &&
	       left->futex == right->futex && left->count == right->count &&
	       left->total == right->total && same_text(left->syscall, right->syscall) &&
	       same_text(left->object, right->object);
}

/*
 * Where memory forbade a histogram per thread, the process has one all the same; it serves if
 * its row is made of exactly the waits of the group.
 */
static const struct histogram *histogram_of_process(const struct rank_group *group)
{
	const struct process *process = group->most->process;
	struct wait sum = *group->most->wait;

	sum.count = group->count;
	sum.total = group->total;
	for (size_t i = 0; i < process->wait_count; i++)
		if (group->objects == 1 && same_wait(&process->waits[i], &sum))
			return &process->waits[i].duration;
	return NULL;
}

int rank__distribution(const struct rank *rank, const struct rank_group *group,
		       struct histogram *distribution)
{
	const struct histogram *whole;
	int error = 0;

	*distribution = (struct histogram){0};
	if (group->kind == RANK_RUNNABLE || group->kind == RANK_PREEMPTED)
		return 0;
	for (size_t i = group->first; !error && i < group->first + group->size; i++)
		error = histogram__merge(distribution, &rank->members[i].wait->duration);
	whole = histogram_of_process(group);
	if (!error && whole && !histogram__has_quantiles(distribution) &&
	    histogram__has_quantiles(whole)) {
		histogram__clear(distribution);
		error = histogram__merge(distribution, whole);
	}
	if (error)
		histogram__clear(distribution);
	return error;
}

static int compare_identity(const void *left_data, const void *right_data)
{
	const struct waker *left = left_data, *right = right_data;

	if (left->kind != right->kind)
		return left->kind < right->kind ? -1 : 1;
	if (left->pid != right->pid)
		return left->pid < right->pid ? -1 : 1;
	if (left->tid != right->tid)
		return left->tid < right->tid ? -1 : 1;
	return 0;
}

static int compare_counts(const void *left_data, const void *right_data)
{
	const struct waker *left = left_data, *right = right_data;

	if (left->count != right->count)
		return left->count > right->count ? -1 : 1;
	return compare_identity(left, right);
}

int rank__wakers(const struct rank *rank, const struct rank_group *group, struct waker **wakers,
		 size_t *count)
{
	size_t all = 0, kept = 0;

	*wakers = NULL;
	*count = 0;
	if (group->kind == RANK_RUNNABLE || group->kind == RANK_PREEMPTED)
		return 0;
	for (size_t i = group->first; i < group->first + group->size; i++)
		all += rank->members[i].wait->waker_count;
	if (!all)
		return 0;
	*wakers = calloc(all, sizeof(**wakers));
	if (!*wakers)
		return -ENOMEM;
	for (size_t i = group->first; i < group->first + group->size; i++) {
		const struct wait *wait = rank->members[i].wait;

		for (size_t j = 0; j < wait->waker_count; j++)
			(*wakers)[(*count)++] = wait->wakers[j];
	}
	qsort(*wakers, all, sizeof(**wakers), compare_identity);
	for (size_t i = 1; i < all; i++) {
		if (!compare_identity(&(*wakers)[kept], &(*wakers)[i]))
			(*wakers)[kept].count += (*wakers)[i].count;
		else
			(*wakers)[++kept] = (*wakers)[i];
	}
	*count = kept + 1;
	qsort(*wakers, *count, sizeof(**wakers), compare_counts);
	return 0;
}
