// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "model/io.h"
#include "names/syscalls.h"
#include "render/perfetto_internal.h"
#include "render/timeline_words.h"

#define UNIT_COUNT 2

/* `counter`: may be NULL. */
static int write_track(struct perfetto *perfetto, uint64_t id, uint64_t parent, const char *name,
		       Pf__CounterOfTrack *counter)
{
	Pf__Packet packet = PF__PACKET__INIT;
	Pf__Track track = PF__TRACK__INIT;

	packet.has_sequence = 1;
	packet.sequence = SEQUENCE_EVENTS;
	packet.track = &track;
	track.has_id = 1;
	track.id = id;
	track.has_parent = parent != 0;
	track.parent = parent;
	track.name = (char *)name;
	track.counter = counter;
	return perfetto__write(perfetto, &packet);
}

static uint64_t process_track(uint32_t pid)
{
	return track__id(TRACK_PROCESS, pid);
}

#define LOST_COUNTER 0 /* the number of the counter of lost events; others have larger ones */

int tracks__begin(struct perfetto *perfetto)
{
	int err = write_track(perfetto, track__id(TRACK_LOSSES, 0), 0, "events lost", NULL);

	return err ? err : tracks__counter(perfetto, LOST_COUNTER, 0, "lost events so far");
}

/* A track, and who it is of, in the tree of processes. */
static int write_owner(struct perfetto *perfetto, Pf__Track *track, Pf__ProcessTree *tree)
{
	Pf__Packet packet = PF__PACKET__INIT;
	int err;

	packet.has_sequence = 1;
	packet.sequence = SEQUENCE_EVENTS;
	packet.track = track;
	err = perfetto__write(perfetto, &packet);
	packet.track = NULL;
	packet.process_tree = tree;
	return err ? err : perfetto__write(perfetto, &packet);
}

int tracks__process(void *context, const struct timeline_process *process)
{
	struct perfetto *perfetto = context;
	Pf__Track track = PF__TRACK__INIT;
	Pf__ProcessOfTrack of = PF__PROCESS_OF_TRACK__INIT;
	Pf__ProcessTree tree = PF__PROCESS_TREE__INIT;
	Pf__ProcessTree__Process one = PF__PROCESS_TREE__PROCESS__INIT, *list = &one;
	char *owned = NULL, *name = (char *)perfetto__clean(process->name, &owned);
	int err;

	if (!name)
		return -ENOMEM;
	track.has_id = of.has_pid = one.has_pid = 1;
	track.id = process_track(process->pid);
	track.process = &of;
	of.pid = one.pid = (int32_t)process->pid;
	of.name = *name ? name : NULL;
	tree.n_process = 1;
	tree.process = &list;
	one.has_parent = process->parent != 0;
	one.parent = (int32_t)process->parent;
	one.n_words = *name ? 1 : 0;
	one.words = &name;
	err = write_owner(perfetto, &track, &tree);
	free(owned);
	return err;
}

int tracks__thread(void *context, const struct timeline_thread *thread)
{
	struct perfetto *perfetto = context;
	Pf__Track track = PF__TRACK__INIT;
	Pf__ThreadOfTrack of = PF__THREAD_OF_TRACK__INIT;
	Pf__ProcessTree tree = PF__PROCESS_TREE__INIT;
	Pf__ProcessTree__Thread one = PF__PROCESS_TREE__THREAD__INIT, *list = &one;
	char *owned = NULL, *name = (char *)perfetto__clean(thread->name, &owned);
	int err;

	if (!name)
		return -ENOMEM;
	track.has_id = track.has_parent = 1;
	track.id = track__id(TRACK_THREAD, thread->track);
	track.parent = process_track(thread->pid);
	track.thread = &of;
	of.has_pid = of.has_tid = one.has_tid = one.has_pid = 1;
	of.pid = one.pid = (int32_t)thread->pid;
	of.tid = one.tid = (int32_t)thread->tid;
	of.name = one.name = name;
	tree.n_thread = 1;
	tree.thread = &list;
	err = write_owner(perfetto, &track, &tree);
	free(owned);
	return err;
}

