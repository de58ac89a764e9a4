// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What a flight recorder has, as a recording. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "names/tasks.h"
#include "recording/flight_internal.h"

struct writing {
	struct flight *flight;
	struct writer *writer;
	struct flight_extent *extent;
	uint64_t lost;
};

/* --- how things stood --------------------------------------------------------------------------
 */

static int teach(struct flight *flight, uint32_t pool, uint32_t number, const void *bytes,
		 size_t length)
{
	const struct reader_item item = {.kind = READER_IDENTITY,
					 .pool = pool,
					 .number = number,
					 .bytes = bytes,
					 .length = length};

	return cast__take(flight->cast, &item);
}

static int teach_object(struct flight *flight, uint32_t number)
{
	const struct object_row *row = cast__object(flight->now, number);

	return row ? teach(flight, POOL_OBJECTS, number, row, sizeof(*row)) : 0;
}

/* Many name themselves after they began: as they are called now, or were at their end. */
static void name_anew(struct flight *flight, uint32_t number, struct identity_thread *thread)
{
	const struct identity_thread *now = cast__thread(flight->now, number);
	char comm[sizeof(thread->comm)];

	if (tasks__name(thread->tid, comm, sizeof(comm)) == thread->tgid)
		memcpy(thread->comm, comm, sizeof(comm));
	else if (now && now->tid == thread->tid)
		memcpy(thread->comm, now->comm, sizeof(thread->comm));
}

/* Who a thread is, in words that the session has or that are still to be had. */
static int teach_thread(struct flight *flight, uint32_t number, uint32_t wait, uint32_t waker)
{
	struct identity_thread thread = *cast__thread(flight->cast, number);
	const struct wait_key *key = cast__wait(flight->cast, wait);
	const struct identity_task *task = waker ? cast__task(flight->now, waker) : NULL;
	int err;

	name_anew(flight, number, &thread);
	err = teach(flight, POOL_THREADS, number, &thread, sizeof(thread));
	if (!err)
		err = teach_object(flight, thread.executable);
	if (!err && thread.process)
		err = teach(flight, POOL_PROCESSES, thread.process, &thread.tgid,
			    sizeof(thread.tgid));
	if (!err && key)
		err = teach_object(flight, key->object);
	if (!err && task)
		err = teach(flight, IDENTITY_TASK, waker, task, sizeof(*task));
	return err;
}

static int put(struct writing *writing, unsigned int cpu, const struct stream_event *event)
{
	writing->extent->events++;
	return writer__event(writing->writer, cpu, event);
}

static int put_thread(struct writing *writing, uint32_t number, uint64_t time)
{
	struct flight *flight = writing->flight;
	const struct replay_thread *thread = replay__thread(flight->replay, number);
	const struct identity_thread *who = cast__thread(flight->cast, number);
	struct stream_event event;
	int err;

	/* the command before its exec is outside of any window */
	if (!thread || thread->ended || !who || who->flags & THREAD_HELD)
		return 0;
	replay__tell(thread, number, &event);
	event.time = time;
	err = teach_thread(flight, number, event.row, event.other);
	if (!err)
		err = put(writing, thread->cpu, &event);
	if (!err && thread->exiting)
		err = put(writing, thread->cpu,
			  &(struct stream_event){
				  .time = time, .thread = number, .kind = STREAM_EXITING});
	if (!err && thread->stashed)
		err = put(writing, thread->cpu,
			  &(struct stream_event){.time = time,
						 .thread = number,
						 .other = thread->waker_tid,
						 .kind = STREAM_WAKING,
						 .flags = LEDGER_EVENT_WOKEN,
						 .result = (int32_t)thread->waker_kind});
	return err;
}

static int put_threads(struct writing *writing, uint64_t time)
{
	struct replay *replay = writing->flight->replay;
	int err = 0;

	replay__cut(replay, time);
	for (uint32_t i = 1; i < replay__thread_count(replay) && !err; i++)
		err = put_thread(writing, i, time);
	return err;
}

/* --- and what came then ------------------------------------------------------------------------
 */

/* The frame in which the window begins: what is before goes through the state machine. */
static int put_first_frame(struct writing *writing, uint64_t from)
{
	struct flight *flight = writing->flight;
	struct reader_item item = {.kind = READER_END};
	int err = flight->count ? flight__open_frame(flight) : 0;
	bool begun = false;

	while (!err && flight->count) {
		err = reader__next(flight->reader, &item);
		if (err || item.kind == READER_END)
			break;
		if (item.kind == READER_IDENTITY) {
			err = cast__take(flight->cast, &item);
			continue;
		}
		if (!begun && item.event.time < from) {
			err = replay__event(flight->replay, item.cpu, &item.event);
			continue;
		}
		if (!begun)
			err = put_threads(writing, from);
		begun = true;
		if (item.event.kind == STREAM_LOST)
			writing->lost += item.event.row;
		if (!err)
			err = put(writing, item.cpu, &item.event);
	}
	if (flight->count)
		flight__close_frame(flight);
	if (!err && !begun)
		err = put_threads(writing, from);
	return err ? err : writer__flush(writing->writer);
}

static int put_frames(struct writing *writing)
{
	const struct flight *flight = writing->flight;
	int err = 0;

	for (size_t i = 0; i < flight->count && !err; i++) {
		const struct kept_frame *frame = &flight->frames[flight->first + i];

		err = writer__put_frame(writing->writer, &frame->head, frame->stored);
		writing->extent->events += frame->head.count;
		writing->lost += frame->lost;
	}
	return err;
}

static int put_end(struct writing *writing, const struct sources *sources,
		   const struct profile *profile, const struct story *story)
{
	static const struct sources none;
	struct flight_extent *extent = writing->extent;
	struct story told = *story;
	char *end;
	int err;

	if (extent->cut) {
		told.before = extent->begin - story->facts.attached_at;
		told.facts.attached_at = extent->begin;
	}
	told.stream.events = extent->events;
	told.stream.lost = writing->lost;
	end = story__end(profile, &told);
	err = end ? writer__finish(writing->writer, extent->cut || !sources ? &none : sources, NULL,
				   end)
		  : -ENOMEM;
	free(end);
	return err;
}

/* The begin of what will be in the file. */
static int find_begin(struct flight *flight, const struct story *story,
		      struct flight_extent *extent)
{
	uint64_t from = flight__from(flight, story->facts.ended_at);
	int err = flight__drop(flight, from);

	*extent = (struct flight_extent){.begin = from,
					 .end = story->facts.ended_at,
					 .cut = flight->cut || from > story->facts.attached_at};
	if (!extent->cut)
		extent->begin = story->facts.attached_at;
	if (flight->cut && flight->count && flight->frames[flight->first].begun > from) {
		extent->begin = flight->frames[flight->first].begun;
		extent->limited = true;
	}
	return err;
}

int flight__write(struct flight *flight, FILE *stream, const char *head,
		  const struct sources *sources, const struct profile *profile,
		  const struct story *story, struct flight_extent *extent)
{
	struct writing writing = {.flight = flight, .extent = extent};
	int err = writer__flush(flight->writer);

	if (!err)
		err = find_begin(flight, story, extent);
	if (!err)
		err = writer__new_of_cast(&writing.writer, stream, head, flight->cast);
	if (!err && extent->cut)
		err = put_first_frame(&writing, extent->begin);
	if (!err)
		err = put_frames(&writing);
	if (!err)
		err = put_end(&writing, sources, profile, story);
	if (!err)
		extent->bytes = writer__bytes(writing.writer);
	writer__free(writing.writer);
	return err;
}
