// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What is counted, and who it was, as rows of the tables. */
#include <stdlib.h>
#include <string.h>

#include "model/wait_words.h"
#include "names/operations.h"
#include "names/syscalls.h"
#include "recording/format.h"
#include "recording/sqlite_internal.h"

/* --- one by one --------------------------------------------------------------------------------
 */

static int put_wait(struct sqlite *sqlite, const struct replay_wait *wait, bool open)
{
	struct put put;

	put__begin(&put, sqlite, TABLE_WAITS);
	put__number(&put, ++sqlite->ids[TABLE_WAITS]);
	put__number(&put, wait->thread);
	put__reference(&put, wait->row);
	put__number(&put, wait->cpu);
	put__number(&put, wait->since);
	put__number(&put, wait->wait.blocked);
	put__number(&put, wait->wait.runqueue);
	put__number(&put, wait->wait.censored);
	put__number(&put, open);
	put__number(&put, wait->handler);
	put__text(&put, open ? NULL : waker_kind__name(wait->waker_kind & 7));
	put__reference(&put, open ? 0 : wait->waker_tid);
	return put__end(&put);
}

static int on_wait(void *context, const struct replay_wait *wait)
{
	return put_wait(context, wait, false);
}

static int on_call(void *context, const struct replay_call *call)
{
	struct sqlite *sqlite = context;
	bool failed = call->result < 0 && call->result >= -4095;
	struct put put;

	put__begin(&put, sqlite, TABLE_CALLS);
	put__number(&put, ++sqlite->ids[TABLE_CALLS]);
	put__number(&put, call->thread);
	put__text(&put, syscalls__name((uint16_t)call->done.call));
	put__number(&put, call->cpu);
	put__number(&put, call->since);
	put__number(&put, call->done.total);
	put__number(&put, call->done.off_cpu);
	put__number(&put, call->done.blocked);
	put__number(&put, (uint64_t)call->result);
	put__text(&put, failed ? errnos__name((int)-call->result) : NULL);
	put__number(&put, call->argument);
	put__number(&put, call->done.censored);
	return put__end(&put);
}

static int on_waking(void *context, const struct replay_waking *waking)
{
	struct sqlite *sqlite = context;
	struct put put;

	put__begin(&put, sqlite, TABLE_WAKINGS);
	put__number(&put, ++sqlite->ids[TABLE_WAKINGS]);
	put__number(&put, waking->thread);
	put__reference(&put, waking->row);
	put__number(&put, waking->cpu);
	put__number(&put, waking->time);
	put__text(&put, waker_kind__name(waking->waker_kind & 7));
	put__reference(&put, waking->waker_tid);
	put__reference(&put, waking->waker_thread);
	return put__end(&put);
}

static const char *ending_of(uint32_t event)
{
	switch (event) {
	case LEDGER_EVENT_BLOCKED:
		return "blocked";
	case LEDGER_EVENT_PREEMPTED:
		return "preempted";
	case LEDGER_EVENT_ENDED:
		return "ended";
	}
	return NULL; /* the window did */
}

static int on_slice(void *context, const struct replay_slice *slice)
{
	struct sqlite *sqlite = context;
	struct put put;

	put__begin(&put, sqlite, TABLE_SLICES);
	put__number(&put, ++sqlite->ids[TABLE_SLICES]);
	put__number(&put, slice->thread);
	put__number(&put, slice->cpu);
	put__number(&put, slice->since);
	put__number(&put, slice->until - slice->since);
	put__text(&put, ending_of(slice->end));
	return put__end(&put);
}

static int on_request(void *context, const struct replay_request *request)
{
	struct sqlite *sqlite = context;
	enum request_api api = request->api > REQUEST_BLOCK ? REQUEST_NONE : request->api;
	struct put put;

	put__begin(&put, sqlite, TABLE_REQUESTS);
	put__number(&put, ++sqlite->ids[TABLE_REQUESTS]);
	put__reference(&put, request->process);
	put__text(&put, request_api__name(api));
	put__text(&put, operations__name(api, request->operation));
	put__number(&put, request->since);
	put__number(&put, request->until - request->since);
	put__number(&put, (uint64_t)request->result);
	return put__end(&put);
}

