// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "recording/timeline_internal.h"

/* --- the window, as rebuild.c has it -----------------------------------------------------------
 */

/* The row of a command before its exec: outside of the window. It ends without an event, as the
 * exec begins another. */
static bool is_held(const struct timeline *timeline, uint32_t number)
{
	const struct identity_thread *thread = cast__thread(timeline->cast, number);

	return thread && thread->flags & THREAD_HELD;
}

static int begin_window(struct timeline *timeline, const struct stream_event *event)
{
	struct timeline_head head = {timeline->kernel, event->time};

	if (event->kind != STREAM_BEGIN || !cast__thread(timeline->cast, event->thread) ||
	    is_held(timeline, event->thread))
		return 0;
	timeline->begun = event->time;
	if (timeline->from)
		timeline->from += event->time;
	if (timeline->to)
		timeline->to += event->time;
	if (timeline->from)
		head.begin = timeline->from;
	timeline->headed = true;
	return TELL(timeline, begin, &head);
}

/* Who is on a CPU as a part of the window begins. */
static int begin_part(struct timeline *timeline)
{
	const struct replay_thread *thread;
	int err = 0;

	replay__cut(timeline->replay, timeline->from);
	timeline->cut = true;
	for (uint32_t i = 1; i < replay__thread_count(timeline->replay) && !err; i++) {
		thread = replay__thread(timeline->replay, i);
		if (thread && thread->on_cpu && !is_held(timeline, i))
			err = timeline__tell_switch(timeline, thread->cpu, timeline->from, 0, i,
						    LEDGER_EVENT_NONE, 0);
	}
	return err;
}

static int show_event(struct timeline *timeline, unsigned int cpu, const struct stream_event *event)
{
	const struct replay_thread *thread;
	struct track *track;
	int err = 0;

	if (event->kind == STREAM_SWITCH)
		return timeline__tell_switch(timeline, cpu, event->time, event->thread,
					     event->other, event->flags & STREAM_OUT_MASK,
					     event->row);
	if (event->kind != STREAM_BEGIN)
		return 0;
	track = timeline__track(timeline, event->thread, &err);
	if (track)
		err = timeline__drop_call(timeline, track, event->time, TIMELINE_UNSEEN);
	thread = replay__thread(timeline->replay, event->thread);
	if (err || !thread || !thread->on_cpu)
		return err;
	return timeline__tell_switch(timeline, cpu, event->time, 0, event->thread,
				     LEDGER_EVENT_NONE, 0);
}

static int take_event(struct timeline *timeline, unsigned int cpu, const struct stream_event *event)
{
	int err = timeline->headed ? 0 : begin_window(timeline, event);

	if (!err && timeline->from && timeline->headed && !timeline->cut &&
	    event->time >= timeline->from)
		err = begin_part(timeline);
	if (timeline->to && timeline->headed && event->time >= timeline->to)
		timeline->over = true;
	if (err || timeline->over)
		return err;
	if (event->time > timeline->last)
		timeline->last = event->time;
	err = replay__event(timeline->replay, cpu, event);
	return err || !timeline__is_shown(timeline) ? err : show_event(timeline, cpu, event);
}

static int take_identity(struct timeline *timeline, const struct reader_item *item)
{
	struct grown *tracks = &timeline->tracks;
	int err = cast__take(timeline->cast, item);

	if (!err && item->pool == POOL_THREADS && item->number && item->number <= tracks->used)
		((struct track *)grown__at(tracks, item->number))->stale = true;
	return err;
}

int timeline__take(struct timeline *timeline, const struct reader_item *item)
{
	if (item->kind == READER_EVENT)
		return take_event(timeline, item->cpu, &item->event);
	return item->kind == READER_IDENTITY ? take_identity(timeline, item) : 0;
}

