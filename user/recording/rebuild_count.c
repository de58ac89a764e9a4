// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Finished waits, wakings and calls in the sums of their rows, as the programs count them. */
#include <errno.h>
#include <string.h>

#include "bpf/tally.h"
#include "recording/rebuild_internal.h"

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

/* --- waits -------------------------------------------------------------------------------------
 */

struct wait_row *rebuild__wait(struct rebuild *rebuild, uint32_t thread, uint32_t number)
{
	uint32_t own = renamed__of(&rebuild->waits, number);
	const struct wait_key *key;
	struct wait_row *row;

	if (!number || number > rebuild->keys.used || !rebuild__thread(rebuild, thread))
		return NULL;
	row = own ? rebuild__at(rebuild, &rebuild->pools[POOL_WAITS], own) : NULL;
	/* unless it is of another life of a thread in the same row */
	if (row && row->key.thread == renamed__of(&rebuild->threads, thread))
		return row;
	own = rebuild__add(rebuild, &rebuild->pools[POOL_WAITS]);
	if (!own || rebuild__rename(rebuild, &rebuild->waits, number, own))
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

	if (!rebuild__is_counted(rebuild))
		return 0;
	row = rebuild__wait(rebuild, wait->thread, wait->row);
	if (!row) {
		thread = rebuild->err ? NULL : rebuild__thread(rebuild, wait->thread);
		if (!thread)
			return rebuild->err;
		thread->unkept_waits++;
		thread->unkept_blocked += wait->wait.blocked;
		thread->flags |= THREAD_PARTIAL;
		return rebuild__tell_wait(rebuild, wait);
	}
	wait_row__count(row, &wait->wait);
	if (wait->handler)
		row->handler += wait->wait.blocked;
	rebuild__count(rebuild, &row->runqueue_histogram, wait->wait.runqueue);
	if (!wait->wait.censored)
		rebuild__count(rebuild, &row->duration_histogram, wait->wait.blocked);
	return rebuild->err ? rebuild->err : rebuild__tell_wait(rebuild, wait);
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

static uint64_t waker_key(uint32_t wait, const struct waker_count *waker)
{
	return (uint64_t)wait << 32 | waker->kind << 24 | waker->tid;
}

static uint64_t key_of_waker(const void *row)
{
	const struct overflow_waker *entry = row;

	return waker_key(entry->wait, &entry->waker);
}

static int waker_elsewhere(struct rebuild *rebuild, uint32_t wait, const struct waker_count *waker)
{
	uint32_t number;
	struct overflow_waker *entry = rebuild__keyed(
		rebuild, &rebuild->wakers_index, &rebuild->wakers, waker_key(wait, waker), &number);

	if (!entry)
		return rebuild->err;
	if (!entry->waker.count)
		*entry = (struct overflow_waker){.wait = wait, .waker = *waker};
	entry->waker.count++;
	return 0;
}

/* As waker.bpf.h does. */
static int count_waking(struct rebuild *rebuild, const struct replay_waking *waking)
{
	struct waker_count fresh = {.kind = waking->waker_kind, .tid = waking->waker_tid};
	struct wait_row *row;

	if (!rebuild__is_counted(rebuild))
		return 0;
	row = rebuild__wait(rebuild, waking->thread, waking->row);
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

static int on_waking(void *context, const struct replay_waking *waking)
{
	int err = count_waking(context, waking);

	return err ? err : rebuild__tell_waking(context, waking);
}

/* --- calls -------------------------------------------------------------------------------------
 */

static uint64_t call_key(const struct call_key *key)
{
	return (uint64_t)key->thread << 32 | key->syscall;
}

static uint64_t key_of_call(const void *row)
{
	return call_key(&((const struct call_row *)row)->key);
}

static struct call_row *call_row(struct rebuild *rebuild, uint32_t thread, uint32_t syscall,
				 uint32_t *number)
{
	struct call_key key = {.syscall = syscall};
	struct call_row *row;

	if (!rebuild__thread(rebuild, thread))
		return NULL;
	key.thread = renamed__of(&rebuild->threads, thread);
	row = rebuild__keyed(rebuild, &rebuild->calls_index, &rebuild->pools[POOL_CALLS],
			     call_key(&key), number);
	if (row)
		row->key = key;
	return row;
}

const struct call_row *rebuild__find_call(struct rebuild *rebuild, const struct call_row *end)
{
	struct call_key key = {.syscall = end->key.syscall};
	uint32_t number = 0;

	key.thread = renamed__of(&rebuild->threads, end->key.thread);
	if (key.thread)
		number = rebuild__look_up(rebuild, &rebuild->calls_index,
					  &rebuild->pools[POOL_CALLS], call_key(&key));
	return number ? rebuild__at(rebuild, &rebuild->pools[POOL_CALLS], number) : NULL;
}

static uint64_t errno_key(uint32_t call, uint32_t error)
{
	return (uint64_t)call << 32 | error;
}

static uint64_t key_of_errno(const void *row)
{
	const struct overflow_errno *entry = row;

	return errno_key(entry->call, entry->number);
}

static int errno_elsewhere(struct rebuild *rebuild, uint32_t call, uint32_t error)
{
	uint32_t number;
	struct overflow_errno *entry = rebuild__keyed(
		rebuild, &rebuild->errnos_index, &rebuild->errnos, errno_key(call, error), &number);

	if (!entry)
		return rebuild->err;
	entry->call = call;
	entry->number = error;
	entry->count++;
	return 0;
}

/* What sigreturn "returns" is a register of the code that was interrupted. */
static bool is_sigreturn(uint32_t call)
{
	return call == 15 || call == (SYSCALL_COMPAT | 173);
}

#define TRAITS_KNOWN (1U << 31) /* no TRAIT_* is this */

static uint32_t traits_of(struct rebuild *rebuild, uint32_t syscall)
{
	uint32_t *traits =
		&rebuild->traits[!!(syscall & SYSCALL_COMPAT)][syscall & (SYSCALL_TABLE - 1)];

	syscall &= SYSCALL_COMPAT | (SYSCALL_TABLE - 1);
	if (!*traits)
		*traits = TRAITS_KNOWN | syscalls__traits_of(syscalls__name((uint16_t)syscall));
	return *traits;
}

/* As syscall.bpf.c does. */
static int count_call(struct rebuild *rebuild, const struct replay_call *call)
{
	uint32_t syscall = call->done.call, number = 0;
	struct call_row *row;

	if (!rebuild__is_counted(rebuild))
		return 0;
	rebuild__measure_call(rebuild, call);
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

static int on_call(void *context, const struct replay_call *call)
{
	int err = count_call(context, call);

	return err ? err : rebuild__tell_call(context, call);
}

static int on_loss(void *context, const struct replay_loss *loss)
{
	((struct rebuild *)context)->lost += loss->count;
	return rebuild__tell_loss(context, loss);
}

void rebuild__index(struct rebuild *rebuild)
{
	rebuild->wakers_index.key_of = key_of_waker;
	rebuild->calls_index.key_of = key_of_call;
	rebuild->errnos_index.key_of = key_of_errno;
}

struct replay_hooks rebuild__hooks(struct rebuild *rebuild)
{
	return (struct replay_hooks){.wait = on_wait,
				     .call = on_call,
				     .waking = on_waking,
				     .loss = on_loss,
				     .slice = rebuild__on_slice,
				     .request = rebuild__on_request,
				     .begin = rebuild__on_begin,
				     .leaving = rebuild__on_leaving,
				     .coming = rebuild__on_coming,
				     .context = rebuild};
}