static uint64_t thread_track(const struct timeline_thread *thread)
{
	return track__id(TRACK_THREAD, thread->track);
}

/* A waking by a thread: an instant on its track, from which an arrow goes. */
int tracks__waking(struct perfetto *perfetto, const struct timeline_waking *waking)
{
	char name[RECORDS_COMM + 8];
	struct event event;

	if (!waking->flow)
		return 0;
	snprintf(name, sizeof(name), "wakes %s", waking->thread->name);
	event__begin(&event, perfetto, EVENT_INSTANT, thread_track(waking->waker), waking->time);
	event__name(&event, "waking", name);
	event__note_number(&event, "tid", waking->thread->tid);
	event__begin_flow(&event, waking->flow);
	return event__write(&event);
}

int tracks__enter(void *context, const struct timeline_call *call)
{
	struct event event;

	event__begin(&event, context, EVENT_BEGIN, thread_track(call->thread), call->since);
	event__name(&event, "call", timeline__call_name(call));
	return event__write(&event);
}

int tracks__call(void *context, const struct timeline_call *call)
{
	struct event event;

	event__begin(&event, context, EVENT_END, thread_track(call->thread), call->until);
	if (timeline__is_result(call))
		event__note_number(&event, "result", call->result);
	event__note_text(&event, "error", timeline__error(call->result));
	event__note_text(&event, "object", call->object);
	if (call->is_io)
		event__note_number(&event, "fd", (int32_t)call->descriptor);
	event__note_truth(&event, "nonblocking", call->nonblocking);
	event__note_truth(&event, "began before the recording", call->censored);
	event__note_text(&event, "end", timeline__end_words(call->end));
	return event__write(&event);
}

static int write_sleep(struct perfetto *perfetto, const struct timeline_wait *wait)
{
	char name[TIMELINE_NAME];
	struct event event;
	int err;

	event__begin(&event, perfetto, EVENT_BEGIN, thread_track(wait->thread), wait->since);
	event__name(&event, "wait", timeline__wait_name(wait, name));
	event__note_text(&event, "class", wait_class__name(wait->class));
	event__note_text(&event, "object", wait->object);
	event__note_text(&event, "syscall", wait->syscall);
	event__note_text(&event, "sleep", sleep__name(wait->sleep));
	if (!wait->asleep)
		event__note_text(&event, "woken by", waker_kind__name(wait->kind));
	if (wait->waker->track) {
		event__note_text(&event, "waker", wait->waker->name);
		event__note_number(&event, "waker tid", wait->waker->tid);
	}
	event__note_truth(&event, "idle", wait->idle);
	event__note_truth(&event, "began before the recording", wait->censored && !wait->open);
	event__note_truth(&event, "goes on after the recording", wait->asleep);
	err = event__write(&event);
	if (err)
		return err;
	event__begin(&event, perfetto, EVENT_END, thread_track(wait->thread), wait->woken);
	return event__write(&event);
}

int tracks__wait(void *context, const struct timeline_wait *wait)
{
	struct event event;
	int err = write_sleep(context, wait);

	if (err || wait->asleep)
		return err;
	event__begin(&event, context, EVENT_BEGIN, thread_track(wait->thread), wait->woken);
	event__name(&event, "runqueue", "run queue");
	event__end_flow(&event, wait->flow);
	err = event__write(&event);
	if (err)
		return err;
	event__begin(&event, context, EVENT_END, thread_track(wait->thread), wait->until);
	return event__write(&event);
}

/* --- requests ----------------------------------------------------------------------------------
 */

/* More tracks are not made: what overlaps is cut off at its begin then. */
#define LANES_MOST 4096

/*
 * A track for a request on which none is that overlaps it: the one that has become free last, or a
 * new one. The requests come in the order of their ends. 0: no memory.
 */