static int on_loss(void *context, const struct replay_loss *loss)
{
	struct sqlite *sqlite = context;
	struct put put;

	put__begin(&put, sqlite, TABLE_LOSSES);
	put__number(&put, ++sqlite->ids[TABLE_LOSSES]);
	put__number(&put, loss->time);
	put__number(&put, loss->cpu);
	put__number(&put, loss->count);
	return put__end(&put);
}

struct rebuild_listener sqlite__listener(struct sqlite *sqlite)
{
	return (struct rebuild_listener){.wait = on_wait,
					 .call = on_call,
					 .waking = on_waking,
					 .slice = on_slice,
					 .request = on_request,
					 .loss = on_loss,
					 .context = sqlite};
}

/* --- who it was --------------------------------------------------------------------------------
 */

/* The wait that the end of the window cut. */
static int put_open_wait(struct sqlite *sqlite, const struct thread_row *row, uint32_t number,
			 uint64_t end)
{
	struct ledger ledger = row->ledger;
	struct replay_wait wait = {.thread = number, .row = row->wait};

	if (!ledger__close(&ledger, end, &wait.wait))
		return 0;
	wait.since = end - wait.wait.runqueue - wait.wait.blocked;
	return put_wait(sqlite, &wait, true);
}

static int put_thread(struct sqlite *sqlite, const struct thread_row *row, uint32_t number,
		      uint64_t end)
{
	struct ledger ledger = row->ledger;
	struct ledger_wait open;
	struct put put;

	ledger__close(&ledger, end, &open);
	put__begin(&put, sqlite, TABLE_THREADS);
	put__number(&put, number);
	put__number(&put, row->tid);
	put__number(&put, row->tgid);
	put__number(&put, row->ppid);
	put__text(&put, row->comm);
	put__number(&put, !!(row->flags & THREAD_KTHREAD));
	put__number(&put, ledger.start);
	put__number(&put, ledger.at);
	put__number(&put, !!(row->flags & THREAD_ENDED));
	put__number(&put, ledger__cpu(&ledger));
	put__number(&put, ledger.sum[LEDGER_USER]);
	put__number(&put, ledger.sum[LEDGER_KERNEL]);
	put__number(&put, ledger.sum[LEDGER_RUNNABLE]);
	put__number(&put, ledger.sum[LEDGER_PREEMPTED]);
	put__number(&put, ledger.sum[LEDGER_BLOCKED]);
	put__number(&put, ledger.sum[LEDGER_UNKNOWN]);
	put__number(&put, ledger.voluntary);
	put__number(&put, ledger.involuntary);
	put__number(&put, ledger.lost_waits);
	put__number(&put, ledger.lost_blocked);
	return put__end(&put);
}

static int put_threads(struct sqlite *sqlite, const struct sqlite_rest *rest)
{
	const struct rows *rows = &rest->sources->pools[POOL_THREADS];
	uint64_t end = rest->story->facts.ended_at;
	int err = 0;

	for (uint32_t i = 1; i <= rows->used && !err; i++) {
		struct thread_row row = *(const struct thread_row *)rows__at(rows, i);

		if (!row.task || row.flags & THREAD_HELD)
			continue;
		thread_row__settle(&row);
		err = put_thread(sqlite, &row, i, end);
		if (!err)
			err = put_open_wait(sqlite, &row, i, end);
	}
	return err;
}

static int put_kind(struct sqlite *sqlite, const struct sqlite_rest *rest, uint32_t number)
{
	const struct wait_row *row = rows__at(&rest->sources->pools[POOL_WAITS], number);
	const struct rows *objects = &rest->sources->pools[POOL_OBJECTS];
	const struct object_row *object = row->key.object && row->key.object <= objects->used
						  ? rows__at(objects, row->key.object)
						  : NULL;
	struct wait_words words;
	struct put put;
	int err = wait_words__of(&words, &row->key, object);

	if (err)
		return err;
	put__begin(&put, sqlite, TABLE_KINDS);
	put__number(&put, number);
	put__reference(&put, row->key.thread);
	put__text(&put, wait_class__name(words.class));
	put__number(&put, words.idle);
	put__text(&put, words.syscall);
	put__text(&put, words.object);
	put__text(&put, sleep__name(row->key.sleep));
	free(words.object);
	return put__end(&put);
}

