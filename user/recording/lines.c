// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "names/syscalls.h"
#include "recording/grown.h"
#include "recording/lines.h"
#include "recording/replay.h"
#include "recording/thread_ids.h"

/* All waits of one row in a call. */
struct part {
	uint32_t row;
	uint32_t waker_kind, waker_tid;
	bool censored, open;
	uint64_t count, blocked, runqueue;
};

/* What a thread has slept in the call that it is in. */
struct pending {
	struct part *parts;
	uint32_t count, room;
};

struct lines {
	struct lines_options options;
	struct cast *cast;
	struct replay *replay;
	uint64_t began;	      /* 0: not yet */
	struct grown pending; /* by thread row */
	struct thread_ids ids;
	/* of the line that is being made: */
	struct line_sleep *sleeps;
	char (*comms)[RECORDS_COMM]; /* of their wakers */
	uint32_t room;
};

static int on_wait(void *context, const struct replay_wait *wait);
static int on_call(void *context, const struct replay_call *call);
static int on_slice(void *context, const struct replay_slice *slice);
static int on_loss(void *context, const struct replay_loss *loss);
static int on_begin(void *context, uint32_t thread, uint64_t time);

struct lines *lines__new(const struct lines_options *options, struct cast *cast)
{
	struct lines *lines = calloc(1, sizeof(*lines));
	const struct replay_hooks hooks = {.wait = on_wait,
					   .call = on_call,
					   .slice = on_slice,
					   .loss = on_loss,
					   .begin = on_begin,
					   .context = lines};

	if (!lines)
		return NULL;
	lines->options = *options;
	lines->cast = cast;
	lines->pending.size = sizeof(struct pending);
	lines->ids = THREAD_IDS_EMPTY;
	lines->replay = replay__new(&hooks, ROWS_MOST);
	if (lines->replay)
		return lines;
	lines__free(lines);
	return NULL;
}

void lines__free(struct lines *lines)
{
	if (!lines)
		return;
	for (uint32_t i = 0; i < lines->pending.room; i++)
		free(((struct pending *)lines->pending.base)[i].parts);
	free(lines->pending.base);
	thread_ids__clear(&lines->ids);
	free(lines->sleeps);
	free(lines->comms);
	replay__free(lines->replay);
	free(lines);
}

uint64_t lines__since_begin(const struct lines *lines, uint64_t time)
{
	return lines->began && time > lines->began ? time - lines->began : 0;
}

/* --- what is kept ------------------------------------------------------------------------------
 */

static struct part *find_part(const struct pending *pending, uint32_t row)
{
	for (uint32_t i = 0; i < pending->count; i++)
		if (pending->parts[i].row == row)
			return &pending->parts[i];
	return NULL;
}

static int add_part(struct pending *pending, const struct part *fresh)
{
	uint32_t room = pending->room ? pending->room * 2 : 2;
	struct part *parts;

	if (pending->count == pending->room) {
		parts = reallocarray(pending->parts, room, sizeof(*parts));
		if (!parts)
			return -ENOMEM;
		pending->parts = parts;
		pending->room = room;
	}
	pending->parts[pending->count++] = *fresh;
	return 0;
}

static int keep(struct pending *pending, const struct part *fresh)
{
	struct part *part = find_part(pending, fresh->row);

	if (!part)
		return add_part(pending, fresh);
	part->waker_kind = fresh->waker_kind;
	part->waker_tid = fresh->waker_tid;
	part->censored |= fresh->censored;
	part->open = fresh->open;
	part->count += fresh->count;
	part->blocked += fresh->blocked;
	part->runqueue += fresh->runqueue;
	return 0;
}

static int compare_parts(const void *left, const void *right)
{
	const struct part *a = left, *b = right;

	return a->blocked != b->blocked ? (a->blocked < b->blocked) - (a->blocked > b->blocked)
					: (a->row > b->row) - (a->row < b->row);
}

/* --- who it was --------------------------------------------------------------------------------
 */

static void tell_waker(struct lines *lines, const struct part *part, struct line_waker *waker,
		       char comm[RECORDS_COMM])
{
	uint32_t tid = part->waker_tid;
	const struct identity_thread *thread;
	const struct identity_task *task;

	*waker = (struct line_waker){.kind = part->waker_kind, .tid = (int)tid};
	if (!tid || tid >= ROWS_MOST)
		return;
	thread = cast__thread(lines->cast, thread_ids__row(&lines->ids, lines->cast, tid));
	if (thread) {
		waker->pid = (int)thread->tgid;
		waker->comm = memcpy(comm, thread->comm, RECORDS_COMM);
		return;
	}
	task = cast__task(lines->cast, tid);
	if (!task)
		return;
	waker->pid = (int)task->pid;
	waker->comm = memcpy(comm, task->comm, RECORDS_COMM);
}

