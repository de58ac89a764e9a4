// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "recording/cast.h"
#include "recording/rebuild_internal.h"

void *rebuild__at(struct rebuild *rebuild, struct grown *grown, uint32_t number)
{
	void *row = grown__at(grown, number);

	if (!row)
		rebuild->err = grown__error(number);
	return row;
}

uint32_t rebuild__add(struct rebuild *rebuild, struct grown *grown)
{
	uint32_t number = grown__add(grown);

	if (!number)
		rebuild->err = -ENOMEM;
	return number;
}

int rebuild__rename(struct rebuild *rebuild, struct renamed *renamed, uint32_t number, uint32_t own)
{
	struct grown grown = {(char *)renamed->own, sizeof(own), 0, renamed->count};
	uint32_t *place = rebuild__at(rebuild, &grown, number);

	renamed->own = (uint32_t *)grown.base;
	renamed->count = grown.room;
	if (!place)
		return rebuild->err;
	*place = own;
	return 0;
}

/* --- threads -----------------------------------------------------------------------------------
 */

static void tell_name(struct rebuild *rebuild, uint32_t number)
{
	uint32_t own = renamed__of(&rebuild->threads, number);
	const struct identity_thread *name;
	struct thread_row *row;

	if (!own || number > rebuild->names.used)
		return;
	name = rebuild__at(rebuild, &rebuild->names, number);
	row = rebuild__at(rebuild, &rebuild->pools[POOL_THREADS], own);
	row->task = own;
	row->tid = name->tid;
	row->tgid = name->tgid;
	row->ppid = name->ppid;
	row->flags = name->flags & ~(THREAD_ENDED | THREAD_BOOKS);
	row->executable = name->executable;
	row->process = name->process;
	memcpy(row->comm, name->comm, sizeof(row->comm));
}

/* The ledger of a life that is over goes into its row. */
static void keep_ledger(struct rebuild *rebuild, uint32_t number)
{
	uint32_t own = renamed__of(&rebuild->threads, number);
	const struct replay_thread *thread = replay__thread(rebuild->replay, number);
	struct thread_row *row;

	if (!own || !thread)
		return;
	row = rebuild__at(rebuild, &rebuild->pools[POOL_THREADS], own);
	row->ledger = thread->ledger;
	if (thread->ended)
		row->flags |= THREAD_ENDED;
	if (thread->exiting)
		row->flags |= THREAD_EXITING;
}

struct thread_row *rebuild__thread(struct rebuild *rebuild, uint32_t number)
{
	uint32_t own = renamed__of(&rebuild->threads, number);

	if (!own) {
		own = rebuild__add(rebuild, &rebuild->pools[POOL_THREADS]);
		if (!own || rebuild__rename(rebuild, &rebuild->threads, number, own))
			return NULL;
		tell_name(rebuild, number);
	}
	return rebuild__at(rebuild, &rebuild->pools[POOL_THREADS], own);
}

bool rebuild__is_counted(const struct rebuild *rebuild)
{
	return !rebuild->over && (!rebuild->from || rebuild->cut);
}

/* --- all ---------------------------------------------------------------------------------------
 */

static const size_t sizes[POOLS] = {
	[POOL_THREADS] = sizeof(struct thread_row),
	[POOL_WAITS] = sizeof(struct wait_row),
	[POOL_CALLS] = sizeof(struct call_row),
	[POOL_OBJECTS] = sizeof(struct object_row),
	[POOL_HISTOGRAMS] = sizeof(struct histogram_row),
	[POOL_CHUNKS] = sizeof(struct chunk_row),
	[POOL_PROCESSES] = sizeof(struct process_row),
	[POOL_LOOPS] = sizeof(struct loop_row),
	[POOL_ATTEMPTS] = sizeof(struct attempt_row),
	[POOL_REQUESTS] = sizeof(struct request_row),
	[POOL_SERIES] = sizeof(struct series_row),
};

struct rebuild *rebuild__new(uint64_t from, uint64_t to)
{
	struct rebuild *rebuild = calloc(1, sizeof(*rebuild));
	struct replay_hooks hooks;