static int put_kinds(struct sqlite *sqlite, const struct sqlite_rest *rest)
{
	const struct rows *rows = &rest->sources->pools[POOL_WAITS];
	const struct rows *threads = &rest->sources->pools[POOL_THREADS];
	int err = 0;

	for (uint32_t i = 1; i <= rows->used && !err; i++) {
		const struct wait_row *row = rows__at(rows, i);
		const struct thread_row *thread = row->key.thread <= threads->used
							  ? rows__at(threads, row->key.thread)
							  : NULL;

		if (thread && thread->task && !(thread->flags & THREAD_HELD))
			err = put_kind(sqlite, rest, i);
	}
	return err;
}

static int put_tasks(struct sqlite *sqlite, const struct sqlite_rest *rest)
{
	int err = 0;

	for (uint32_t i = 1; i < rebuild__task_count(rest->rebuild) && !err; i++) {
		const struct identity_task *task = rebuild__task(rest->rebuild, i);
		char comm[sizeof(task->comm) + 1] = "";
		struct put put;

		if (!task)
			continue;
		memcpy(comm, task->comm, sizeof(task->comm));
		put__begin(&put, sqlite, TABLE_TASKS);
		put__number(&put, i);
		put__number(&put, task->pid);
		put__text(&put, comm);
		err = put__end(&put);
	}
	return err;
}

static int put_processes(struct sqlite *sqlite, const struct profile *profile)
{
	int err = 0;

	for (size_t i = 0; i < profile->process_count && !err; i++) {
		const struct process *process = &profile->processes[i];
		const struct account *account = &process->account;
		struct put put;

		put__begin(&put, sqlite, TABLE_PROCESSES);
		put__number(&put, (uint64_t)process->pid);
		put__number(&put, (uint64_t)process->ppid);
		put__text(&put, process->comm);
		put__text(&put, process->exe);
		put__number(&put, account->lifetime);
		put__number(&put, account->blocked);
		put__number(&put, account->idle);
		put__number(&put, account->running);
		put__number(&put, account->runnable);
		put__number(&put, account->preempted);
		put__number(&put, account->unknown);
		err = put__end(&put);
	}
	return err;
}

static int put_meta_text(struct sqlite *sqlite, const char *name, const char *value)
{
	struct put put;

	put__begin(&put, sqlite, TABLE_META);
	put__text(&put, name);
	put__text(&put, value);
	return put__end(&put);
}

static int put_meta(struct sqlite *sqlite, const struct sqlite_rest *rest)
{
	const struct profile *profile = rest->profile;
	const struct stream_facts *stream = &rest->story->stream;
	uint64_t end = rest->story->facts.ended_at;
	const struct {
		const char *name;
		uint64_t value;
	} numbers[] = {
		{"begin_ns", end - profile->window},
		{"end_ns", end},
		{"window_ns", profile->window},
		{"clock_ns", rest->clock},
		{"before_ns", rest->story->before},
		{"cpus", (uint64_t)profile->cpus},
		{"events", stream->events},
		{"events_lost", stream->lost},
		{"conserved", profile->audit.conserved},
	};
	int err = put_meta_text(sqlite, "schema", SQLITE_TABLES_SCHEMA);

	if (!err)
		err = put_meta_text(sqlite, "kernel", profile->kernel);
	if (!err)
		err = put_meta_text(sqlite, "tier", profile->tier == TIER_FULL ? "full" : "waits");
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]) && !err; i++) {
		struct put put;

		put__begin(&put, sqlite, TABLE_META);
		put__text(&put, numbers[i].name);
		put__number(&put, numbers[i].value);
		err = put__end(&put);
	}
	return err;
}

int sqlite__finish(struct sqlite *sqlite, const struct sqlite_rest *rest)
{
	int err = put_threads(sqlite, rest);

	if (!err)
		err = put_kinds(sqlite, rest);
	if (!err)
		err = put_tasks(sqlite, rest);
	if (!err)
		err = put_processes(sqlite, rest->profile);
	if (!err)
		err = put_meta(sqlite, rest);
	return err ? err : sqlite__complete(sqlite);
}