static void tell_sleep(struct lines *lines, const struct part *part, struct line_sleep *sleep,
		       char comm[RECORDS_COMM])
{
	const struct wait_key *key = cast__wait(lines->cast, part->row);
	const struct wait_words *words = key ? cast__words(lines->cast, part->row) : NULL;

	*sleep = (struct line_sleep){
		.censored = part->censored,
		.open = part->open,
		.count = part->count,
		.blocked = part->blocked,
		.runqueue = part->runqueue,
		.class = CLASS_OTHER,
	};
	if (words) {
		sleep->known = true;
		sleep->class = words->class;
		sleep->sleep = key->sleep;
		sleep->syscall = words->syscall;
		sleep->object = words->object;
		sleep->idle = words->idle;
	}
	if (!part->open)
		tell_waker(lines, part, &sleep->waker, comm);
}

static int make_room(struct lines *lines, uint32_t count)
{
	struct line_sleep *sleeps;
	char(*comms)[RECORDS_COMM];

	if (count <= lines->room)
		return 0;
	sleeps = reallocarray(lines->sleeps, count, sizeof(*sleeps));
	if (sleeps)
		lines->sleeps = sleeps;
	comms = reallocarray(lines->comms, count, sizeof(*comms));
	if (comms)
		lines->comms = comms;
	if (!sleeps || !comms)
		return -ENOMEM;
	lines->room = count;
	return 0;
}

/* With what it slept, and whose it is. The parts are told, and forgotten. */
static int tell(struct lines *lines, uint32_t number, struct trace_line *line, struct part *parts,
		uint32_t count)
{
	const struct identity_thread *thread = cast__thread(lines->cast, number);
	struct identity_thread copy = {0};

	if (thread)
		copy = *thread;
	if (copy.flags & THREAD_HELD) /* the command before its exec: outside the window */
		return 0;
	if (make_room(lines, count))
		return -ENOMEM;
	line->pid = (int)copy.tgid;
	line->tid = (int)copy.tid;
	line->comm = thread ? copy.comm : NULL;
	if (count > 1)
		qsort(parts, count, sizeof(*parts), compare_parts);
	for (uint32_t i = 0; i < count; i++) {
		tell_sleep(lines, &parts[i], &lines->sleeps[i], lines->comms[i]);
		line->waits += parts[i].count;
		line->blocked += parts[i].blocked;
		line->runqueue += parts[i].runqueue;
	}
	line->sleeps = lines->sleeps;
	line->sleep_count = count;
	if (!line->is_call && count && lines->sleeps[0].known)
		line->syscall = lines->sleeps[0].syscall;
	line->since = lines__since_begin(lines, line->since);
	line->until = lines__since_begin(lines, line->until);
	return lines->options.line(lines->options.context, line);
}

/* --- events ------------------------------------------------------------------------------------
 */

static struct pending *pending_of(struct lines *lines, uint32_t thread)
{
	return grown__at(&lines->pending, thread);
}

static bool is_in_call(const struct lines *lines, const struct ledger *ledger)
{
	return lines->options.full && (ledger->flags & LEDGER_IN_CALL);
}

static int on_wait(void *context, const struct replay_wait *wait)
{
	struct lines *lines = context;
	const struct replay_thread *thread = replay__thread(lines->replay, wait->thread);
	struct part part = {
		.row = wait->row,
		.waker_kind = wait->waker_kind,
		.waker_tid = wait->waker_tid,
		.censored = wait->wait.censored,
		.count = 1,
		.blocked = wait->wait.blocked,
		.runqueue = wait->wait.runqueue,
	};
	struct trace_line line = {
		.since = wait->since, .until = wait->until, .cpu = wait->cpu, .finished = true};
	struct pending *pending;

	if (!is_in_call(lines, &thread->ledger))
		return tell(lines, wait->thread, &line, &part, 1);
	pending = pending_of(lines, wait->thread);
	return pending ? keep(pending, &part) : grown__error(wait->thread);
}

