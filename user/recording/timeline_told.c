// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What is told to the writer of a timeline as the replay comes to it. */
#include <errno.h>

#include "model/profile.h"
#include "names/operations.h"
#include "names/syscalls.h"
#include "recording/timeline_internal.h"

bool timeline__is_shown(const struct timeline *timeline)
{
	return timeline->headed && !timeline->over && (!timeline->from || timeline->cut);
}

/* Not before what is written of that track already, whatever the file says. */
static uint64_t at_least(uint64_t time, uint64_t floor)
{
	return time > floor ? time : floor;
}

/* --- calls ------------------------------------------------------------------------------------ */

static int end_call(struct timeline *timeline, struct track *track, struct timeline_call *call,
		    enum timeline_end end)
{
	track->inside = false;
	call->thread = &track->thread;
	call->end = end;
	call->until = at_least(call->until, at_least(call->since, track->floor));
	track->floor = call->until;
	track->wait = 0;
	return TELL(timeline, call, call);
}

/* A call that was begun and of which no end was told is over all the same. */
int timeline__drop_call(struct timeline *timeline, struct track *track, uint64_t time,
			enum timeline_end end)
{
	struct timeline_call call = {.since = track->entered, .until = time};

	if (!track->inside)
		return 0;
	call.name = syscalls__name((uint16_t)track->call);
	return end_call(timeline, track, &call, end);
}

/* Begins a call, unless it is begun. What is inside of it may follow then. */
int timeline__begin_call(struct timeline *timeline, struct track *track, uint64_t since,
			 uint32_t call)
{
	struct timeline_call begun = {.thread = &track->thread};
	int err;

	if (track->inside && track->entered == since && track->call == call)
		return 0;
	err = timeline__drop_call(timeline, track, since, TIMELINE_UNSEEN);
	if (err)
		return err;
	track->inside = true;
	track->entered = since;
	track->call = call;
	begun.since = begun.until = at_least(since, track->floor);
	track->floor = begun.since;
	begun.name = syscalls__name((uint16_t)call);
	return TELL(timeline, enter, &begun);
}

/* Of a call whose entry was not seen: the window's begin, or the thread's. */
uint64_t replay_thread__entry(const struct replay_thread *thread)
{
	const struct ledger *ledger = &thread->ledger;

	return ledger->flags & (LEDGER_ENTRY_SEEN | LEDGER_RESTARTING) ? ledger->call_since
								       : ledger->start;
}

static const char *object_of(struct timeline *timeline, const struct track *track, uint32_t call)
{
	const struct wait_key *key = cast__wait(timeline->cast, track->wait);
	const struct wait_words *words;

	if (!key || key->syscall != call)
		return NULL;
	words = cast__words(timeline->cast, track->wait);
	return words ? words->object : NULL;
}

static int on_call(void *context, const struct replay_call *done)
{
	struct timeline *timeline = context;
	uint32_t number = done->done.call;
	struct timeline_call call = {
		.until = done->until,
		.name = syscalls__name((uint16_t)number),
		.result = done->result,
		.descriptor = done->argument,
		.is_io = done->flags & STREAM_CALL_IO,
		.nonblocking = done->flags & STREAM_CALL_NONBLOCKING,
		.censored = done->done.censored,
	};
	struct track *track;
	int err;

	if (!timeline__is_shown(timeline))
		return 0;
	track = timeline__track(timeline, done->thread, &err);
	if (!track)
		return err;
	call.since = done->since;
	if (call.censored)
		call.since = replay__thread(timeline->replay, done->thread)->ledger.start;
	err = timeline__begin_call(timeline, track, call.since, number);
	call.object = object_of(timeline, track, number);
	return err ? err : end_call(timeline, track, &call, TIMELINE_RETURNED);
}

/* --- waits ------------------------------------------------------------------------------------ */

static int on_waking(void *context, const struct replay_waking *waking)
{
	struct timeline *timeline = context;
	struct timeline_thread waker, thread;
	struct timeline_waking told = {.time = waking->time,
				       .cpu = waking->cpu,
				       .thread = &thread,
				       .waker = &waker,
				       .kind = waking->waker_kind};
	struct track *track;
	int err;

	if (!timeline__is_shown(timeline))
		return 0;
	err = timeline__waker(timeline, waking->waker_tid, waking->waker_thread, &waker);
	track = err ? NULL : timeline__track(timeline, waking->thread, &err);
	if (!track)
		return err;
	if (waker.track)
		told.flow = ++timeline->flow_count;
	track->flow = told.flow;
	thread = track->thread;
	return TELL(timeline, waking, &told);
}

/* The words of its row, which may be none: no room for it. */
static void describe(struct timeline *timeline, uint32_t row, struct timeline_wait *wait)
{
	const struct wait_key *key = cast__wait(timeline->cast, row);
	const struct wait_words *words = key ? cast__words(timeline->cast, row) : NULL;

	wait->class = CLASS_OTHER;
	if (key)
		wait->sleep = key->sleep;
	if (!words)
		return;
	wait->class = words->class;
	wait->idle = words->idle;
	wait->syscall = words->syscall;
	wait->object = words->object;
}

