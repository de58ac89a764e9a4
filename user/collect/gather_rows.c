// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Model rows from the rows of the kernel side: names, classes, distributions. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/gather_rows.h"
#include "model/wait_words.h"

int histogram__from_row(struct histogram *histogram, const struct sources *sources, uint32_t number)
{
	const struct histogram_row *row;
	int err = 0;

	if (!number)
		return 0;
	row = rows__at(&sources->pools[POOL_HISTOGRAMS], number);
	for (unsigned int i = 0; i < BUCKET_CHUNKS && !err; i++) {
		const struct chunk_row *chunk;

		if (!row->chunks[i])
			continue;
		chunk = rows__at(&sources->pools[POOL_CHUNKS], row->chunks[i]);
		err = histogram__add_chunk(histogram, i, (const uint64_t *)chunk->counts);
	}
	return err;
}

static int add_waker(struct wait *wait, const struct waker_count *row)
{
	struct waker *wakers = reallocarray(wait->wakers, wait->waker_count + 1, sizeof(*wakers));
	struct waker *waker;

	if (!wakers)
		return -ENOMEM;
	wait->wakers = wakers;
	waker = &wakers[wait->waker_count++];
	*waker = (struct waker){
		.kind = row->kind, .pid = row->pid, .tid = row->tid, .count = row->count};
	if (!row->comm[0])
		return 0;
	waker->comm = strndup(row->comm, sizeof(row->comm));
	return waker->comm ? 0 : -ENOMEM;
}

static int waker_order(const struct waker *left, const struct waker *right)
{
	if (left->kind != right->kind)
		return left->kind < right->kind ? -1 : 1;
	return (left->tid > right->tid) - (left->tid < right->tid);
}

static int compare_wakers(const void *a, const void *b)
{
	return waker_order(a, b);
}

static int compare_counts(const void *a, const void *b)
{
	const struct waker *left = a, *right = b;

	return (left->count < right->count) - (left->count > right->count);
}

/* One row a waker, most frequent first. */
static void merge_wakers(struct wait *wait)
{
	size_t kept = 0;

	if (!wait->waker_count)
		return;
	qsort(wait->wakers, wait->waker_count, sizeof(*wait->wakers), compare_wakers);
	for (size_t i = 1; i < wait->waker_count; i++) {
		struct waker *last = &wait->wakers[kept], *next = &wait->wakers[i];

		if (waker_order(last, next) != 0) {
			wait->wakers[++kept] = *next;
			continue;
		}
		last->count += next->count;
		free(next->comm);
	}
	wait->waker_count = kept + 1;
	qsort(wait->wakers, wait->waker_count, sizeof(*wait->wakers), compare_counts);
}

/* Every finished wait had a waker: those for which there was no room are unknown. */
static int add_lost_wakers(struct wait *wait, uint64_t waits)
{
	struct waker_count unknown = {.kind = WAKER_UNKNOWN, .count = waits};

	for (size_t i = 0; i < wait->waker_count; i++) {
		if (wait->wakers[i].count >= unknown.count)
			return 0;
		unknown.count -= wait->wakers[i].count;
	}
	return unknown.count ? add_waker(wait, &unknown) : 0;
}

static int add_wakers(struct wait *wait, const struct wait_row *row, const struct sources *sources,
		      uint32_t number)
{
	size_t low = 0, high = sources->waker_count;
	int err = 0;

	for (int i = 0; i < WAIT_WAKERS && row->wakers[i].count && !err; i++)
		err = add_waker(wait, &row->wakers[i]);
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (sources->wakers[middle].wait < number)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < sources->waker_count && sources->wakers[low].wait == number && !err; low++)
		err = add_waker(wait, &sources->wakers[low].waker);
	if (!err)
		err = add_lost_wakers(wait, row->count);
	merge_wakers(wait);
	return err;
}

static int classify(struct wait *wait, const struct wait_row *row, const struct sources *sources)
{
	const struct object_row *object = NULL;
	struct wait_words words;
	int err;

	if (row->key.object)
		object = rows__at(&sources->pools[POOL_OBJECTS], row->key.object);
	err = wait_words__of(&words, &row->key, object);
	wait->syscall = words.syscall;
	wait->object = words.object;
	wait->object_kind = words.object_kind;
	wait->class = words.class;
	wait->idle = words.idle;
	return err;
}

int wait__identify_row(struct wait *wait, const struct sources *sources, uint32_t number)
{
	const struct wait_row *row = rows__at(&sources->pools[POOL_WAITS], number);

	*wait = (struct wait){
		.sleep = row->key.sleep,
		.futex = row->key.futex,
	};
	return classify(wait, row, sources);
}