static int on_call(void *context, const struct replay_call *call)
{
	struct lines *lines = context;
	struct pending *pending = pending_of(lines, call->thread);
	struct trace_line line = {
		.is_call = true,
		.since = call->since,
		.until = call->until,
		.cpu = call->cpu,
		.syscall = syscalls__name(call->done.call),
		.entered = !call->done.censored,
		.finished = true,
		.result = call->result,
		.argument = call->argument,
		.on_descriptor = syscalls__takes_descriptor((uint16_t)call->done.call),
	};
	uint32_t count;

	if (!pending)
		return grown__error(call->thread);
	count = pending->count;
	pending->count = 0;
	if (!count && !lines->options.all_calls)
		return 0;
	line.has_result = syscalls__has_result(line.syscall, call->result);
	return tell(lines, call->thread, &line, pending->parts, count);
}

/* Of a call that will not return, or whose return is not seen. */
static int tell_unfinished(struct lines *lines, uint32_t number, uint64_t until)
{
	const struct replay_thread *thread = replay__thread(lines->replay, number);
	struct pending *pending = pending_of(lines, number);
	uint32_t count = pending ? pending->count : 0;
	struct trace_line line = {.is_call = true, .until = until};

	if (!count || !thread)
		return pending ? 0 : grown__error(number);
	pending->count = 0;
	line.since = thread->ledger.call_since;
	line.cpu = thread->cpu;
	line.syscall = syscalls__name((uint16_t)thread->ledger.call);
	line.entered = thread->ledger.flags & LEDGER_ENTRY_SEEN;
	return tell(lines, number, &line, pending->parts, count);
}

static int on_slice(void *context, const struct replay_slice *slice)
{
	if (slice->end != LEDGER_EVENT_ENDED)
		return 0;
	return tell_unfinished(context, slice->thread, slice->until);
}

static int on_loss(void *context, const struct replay_loss *loss)
{
	struct lines *lines = context;
	const struct line_loss line = {.time = lines__since_begin(lines, loss->time),
				       .events = loss->count,
				       .cpu = loss->cpu};

	return lines->options.loss(lines->options.context, &line);
}

/* Another thread has the row now. */
static int on_begin(void *context, uint32_t number, uint64_t time)
{
	struct lines *lines = context;
	struct pending *pending = pending_of(lines, number);

	(void)time;
	if (!pending)
		return grown__error(number);
	pending->count = 0;
	return thread_ids__begin(&lines->ids, lines->cast, number);
}

/* Where it is a command that is traced, what comes before its exec is not of the trace. */
static bool begins(struct lines *lines, const struct stream_event *event)
{
	const struct identity_thread *thread =
		cast__thread(lines->cast, event->thread ? event->thread : event->other);

	return thread && !(thread->flags & THREAD_HELD);
}

int lines__event(struct lines *lines, unsigned int cpu, const struct stream_event *event)
{
	if (!lines->began && begins(lines, event))
		lines->began = event->time;
	return replay__event(lines->replay, cpu, event);
}

/* --- the end -----------------------------------------------------------------------------------
 */

static int finish_thread(struct lines *lines, uint32_t number, uint64_t end)
{
	const struct replay_thread *thread = replay__thread(lines->replay, number);
	struct pending *pending = pending_of(lines, number);
	struct trace_line line = {.until = end};
	struct ledger_wait wait;
	struct ledger ledger;
	struct part part;
	int err = 0;

	if (!pending)
		return grown__error(number);
	if (!thread)
		return 0;
	ledger = thread->ledger;
	if (!thread->ended && ledger__close(&ledger, end, &wait)) {
		part = (struct part){.row = thread->wait,
				     .waker_kind = thread->waker_kind,
				     .waker_tid = thread->waker_tid,
				     .censored = true,
				     .open = thread->ledger.state == LEDGER_BLOCKED,
				     .count = 1,
				     .blocked = wait.blocked,
				     .runqueue = wait.runqueue};
		line.since = end - wait.blocked - wait.runqueue;
		line.cpu = thread->cpu;
		if (!is_in_call(lines, &thread->ledger))
			return tell(lines, number, &line, &part, 1);
		err = keep(pending, &part);
	}
	return err ? err : tell_unfinished(lines, number, end);
}

int lines__finish(struct lines *lines, uint64_t end)
{
	int err = 0;

	for (uint32_t i = 0; i < replay__thread_count(lines->replay) && !err; i++)
		err = finish_thread(lines, i, end);
	return err;
}