/* An operation is outstanding while it sleeps in it; behind a helper of POSIX AIO is a request. */
static int count_operation(struct timeline *timeline, const struct track *track,
			   const struct timeline_wait *wait)
{
	const struct wait kind = {.class = wait->class, .idle = wait->idle};

	if (!wait__is_operation(&kind) || track->helper)
		return 0;
	return timeline__outstanding(timeline, track->process, track->thread.pid, LEVEL_OPERATIONS,
				     wait->since, wait->woken);
}

int timeline__tell_wait(struct timeline *timeline, uint32_t number, uint32_t row,
			struct timeline_wait *wait)
{
	const struct replay_thread *thread = replay__thread(timeline->replay, number);
	struct track *track;
	int err;

	track = timeline__track(timeline, number, &err);
	if (!track)
		return err;
	if (thread->ledger.flags & (LEDGER_IN_CALL | LEDGER_RESTARTING) &&
	    thread->ledger.call != SYSCALL_NONE && replay_thread__entry(thread) <= wait->since) {
		err = timeline__begin_call(timeline, track, replay_thread__entry(thread),
					   thread->ledger.call);
		track->wait = row;
	}
	if (err)
		return err;
	wait->thread = &track->thread;
	wait->since = at_least(wait->since, track->floor);
	wait->woken = at_least(wait->woken, wait->since);
	wait->until = at_least(wait->until, wait->woken);
	wait->flow = wait->asleep ? 0 : track->flow;
	track->flow = 0;
	track->floor = wait->until;
	describe(timeline, row, wait);
	err = count_operation(timeline, track, wait);
	return err ? err : TELL(timeline, wait, wait);
}

static int on_wait(void *context, const struct replay_wait *done)
{
	struct timeline *timeline = context;
	struct timeline_thread waker;
	struct timeline_wait wait = {
		.waker = &waker,
		.since = done->since,
		.woken = done->woken,
		.until = done->until,
		.kind = done->waker_kind,
		.censored = done->wait.censored,
	};
	int err;

	if (!timeline__is_shown(timeline))
		return 0;
	err = timeline__waker(timeline, done->waker_tid, 0, &waker);
	return err ? err : timeline__tell_wait(timeline, done->thread, done->row, &wait);
}

/* --- the rest --------------------------------------------------------------------------------- */

static int on_request(void *context, const struct replay_request *done)
{
	struct timeline *timeline = context;
	uint32_t pid = cast__process(timeline->cast, done->process);
	struct timeline_request request = {
		.since = at_least(done->since, timeline->cut ? timeline->from : timeline->begun),
		.pid = pid,
		.api = done->api <= REQUEST_BLOCK ? done->api : REQUEST_NONE,
		.result = done->result,
	};
	int err;

	if (!timeline__is_shown(timeline))
		return 0;
	request.until = at_least(done->until, request.since);
	request.operation = operations__name(request.api, done->operation);
	err = timeline__tell_process(timeline, pid, 0, NULL, false);
	if (!err && request__is_operation(request.api, done->operation))
		err = timeline__outstanding(timeline, done->process, pid, LEVEL_OPERATIONS,
					    request.since, request.until);
	if (!err)
		err = timeline__outstanding(timeline, done->process, pid,
					    LEVEL_REQUESTS + request.api, request.since,
					    request.until);
	return err ? err : TELL(timeline, request, &request);
}

static int on_loss(void *context, const struct replay_loss *loss)
{
	struct timeline *timeline = context;
	struct timeline_loss told = {loss->time, loss->count, 0, loss->cpu};

	if (!timeline__is_shown(timeline))
		return 0;
	timeline->lost += loss->count;
	told.total = timeline->lost;
	return TELL(timeline, loss, &told);
}

int timeline__tell_switch(struct timeline *timeline, unsigned int cpu, uint64_t time, uint32_t from,
			  uint32_t to, uint32_t end, uint32_t row)
{
	const struct wait_key *key = cast__wait(timeline->cast, row);
	struct timeline_thread parties[2] = {{0}};
	const struct timeline_switch event = {
		.time = time,
		.cpu = cpu,
		.from = &parties[0],
		.to = &parties[1],
		.end = end,
		.sleep = key ? key->sleep : LEDGER_SLEEP_INTERRUPTIBLE,
	};
	struct track *track;
	int err = 0;

	track = from ? timeline__track(timeline, from, &err) : NULL;
	if (track) {
		parties[0] = track->thread;
		err = timeline__set_running(timeline, track, time, false);
	}
	if (!err && track && end == LEDGER_EVENT_ENDED)
		err = timeline__drop_call(timeline, track, time, TIMELINE_NEVER);
	track = to && !err ? timeline__track(timeline, to, &err) : NULL;
	if (track) {
		parties[1] = track->thread;
		err = timeline__set_running(timeline, track, time, true);
	}
	return err ? err : TELL(timeline, switched, &event);
}

const struct replay_hooks timeline__hooks = {
	.wait = on_wait,
	.call = on_call,
	.waking = on_waking,
	.request = on_request,
	.loss = on_loss,
};