	if (!rebuild)
		return NULL;
	hooks = rebuild__hooks(rebuild);
	rebuild__index(rebuild);
	rebuild->from = from;
	rebuild->to = to;
	for (int i = 0; i < POOLS; i++)
		rebuild->pools[i].size = rebuild->ends[i].size = sizes[i];
	rebuild->names.size = sizeof(struct identity_thread);
	rebuild->keys.size = sizeof(struct wait_key);
	rebuild->tasks.size = sizeof(struct identity_task);
	rebuild->wakers.size = sizeof(struct overflow_waker);
	rebuild->errnos.size = sizeof(struct overflow_errno);
	rebuild->replay = replay__new(&hooks, ROWS_MOST);
	for (int i = 0; rebuild->replay && i < POOLS; i++)
		rebuild__at(rebuild, &rebuild->pools[i], 0);
	if (rebuild->replay && !rebuild->err)
		return rebuild;
	rebuild__free(rebuild);
	return NULL;
}

void rebuild__free(struct rebuild *rebuild)
{
	if (!rebuild)
		return;
	replay__free(rebuild->replay);
	for (int i = 0; i < POOLS; i++) {
		free(rebuild->pools[i].base);
		free(rebuild->ends[i].base);
	}
	free(rebuild->names.base);
	free(rebuild->keys.base);
	free(rebuild->tasks.base);
	free(rebuild->calls_index.places.base);
	free(rebuild->wakers_index.places.base);
	free(rebuild->errnos_index.places.base);
	free(rebuild->measured.base);
	free(rebuild->series_index.places.base);
	free(rebuild->wakers.base);
	free(rebuild->errnos.base);
	free(rebuild->threads.own);
	free(rebuild->waits.own);
	free(rebuild);
}

/* Copies an identity over a row, or so much of it as there is. */
static int name(struct rebuild *rebuild, struct grown *grown, const struct reader_item *item)
{
	void *row = rebuild__at(rebuild, grown, item->number);

	if (!row)
		return rebuild->err;
	memset(row, 0, grown->size);
	memcpy(row, item->bytes, item->length < grown->size ? item->length : grown->size);
	return 0;
}

/* That it is named again says nothing, if it is what it was. */
static int name_wait(struct rebuild *rebuild, const struct reader_item *item)
{
	const struct wait_key *key = rebuild__at(rebuild, &rebuild->keys, item->number);

	if (!key)
		return rebuild->err;
	if (item->length == sizeof(*key) && !memcmp(key, item->bytes, sizeof(*key)))
		return 0;
	if (item->number < rebuild->waits.count)
		rebuild->waits.own[item->number] = 0;
	return name(rebuild, &rebuild->keys, item);
}

static int take_identity(struct rebuild *rebuild, const struct reader_item *item)
{
	switch (item->pool) {
	case POOL_THREADS:
		return name(rebuild, &rebuild->names, item);
	case POOL_WAITS:
		return name_wait(rebuild, item);
	case POOL_OBJECTS:
	case POOL_PROCESSES:
		return name(rebuild, &rebuild->pools[item->pool], item);
	case IDENTITY_TASK:
		return name(rebuild, &rebuild->tasks, item);
	}
	return 0;
}

/* A row that is in use again: who had it before is finished, and another begins. */
static void begin_life(struct rebuild *rebuild, uint32_t number)
{
	keep_ledger(rebuild, number);
	if (number < rebuild->threads.count)
		rebuild->threads.own[number] = 0;
}

/* A command is held until it is attached to: its window begins with its exec. */
static bool is_first(struct rebuild *rebuild, const struct stream_event *event)
{
	const struct identity_thread *name;

	if (event->kind != STREAM_BEGIN || event->thread > rebuild->names.used)
		return false;
	name = rebuild__at(rebuild, &rebuild->names, event->thread);
	return !(name->flags & THREAD_HELD);
}

static void begin_window(struct rebuild *rebuild, uint64_t time)
{
	rebuild->begun = time;
	if (rebuild->from)
		rebuild->from += time;
	if (rebuild->to)
		rebuild->to += time;
}