/* What is open at the end: a wait, and a call. */
static int end_open(struct timeline *timeline, uint32_t number, uint64_t end)
{
	const struct replay_thread *thread = replay__thread(timeline->replay, number);
	struct timeline_thread waker = {0};
	struct timeline_wait wait = {.waker = &waker, .until = end, .open = true};
	struct track *track;
	int err = 0;

	if (!thread || thread->ended)
		return 0;
	if (is_held(timeline, number)) /* what a damaged file told of it is over, no more */
		return number <= timeline->tracks.used
			       ? timeline__drop_call(timeline, grown__at(&timeline->tracks, number),
						     end, TIMELINE_OPEN)
			       : 0;
	if (thread->ledger.flags & LEDGER_WAITING &&
	    (thread->ledger.state == LEDGER_BLOCKED || thread->ledger.state == LEDGER_RUNNABLE)) {
		wait.since = thread->ledger.wait_since;
		wait.asleep = thread->ledger.state == LEDGER_BLOCKED;
		wait.woken = wait.asleep ? end : thread->ledger.woken_at;
		wait.censored = thread->ledger.flags & LEDGER_CENSORED;
		if (!wait.asleep) {
			wait.kind = thread->waker_kind;
			err = timeline__waker(timeline, thread->waker_tid, 0, &waker);
		}
		if (!err)
			err = timeline__tell_wait(timeline, number, thread->wait, &wait);
	}
	track = err ? NULL : timeline__track(timeline, number, &err);
	if (track && thread->ledger.flags & LEDGER_IN_CALL && thread->ledger.call != SYSCALL_NONE)
		err = timeline__begin_call(timeline, track, replay_thread__entry(thread),
					   thread->ledger.call);
	if (!err && track)
		err = timeline__drop_call(timeline, track, end, TIMELINE_OPEN);
	return err;
}

/* A loss is told by the next event of its CPU, which may never have come. */
static int tell_last_losses(struct timeline *timeline, uint64_t lost)
{
	struct timeline_loss loss = {timeline->last, 0, lost, TIMELINE_ANY_CPU};

	if (timeline->from || timeline->to || lost <= timeline->lost)
		return 0;
	loss.count = lost - timeline->lost;
	return TELL(timeline, loss, &loss);
}

int timeline__finish(struct timeline *timeline, uint64_t end, uint64_t lost)
{
	struct timeline_head head = {timeline->kernel, timeline->last};
	int err = 0;

	if (!timeline->headed) {
		timeline->headed = true;
		err = TELL(timeline, begin, &head);
	}
	if (!err)
		err = tell_last_losses(timeline, lost);
	if (end < timeline->last)
		end = timeline->last;
	if (timeline->over)
		end = timeline->to;
	timeline->over = false;
	for (uint32_t i = 1; i < replay__thread_count(timeline->replay) && !err; i++)
		if (timeline__is_shown(timeline))
			err = end_open(timeline, i, end);
	if (!err)
		err = timeline__levels_finish(timeline);
	return err ? err : timeline->writer->finish(timeline->writer->context);
}

struct timeline *timeline__new(const struct timeline_writer *writer, const char *kernel,
			       uint64_t from, uint64_t to)
{
	struct timeline *timeline = calloc(1, sizeof(*timeline));
	struct replay_hooks hooks = timeline__hooks;

	if (!timeline)
		return NULL;
	hooks.context = timeline;
	timeline->writer = writer;
	timeline->from = from;
	timeline->to = to;
	timeline->kernel = kernel ? strdup(kernel) : NULL;
	timeline->tracks.size = sizeof(struct track);
	timeline->rows.size = sizeof(uint32_t);
	timeline->tasks.size = timeline->pids.size = sizeof(uint8_t);
	timeline->crowds.size = sizeof(struct crowd);
	timeline->cast = cast__new(NULL);
	timeline->replay = replay__new(&hooks, ROWS_MOST);
	if (timeline->cast && timeline->replay && (!kernel || timeline->kernel) &&
	    !timeline__levels_new(timeline))
		return timeline;
	timeline__free(timeline);
	return NULL;
}

void timeline__free(struct timeline *timeline)
{
	if (!timeline)
		return;
	steps__free(timeline->running);
	steps__free(timeline->outstanding);
	replay__free(timeline->replay);
	cast__free(timeline->cast);
	free(timeline->kernel);
	free(timeline->tracks.base);
	free(timeline->rows.base);
	free(timeline->tasks.base);
	free(timeline->pids.base);
	free(timeline->crowds.base);
	free(timeline);
}