static size_t find_lane(struct perfetto *perfetto, const struct timeline_request *request)
{
	struct lane *best = NULL, *first = NULL, *lanes;
	size_t room;

	for (size_t i = 0; i < perfetto->lane_count; i++) {
		struct lane *lane = &perfetto->lanes[i];

		if (lane->pid != request->pid || lane->api != request->api)
			continue;
		if (!first || lane->until < first->until)
			first = lane;
		if (lane->until <= request->since && (!best || lane->until > best->until))
			best = lane;
	}
	if (!best && perfetto->lane_count >= LANES_MOST)
		best = first;
	if (best)
		return best - perfetto->lanes + 1;
	if (perfetto->lane_count == perfetto->lane_room) {
		room = perfetto->lane_room ? perfetto->lane_room * 2 : 16;
		lanes = reallocarray(perfetto->lanes, room, sizeof(*lanes));
		if (!lanes)
			return 0;
		perfetto->lanes = lanes;
		perfetto->lane_room = room;
	}
	perfetto->lanes[perfetto->lane_count] = (struct lane){request->pid, request->api, 0};
	return ++perfetto->lane_count;
}

int tracks__request(void *context, const struct timeline_request *request)
{
	struct perfetto *perfetto = context;
	size_t known = perfetto->lane_count, lane = find_lane(perfetto, request);
	uint64_t track = track__id(TRACK_REQUESTS, lane), since = request->since;
	char name[TIMELINE_NAME];
	struct event event;
	int err = lane ? 0 : -ENOMEM;

	snprintf(name, sizeof(name), "%s requests", request_api__name(request->api));
	if (!err && lane > known)
		err = write_track(perfetto, track, process_track(request->pid), name, NULL);
	if (err)
		return err;
	if (since < perfetto->lanes[lane - 1].until)
		since = perfetto->lanes[lane - 1].until;
	if (perfetto->lanes[lane - 1].until < request->until)
		perfetto->lanes[lane - 1].until = request->until;
	event__begin(&event, perfetto, EVENT_BEGIN, track, since);
	event__name(&event, "request", request->operation);
	event__note_text(&event, "api", request_api__name(request->api));
	event__note_number(&event, "result", request->result);
	event__note_text(&event, "error", timeline__error(request->result));
	err = event__write(&event);
	if (err)
		return err;
	event__begin(&event, perfetto, EVENT_END, track, perfetto->lanes[lane - 1].until);
	return event__write(&event);
}

/* --- counters ----------------------------------------------------------------------------------
 */

int tracks__counter(void *context, uint32_t counter, uint32_t pid, const char *name)
{
	Pf__CounterOfTrack of = PF__COUNTER_OF_TRACK__INIT;

	of.has_unit = 1;
	of.unit = UNIT_COUNT;
	return write_track(context, track__id(TRACK_COUNTER, counter),
			   counter == LOST_COUNTER ? 0 : process_track(pid), name, &of);
}

int tracks__level(void *context, uint32_t counter, uint64_t time, int64_t level)
{
	struct event event;

	event__begin(&event, context, EVENT_VALUE, track__id(TRACK_COUNTER, counter), time);
	event.event.has_value = 1;
	event.event.value = level;
	return event__write(&event);
}

int tracks__loss(struct perfetto *perfetto, const struct timeline_loss *loss)
{
	struct event event;
	int err = tracks__level(perfetto, LOST_COUNTER, loss->time, (int64_t)loss->total);

	if (err || !loss->count)
		return err;
	event__begin(&event, perfetto, EVENT_INSTANT, track__id(TRACK_LOSSES, 0), loss->time);
	event__name(&event, "loss", "events lost");
	event__note_number(&event, "count", (int64_t)loss->count);
	if (loss->cpu != TIMELINE_ANY_CPU)
		event__note_number(&event, "cpu", loss->cpu);
	return event__write(&event);
}