static int take_event(struct rebuild *rebuild, unsigned int cpu, const struct stream_event *event)
{
	int err;

	if (!rebuild->begun && is_first(rebuild, event))
		begin_window(rebuild, event->time);
	if (rebuild->from && rebuild->begun && !rebuild->cut && event->time >= rebuild->from) {
		replay__cut(rebuild->replay, rebuild->from);
		rebuild__forget_measured(rebuild);
		rebuild->cut = true;
	}
	if (rebuild->to && rebuild->begun && event->time >= rebuild->to)
		rebuild->over = true;
	if (rebuild->over)
		return 0;
	if (event->kind == STREAM_BEGIN)
		begin_life(rebuild, event->thread);
	if (event->time > rebuild->last)
		rebuild->last = event->time;
	err = replay__event(rebuild->replay, cpu, event);
	if (!err && (event->kind == STREAM_BEGIN || event->kind == STREAM_STATE))
		rebuild__thread(rebuild, event->thread);
	if (!err && cast__names_anew(event))
		tell_name(rebuild, event->thread);
	return err ? err : rebuild->err;
}

int rebuild__take(struct rebuild *rebuild, const struct reader_item *item)
{
	switch (item->kind) {
	case READER_EVENT:
		return take_event(rebuild, item->cpu, &item->event);
	case READER_IDENTITY:
		return take_identity(rebuild, item);
	case READER_ROWS:
		return rebuild__take_rows(rebuild, item);
	default:
		return 0;
	}
}

/* The row of the wait that is open, so that it has one even if no wait of its kind has ended. */
static void note_open_wait(struct rebuild *rebuild, uint32_t number)
{
	const struct replay_thread *thread = replay__thread(rebuild->replay, number);
	struct thread_row *row = rebuild__thread(rebuild, number);

	if (!row || !thread || !rebuild__wait(rebuild, number, thread->wait))
		return;
	row = rebuild__thread(rebuild, number);
	row->wait = renamed__of(&rebuild->waits, thread->wait);
}

static int by_wait(const void *a, const void *b)
{
	const struct overflow_waker *left = a, *right = b;

	return (left->wait > right->wait) - (left->wait < right->wait);
}

static void hand_over(const struct rebuild *rebuild, struct sources *sources)
{
	*sources = (struct sources){
		.waker_count = rebuild->wakers.used,
		.errno_count = rebuild->errnos.used,
	};
	for (int i = 0; i < POOLS; i++)
		sources->pools[i] = (struct rows){.base = rebuild->pools[i].base,
						  .stride = rebuild->pools[i].size,
						  .used = rebuild->pools[i].used,
						  .capacity = rebuild->pools[i].room};
	if (rebuild->wakers.used) {
		sources->wakers = (struct overflow_waker *)rebuild->wakers.base + 1;
		qsort(sources->wakers, sources->waker_count, sizeof(*sources->wakers), by_wait);
	}
	if (rebuild->errnos.used)
		sources->errnos = (struct overflow_errno *)rebuild->errnos.base + 1;
}

int rebuild__finish(struct rebuild *rebuild, uint64_t end, struct sources *sources)
{
	int err;

	if (rebuild->from && !rebuild->cut)
		replay__cut(rebuild->replay, end);
	err = replay__finish(rebuild->replay, end);
	for (uint32_t i = 1; i < replay__thread_count(rebuild->replay) && !rebuild->err; i++) {
		if (!replay__thread(rebuild->replay, i))
			continue;
		note_open_wait(rebuild, i);
		keep_ledger(rebuild, i);
	}
	if (!rebuild->err && !rebuild->from && !rebuild->over)
		rebuild__compare(rebuild);
	if (!rebuild->err)
		rebuild__merge_end(rebuild);
	if (!rebuild->err)
		rebuild__make_safe(rebuild);
	hand_over(rebuild, sources);
	return err ? err : rebuild->err;
}

uint64_t rebuild__last(const struct rebuild *rebuild)
{
	return rebuild->last;
}

bool rebuild__part(const struct rebuild *rebuild, uint64_t *from, uint64_t *to)
{
	if (rebuild->from)
		*from = rebuild->from;
	if (rebuild->to && rebuild->to < *to)
		*to = rebuild->to;
	return rebuild->from || rebuild->over;
}

uint64_t rebuild__lost(const struct rebuild *rebuild)
{
	return rebuild->lost;
}

const struct rebuild_check *rebuild__check(const struct rebuild *rebuild)
{
	return &rebuild->check;
}
