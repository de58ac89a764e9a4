// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bpf/tally.h"
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

static int rename_to(struct rebuild *rebuild, struct renamed *renamed, uint32_t number,
		     uint32_t own)
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

void rebuild__count(struct rebuild *rebuild, uint32_t *number, uint64_t value)
{
	uint32_t index = buckets__index(value), chunk = index / BUCKETS_PER_CHUNK, place;
	struct histogram_row *histogram;
	struct chunk_row *row;

	if (!*number)
		*number = rebuild__add(rebuild, &rebuild->pools[POOL_HISTOGRAMS]);
	if (!*number || chunk >= BUCKET_CHUNKS)
		return;
	histogram = rebuild__at(rebuild, &rebuild->pools[POOL_HISTOGRAMS], *number);
	if (!histogram->chunks[chunk])
		histogram->chunks[chunk] = rebuild__add(rebuild, &rebuild->pools[POOL_CHUNKS]);
	place = histogram->chunks[chunk];
	row = place ? rebuild__at(rebuild, &rebuild->pools[POOL_CHUNKS], place) : NULL;
	if (row)
		row->counts[index % BUCKETS_PER_CHUNK]++;
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

/* Its row, made at the first that is heard of it. */
static struct thread_row *thread_row(struct rebuild *rebuild, uint32_t number)
{
	uint32_t own = renamed__of(&rebuild->threads, number);

	if (!own) {
		own = rebuild__add(rebuild, &rebuild->pools[POOL_THREADS]);
		if (!own || rename_to(rebuild, &rebuild->threads, number, own))
			return NULL;
		tell_name(rebuild, number);
	}
	return rebuild__at(rebuild, &rebuild->pools[POOL_THREADS], own);
}

static bool is_counted(const struct rebuild *rebuild)
{
	return !rebuild->over && (!rebuild->from || rebuild->cut);
}

/* --- waits -------------------------------------------------------------------------------------
 */

static struct wait_row *wait_row(struct rebuild *rebuild, uint32_t thread, uint32_t number)
{
	uint32_t own = renamed__of(&rebuild->waits, number);
	const struct wait_key *key;
	struct wait_row *row;

	if (!number || number > rebuild->keys.used || !thread_row(rebuild, thread))
		return NULL;
	if (own)
		return rebuild__at(rebuild, &rebuild->pools[POOL_WAITS], own);
	own = rebuild__add(rebuild, &rebuild->pools[POOL_WAITS]);
	if (!own || rename_to(rebuild, &rebuild->waits, number, own))
		return NULL;
	row = rebuild__at(rebuild, &rebuild->pools[POOL_WAITS], own);
	key = rebuild__at(rebuild, &rebuild->keys, number);
	row->key = *key;
	row->key.thread = renamed__of(&rebuild->threads, thread);
	return row;
}

static int on_wait(void *context, const struct replay_wait *wait)
{
	struct rebuild *rebuild = context;
	struct thread_row *thread;
	struct wait_row *row;

	if (!is_counted(rebuild))
		return 0;
	row = wait_row(rebuild, wait->thread, wait->row);
	if (!row) {
		thread = rebuild->err ? NULL : thread_row(rebuild, wait->thread);
		if (!thread)
			return rebuild->err;
		thread->unkept_waits++;
		thread->unkept_blocked += wait->wait.blocked;
		thread->flags |= THREAD_PARTIAL;
		return 0;
	}
	wait_row__count(row, &wait->wait);
	if (wait->handler)
		row->handler += wait->wait.blocked;
	rebuild__count(rebuild, &row->runqueue_histogram, wait->wait.runqueue);
	if (!wait->wait.censored)
		rebuild__count(rebuild, &row->duration_histogram, wait->wait.blocked);
	return rebuild->err;
}

/* A thread that is or was traced, or one that was looked up when it was first heard of. */
static void fill_waker(struct rebuild *rebuild, struct waker_count *waker)
{
	const struct identity_task *task;

	if (!waker->tid || waker->tid > rebuild->tasks.used)
		return;
	task = rebuild__at(rebuild, &rebuild->tasks, waker->tid);
	waker->pid = task->pid;
	memcpy(waker->comm, task->comm, sizeof(waker->comm));
}

static int waker_elsewhere(struct rebuild *rebuild, uint32_t wait, struct waker_count *waker)
{
	struct overflow_waker *entry;

	for (uint32_t i = 1; i <= rebuild->wakers.used; i++) {
		entry = rebuild__at(rebuild, &rebuild->wakers, i);
		if (entry->wait == wait && entry->waker.kind == waker->kind &&
		    entry->waker.tid == waker->tid) {
			entry->waker.count++;
			return 0;
		}
	}
	if (!rebuild__add(rebuild, &rebuild->wakers))
		return rebuild->err;
	entry = rebuild__at(rebuild, &rebuild->wakers, rebuild->wakers.used);
	entry->wait = wait;
	entry->waker = *waker;
	entry->waker.count = 1;
	return 0;
}

/* As waker.bpf.h does. */
static int on_waking(void *context, const struct replay_waking *waking)
{
	struct rebuild *rebuild = context;
	struct waker_count fresh = {.kind = waking->waker_kind, .tid = waking->waker_tid};
	struct wait_row *row;

	if (!is_counted(rebuild))
		return 0;
	row = wait_row(rebuild, waking->thread, waking->row);
	if (!row)
		return rebuild->err;
	fill_waker(rebuild, &fresh);
	for (int i = 0; i < WAIT_WAKERS; i++) {
		struct waker_count *waker = &row->wakers[i];

		if (waker->count && (waker->kind != fresh.kind || waker->tid != fresh.tid))
			continue;
		if (!waker->count)
			*waker = fresh;
		waker->count++;
		return 0;
	}
	return waker_elsewhere(rebuild, renamed__of(&rebuild->waits, waking->row), &fresh);
}

/* --- calls -------------------------------------------------------------------------------------
 */

static uint32_t *call_place(struct rebuild *rebuild, uint32_t thread, uint32_t syscall)
{
	uint32_t mask = rebuild->calls_index.room - 1;
	uint32_t at = (thread * 2654435761U ^ syscall * 40503U) & mask;

	for (;; at = (at + 1) & mask) {
		uint32_t *place = (uint32_t *)rebuild->calls_index.base + at;
		const struct call_row *row;

		if (!*place)
			return place;
		row = rebuild__at(rebuild, &rebuild->pools[POOL_CALLS], *place);
		if (row->key.thread == thread && row->key.syscall == syscall)
			return place;
	}
}

/* Twice as large, so that it never is more than half full. */
static int grow_index(struct rebuild *rebuild)
{
	struct grown *index = &rebuild->calls_index;
	uint32_t used = rebuild->pools[POOL_CALLS].used;

	if (index->room && used * 2 < index->room)
		return 0;
	free(index->base);
	*index = (struct grown){.size = sizeof(uint32_t)};
	if (!rebuild__at(rebuild, index, used * 4 + 63))
		return rebuild->err;
	for (uint32_t i = 1; i <= used; i++) {
		const struct call_row *row = rebuild__at(rebuild, &rebuild->pools[POOL_CALLS], i);

		*call_place(rebuild, row->key.thread, row->key.syscall) = i;
	}
	return 0;
}

static struct call_row *call_row(struct rebuild *rebuild, uint32_t thread, uint32_t syscall,
				 uint32_t *number)
{
	struct call_row *row;
	uint32_t own, *place;

	if (!thread_row(rebuild, thread) || grow_index(rebuild))
		return NULL;
	own = renamed__of(&rebuild->threads, thread);
	place = call_place(rebuild, own, syscall);
	if (!*place) {
		*place = rebuild__add(rebuild, &rebuild->pools[POOL_CALLS]);
		if (!*place)
			return NULL;
		row = rebuild__at(rebuild, &rebuild->pools[POOL_CALLS], *place);
		row->key = (struct call_key){.thread = own, .syscall = syscall};
	}
	*number = *place;
	return rebuild__at(rebuild, &rebuild->pools[POOL_CALLS], *number);
}

const struct call_row *rebuild__find_call(struct rebuild *rebuild, const struct call_row *end)
{
	uint32_t thread = renamed__of(&rebuild->threads, end->key.thread), *place;

	if (!thread || grow_index(rebuild))
		return NULL;
	place = call_place(rebuild, thread, end->key.syscall);
	return *place ? rebuild__at(rebuild, &rebuild->pools[POOL_CALLS], *place) : NULL;
}

static int errno_elsewhere(struct rebuild *rebuild, uint32_t call, uint32_t number)
{
	struct overflow_errno *entry;

	for (uint32_t i = 1; i <= rebuild->errnos.used; i++) {
		entry = rebuild__at(rebuild, &rebuild->errnos, i);
		if (entry->call == call && entry->number == number) {
			entry->count++;
			return 0;
		}
	}
	if (!rebuild__add(rebuild, &rebuild->errnos))
		return rebuild->err;
	entry = rebuild__at(rebuild, &rebuild->errnos, rebuild->errnos.used);
	*entry = (struct overflow_errno){call, number, 1};
	return 0;
}

/* What sigreturn "returns" is a register of the code that was interrupted. */
static bool is_sigreturn(uint32_t call)
{
	return call == 15 || call == (SYSCALL_COMPAT | 173);
}

static uint32_t traits_of(const struct rebuild *rebuild, uint32_t syscall)
{
	return rebuild->traits[!!(syscall & SYSCALL_COMPAT)][syscall & (SYSCALL_TABLE - 1)];
}

/* As syscall.bpf.c does. */
static int on_call(void *context, const struct replay_call *call)
{
	struct rebuild *rebuild = context;
	uint32_t syscall = call->done.call, number = 0;
	struct call_row *row;

	if (!is_counted(rebuild))
		return 0;
	row = call_row(rebuild, call->thread, syscall, &number);
	if (!row)
		return rebuild->err;
	if (call->done.censored) {
		row->censored++;
		return 0;
	}
	call_row__count(row, &call->done, call->since, call->woken);
	rebuild__count(rebuild, &row->histogram, call->done.total);
	if (call->flags & STREAM_CALL_IO) {
		row->nonblocking += !!(call->flags & STREAM_CALL_NONBLOCKING);
		row->signalled += !!(call->flags & STREAM_CALL_SIGNALLED);
		row->handled += !!(call->flags & STREAM_CALL_HANDLED);
		if (call->result > 0 && traits_of(rebuild, syscall) & TRAIT_BYTES)
			row->bytes += call->result;
	}
	if (call->result < 0 && call->result >= -4095 && !is_sigreturn(syscall) &&
	    !call_row__count_error(row, -call->result))
		return errno_elsewhere(rebuild, number, -call->result);
	return rebuild->err;
}

static int on_loss(void *context, const struct replay_loss *loss)
{
	((struct rebuild *)context)->lost += loss->count;
	return 0;
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
	const struct replay_hooks hooks = {.wait = on_wait,
					   .call = on_call,
					   .waking = on_waking,
					   .loss = on_loss,
					   .context = rebuild};

	if (!rebuild)
		return NULL;
	rebuild->from = from;
	rebuild->to = to;
	for (int i = 0; i < POOLS; i++)
		rebuild->pools[i].size = rebuild->ends[i].size = sizes[i];
	syscalls__traits(rebuild->traits[0], rebuild->traits[1]);
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
	free(rebuild->calls_index.base);
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

static int take_identity(struct rebuild *rebuild, const struct reader_item *item)
{
	switch (item->pool) {
	case POOL_THREADS:
		return name(rebuild, &rebuild->names, item);
	case POOL_WAITS:
		if (item->number < rebuild->waits.count)
			rebuild->waits.own[item->number] = 0;
		return name(rebuild, &rebuild->keys, item);
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

static bool names_anew(const struct stream_event *event)
{
	return event->kind == STREAM_EXEC ||
	       (event->kind == STREAM_SWITCH && event->thread &&
		(event->flags & STREAM_OUT_MASK) == LEDGER_EVENT_ENDED);
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
		rebuild->cut = true;
	}
	if (rebuild->to && rebuild->begun && event->time >= rebuild->to)
		rebuild->over = true;
	if (rebuild->over)
		return 0;
	if (event->kind == STREAM_BEGIN)
		begin_life(rebuild, event->thread);
	rebuild->events++;
	if (event->time > rebuild->last)
		rebuild->last = event->time;
	err = replay__event(rebuild->replay, cpu, event);
	if (!err && (event->kind == STREAM_BEGIN || event->kind == STREAM_STATE))
		thread_row(rebuild, event->thread);
	if (!err && names_anew(event))
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
	struct thread_row *row = thread_row(rebuild, number);

	if (!row || !thread || !wait_row(rebuild, number, thread->wait))
		return;
	row = thread_row(rebuild, number);
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

uint64_t rebuild__events(const struct rebuild *rebuild)
{
	return rebuild->events;
}

uint64_t rebuild__lost(const struct rebuild *rebuild)
{
	return rebuild->lost;
}

const struct rebuild_check *rebuild__check(const struct rebuild *rebuild)
{
	return &rebuild->check;
}