int wait__from_row(struct wait *wait, const struct sources *sources, uint32_t number)
{
	const struct wait_row *row = rows__at(&sources->pools[POOL_WAITS], number);
	uint64_t exact = row->count - row->censored;
	int err = wait__identify_row(wait, sources, number);

	wait->count = row->count;
	wait->censored = row->censored;
	wait->total = row->total;
	wait->runqueue_total = row->runqueue;
	wait->handler = row->handler;
	if (!err)
		err = add_wakers(wait, row, sources, number);
	if (!err)
		err = histogram__from_row(&wait->duration, sources, row->duration_histogram);
	if (!err)
		err = histogram__from_row(&wait->runqueue, sources, row->runqueue_histogram);
	histogram__add_totals(&wait->duration, exact, row->total - row->censored_total, row->min,
			      row->max);
	histogram__add_totals(&wait->runqueue, row->count, row->runqueue, row->runqueue_min,
			      row->runqueue_max);
	return err;
}

int text_order(const char *left, const char *right)
{
	if (!left || !right)
		return (left != NULL) - (right != NULL);
	return strcmp(left, right);
}

static int wait_order(const void *a, const void *b)
{
	const struct wait *left = a, *right = b;
	int order;

	if (left->class != right->class)
		return left->class < right->class ? -1 : 1;
	if (left->idle != right->idle)
		return left->idle ? 1 : -1;
	if (left->sleep != right->sleep)
		return left->sleep < right->sleep ? -1 : 1;
	order = text_order(left->syscall, right->syscall);
	return order ? order : text_order(left->object, right->object);
}

static int add_wait(struct wait *to, struct wait *from)
{
	struct waker *wakers;
	int err;

	to->count += from->count;
	to->censored += from->censored;
	to->total += from->total;
	to->runqueue_total += from->runqueue_total;
	to->handler += from->handler;
	err = histogram__merge(&to->duration, &from->duration);
	if (!err)
		err = histogram__merge(&to->runqueue, &from->runqueue);
	if (err || !from->waker_count)
		return err;
	wakers = reallocarray(to->wakers, to->waker_count + from->waker_count, sizeof(*wakers));
	if (!wakers)
		return -ENOMEM;
	memcpy(wakers + to->waker_count, from->wakers, from->waker_count * sizeof(*wakers));
	to->wakers = wakers;
	to->waker_count += from->waker_count;
	from->waker_count = 0; /* their names have a new owner */
	merge_wakers(to);
	return 0;
}

int waits__merge(struct wait *waits, size_t *count)
{
	size_t kept = 0;
	int err = 0;

	if (*count < 2)
		return 0;
	qsort(waits, *count, sizeof(*waits), wait_order);
	for (size_t i = 1; i < *count; i++) {
		if (err || wait_order(&waits[kept], &waits[i]) != 0) {
			waits[++kept] = waits[i];
			continue;
		}
		err = add_wait(&waits[kept], &waits[i]);
		wait__clear(&waits[i]);
	}
	*count = kept + 1;
	return err;
}

int wait__copy(struct wait *to, const struct wait *from)
{
	struct wait copy = *from;
	int err;

	copy.object = NULL;
	copy.wakers = NULL;
	copy.waker_count = 0;
	memset(&copy.duration, 0, sizeof(copy.duration));
	memset(&copy.runqueue, 0, sizeof(copy.runqueue));
	*to = copy;
	if (from->object && !(to->object = strdup(from->object)))
		return -ENOMEM;
	err = histogram__merge(&to->duration, &from->duration);
	if (!err)
		err = histogram__merge(&to->runqueue, &from->runqueue);
	if (err || !from->waker_count)
		return err;
	to->wakers = calloc(from->waker_count, sizeof(*to->wakers));
	if (!to->wakers)
		return -ENOMEM;
	for (size_t i = 0; i < from->waker_count; i++) {
		to->wakers[i] = from->wakers[i];
		to->waker_count++;
		to->wakers[i].comm = from->wakers[i].comm ? strdup(from->wakers[i].comm) : NULL;
		if (from->wakers[i].comm && !to->wakers[i].comm)
			return -ENOMEM;
	}
	return 0;
}

int waits__by_harm(const void *a, const void *b)
{
	const struct wait *left = a, *right = b;

	if (left->idle != right->idle)
		return left->idle ? 1 : -1;
	return (left->total < right->total) - (left->total > right->total);
}
