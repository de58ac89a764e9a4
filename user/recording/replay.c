// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/per_cpu.h"
#include "recording/replay.h"

struct replay {
	struct replay_hooks hooks;
	struct replay_thread *threads;
	uint32_t count, limit; /* rows in `threads`; that there can be */
	uint32_t *running;     /* by CPU: the row of whom it runs */
	unsigned int cpus;
};

/* restart_syscall of the programs: its number, in each ABI */
static uint32_t restart_call(uint32_t call)
{
	return call & SYSCALL_COMPAT ? SYSCALL_COMPAT : 219;
}

struct replay *replay__new(const struct replay_hooks *hooks, uint32_t threads)
{
	struct replay *replay = calloc(1, sizeof(*replay));

	if (replay)
		*replay = (struct replay){.hooks = *hooks, .limit = threads};
	return replay;
}

void replay__free(struct replay *replay)
{
	if (!replay)
		return;
	free(replay->threads);
	free(replay->running);
	free(replay);
}

static int make_room(struct replay *replay, uint32_t number)
{
	uint32_t count = replay->count ? replay->count : 64;
	struct replay_thread *threads;

	if (number >= replay->limit)
		return -EPROTO;
	while (count <= number)
		count *= 2;
	if (count > replay->limit)
		count = replay->limit;
	if (count == replay->count)
		return 0;
	threads = calloc(count, sizeof(*threads)); /* as grown__at() */
	if (!threads)
		return -ENOMEM;
	if (replay->count)
		memcpy(threads, replay->threads, replay->count * sizeof(*threads));
	free(replay->threads);
	replay->threads = threads;
	replay->count = count;
	return 0;
}

static void begin(struct replay_thread *thread, uint64_t time, uint32_t state, uint32_t resume)
{
	*thread = (struct replay_thread){.seen = true};
	thread->ledger.call = SYSCALL_NONE;
	ledger__begin(&thread->ledger, time, state & (LEDGER_STATES - 1),
		      resume & (LEDGER_STATES - 1));
}

/* One whose begin is not in the events: it is known from now on. */
static int find(struct replay *replay, uint32_t number, uint64_t time, struct replay_thread **found)
{
	int err = number < replay->count ? 0 : make_room(replay, number);

	if (err)
		return err;
	*found = &replay->threads[number];
	if (!(*found)->seen)
		begin(*found, time, LEDGER_UNKNOWN, LEDGER_RUNNING);
	return 0;
}

static int tell_call(struct replay *replay, uint32_t number, unsigned int cpu,
		     const struct ledger_call *done, const struct replay_call *rest)
{
	const struct replay_thread *thread = &replay->threads[number];
	struct replay_call call = *rest;

	if (!replay->hooks.call || done->call == SYSCALL_NONE)
		return 0;
	call.thread = number;
	call.cpu = cpu;
	call.done = *done;
	call.since = thread->ledger.call_since;
	call.woken = thread->woken;
	return replay->hooks.call(replay->hooks.context, &call);
}

static int enter(struct replay *replay, uint32_t number, unsigned int cpu, uint64_t time,
		 uint32_t call)
{
	struct ledger *ledger = &replay->threads[number].ledger;
	uint32_t restart = restart_call(call);
	struct ledger_call done;
	int err = 0;

	if (ledger__interrupted(ledger, call, restart)) {
		ledger__take_interrupted(ledger, &done);
		err = tell_call(
			replay, number, cpu, &done,
			&(struct replay_call){.until = ledger->restart_until, .result = -EINTR});
	}
	ledger__enter_call(ledger, time, call, restart);
	return err;
}

static int enter_late(struct replay *replay, uint32_t number, unsigned int cpu,
		      const struct stream_event *event)
{
	if (!event->since)
		return 0;
	return enter(replay, number, cpu, event->time - event->since, event->call);
}

static int tell_waking(struct replay *replay, uint32_t number, unsigned int cpu, uint64_t time,
		       uint32_t kind, uint32_t tid)
{
	struct replay_waking waking = {
		.thread = number,
		.row = replay->threads[number].wait,
		.cpu = cpu,
		.time = time,
		.waker_kind = kind,
		.waker_tid = tid,
		.waker_thread = cpu < replay->cpus ? replay->running[cpu] : 0,
	};

	return replay->hooks.waking ? replay->hooks.waking(replay->hooks.context, &waking) : 0;
}

static int wake(struct replay *replay, uint32_t number, unsigned int cpu, uint64_t time)
{
	struct replay_thread *thread = &replay->threads[number];

	ledger__waking(&thread->ledger, time);
	return tell_waking(replay, number, cpu, time, thread->waker_kind, thread->waker_tid);
}

static int on_waking(struct replay *replay, unsigned int cpu, const struct stream_event *event)
{
	struct replay_thread *thread;
	struct ledger *ledger;
	int err = find(replay, event->thread, event->time, &thread);

	if (err)
		return err;
	ledger = &thread->ledger;
	switch (event->flags) {
	case LEDGER_EVENT_WOKEN:
		thread->waker_kind = (uint32_t)event->result;
		thread->waker_tid = event->other;
		if (ledger->state == LEDGER_BLOCKED)
			return wake(replay, event->thread, cpu, event->time);
		thread->stashed = event->time;
		return 0;
	case LEDGER_EVENT_EARLY:
		if (ledger->woken_early)
			ledger->spurious++;
		ledger->woken_early = 1;
		if (event->result != STREAM_WAKER_ITSELF) {
			thread->early_kind = (uint32_t)event->result;
			thread->early_tid = event->other;
		}
		return 0;
	default:
		ledger->spurious++;
		return 0;
	}
}

static int end_slice(struct replay *replay, uint32_t number, uint64_t time, uint32_t kind)
{
	struct replay_thread *thread = &replay->threads[number];
	struct replay_slice slice = {.thread = number,
				     .cpu = thread->cpu,
				     .since = thread->on_cpu,
				     .until = time,
				     .end = kind};

	thread->on_cpu = 0;
	if (!slice.since || !replay->hooks.slice || time < slice.since)
		return 0;
	return replay->hooks.slice(replay->hooks.context, &slice);
}

static int switch_out(struct replay *replay, unsigned int cpu, const struct stream_event *event)
{
	uint32_t kind = event->flags & STREAM_OUT_MASK, number = event->thread;
	struct replay_thread *thread;
	int err = find(replay, number, event->time, &thread);

	if (!err)
		err = enter_late(replay, number, cpu, event);
	if (err)
		return err;
	if (kind == LEDGER_EVENT_BLOCKED)
		thread->wait = event->row;
	if (replay->hooks.leaving)
		err = replay->hooks.leaving(
			replay->hooks.context,
			&(struct replay_leaving){number, event->row, cpu, event->time, kind});
	if (err)
		return err;
	ledger__switch_out(&thread->ledger, event->time, kind);
	thread->ended = kind == LEDGER_EVENT_ENDED;
	err = end_slice(replay, number, event->time, kind);
	if (!err && thread->stashed && kind == LEDGER_EVENT_BLOCKED) {
		err = wake(replay, number, cpu, thread->stashed);
		thread->stashed = 0;
	}
	return err;
}

static int tell_wait(struct replay *replay, uint32_t number, unsigned int cpu,
		     const struct stream_event *event, const struct ledger_wait *done)
{
	struct replay_thread *thread = &replay->threads[number];
	struct replay_wait wait = {
		.thread = number,
		.row = thread->wait,
		.cpu = cpu,
		.wait = *done,
		.since = event->time - done->runqueue - done->blocked,
		.woken = event->time - done->runqueue,
		.until = event->time,
		.waker_kind = thread->waker_kind,
		.waker_tid = thread->waker_tid,
		.handler = event->flags & STREAM_IN_HANDLER,
	};
	int err = 0;

	thread->woken = wait.woken;
	if (done->early) {
		wait.waker_kind = thread->waker_kind = thread->early_kind;
		wait.waker_tid = thread->waker_tid = thread->early_tid;
		err = tell_waking(replay, number, cpu, wait.woken, wait.waker_kind, wait.waker_tid);
	}
	if (err || !replay->hooks.wait)
		return err;
	return replay->hooks.wait(replay->hooks.context, &wait);
}

static int switch_in(struct replay *replay, unsigned int cpu, const struct stream_event *event)
{
	struct replay_coming coming = {.thread = event->other, .cpu = cpu, .time = event->time};
	struct replay_thread *thread;
	struct ledger *ledger;
	struct ledger_wait wait;
	int err = find(replay, event->other, event->time, &thread);

	if (err)
		return err;
	ledger = &thread->ledger;
	if (event->flags & STREAM_IN_LOST_WAKING)
		ledger__lose_waking(ledger);
	thread->on_cpu = event->time;
	thread->cpu = cpu;
	thread->stashed = 0;
	coming.row = thread->wait;
	coming.delayed = ledger__delayed(ledger);
	coming.preempted = ledger->sum[LEDGER_PREEMPTED];
	coming.wait_since = ledger->wait_since;
	coming.state = ledger->state;
	coming.event = ledger__switch_in(ledger, event->time, &wait);
	if (coming.event == LEDGER_EVENT_WAIT_DONE) {
		coming.wait = &wait;
		err = tell_wait(replay, event->other, cpu, event, &wait);
	}
	if (err || !replay->hooks.coming)
		return err;
	return replay->hooks.coming(replay->hooks.context, &coming);
}

static int note_running(struct replay *replay, unsigned int cpu, uint32_t number)
{
	uint32_t *running;

	if (cpu >= CPUS_MOST)
		return -EPROTO;
	if (cpu >= replay->cpus) {
		running = reallocarray(replay->running, cpu + 1, sizeof(*running));
		if (!running)
			return -ENOMEM;
		memset(running + replay->cpus, 0, (cpu + 1 - replay->cpus) * sizeof(*running));
		replay->running = running;
		replay->cpus = cpu + 1;
	}
	replay->running[cpu] = number;
	return 0;
}

static int on_switch(struct replay *replay, unsigned int cpu, const struct stream_event *event)
{
	int err = event->thread ? switch_out(replay, cpu, event) : 0;

	if (!err)
		err = note_running(replay, cpu, event->other);
	if (!err && event->other)
		err = switch_in(replay, cpu, event);
	return err;
}

static int on_return(struct replay *replay, unsigned int cpu, const struct stream_event *event)
{
	struct replay_thread *thread;
	struct ledger_call done;
	int err = find(replay, event->thread, event->time, &thread);

	if (!err)
		err = enter_late(replay, event->thread, cpu, event);
	if (err || !ledger__exit_call(&thread->ledger, event->time, event->result, &done))
		return err;
	return tell_call(replay, event->thread, cpu, &done,
			 &(struct replay_call){.until = event->time,
					       .result = event->result,
					       .argument = event->other,
					       .flags = event->flags});
}

/* It lived before: as replay__cut() leaves a thread. */
static void resume(struct replay_thread *thread, const struct stream_event *event)
{
	struct ledger *ledger = &thread->ledger;

	ledger->flags = 0;
	if (event->flags & STREAM_BEGIN_WAITING)
		ledger->flags |= LEDGER_WAITING | LEDGER_CENSORED;
	if (event->flags & STREAM_BEGIN_IN_CALL)
		ledger->flags |= LEDGER_IN_CALL;
	if (event->flags & STREAM_BEGIN_RESTARTING)
		ledger->flags |= LEDGER_RESTARTING;
	if (ledger->state == LEDGER_RUNNABLE && event->flags & STREAM_BEGIN_WAITING)
		ledger->woken_at = ledger->at;
	ledger->woken_early = !!(event->flags & STREAM_BEGIN_EARLY);
	ledger->call = event->call;
	ledger->restart_until = ledger->at;
	thread->wait = event->row;
	thread->waker_kind = thread->early_kind = event->since & 0xff;
	thread->waker_tid = thread->early_tid = event->other;
}

/* One that lived before is where it was; others begin to run on their CPU, at an exec. */
static bool is_on_cpu(const struct replay_thread *thread, const struct stream_event *event)
{
	if (event->flags & STREAM_BEGIN_CUT)
		return event->since & STREAM_BEGIN_ON_CPU;
	return ledger__is_running(thread->ledger.state);
}

void replay__tell(const struct replay_thread *thread, uint32_t number, struct stream_event *event)
{
	const struct ledger *ledger = &thread->ledger;
	/* of one that is runnable, who woke it early does not count any more */
	bool early = ledger->woken_early && ledger->state != LEDGER_RUNNABLE;
	uint32_t flags = ledger->state | STREAM_BEGIN_CUT;

	if (ledger->flags & LEDGER_WAITING)
		flags |= STREAM_BEGIN_WAITING;
	if (ledger->flags & LEDGER_IN_CALL)
		flags |= STREAM_BEGIN_IN_CALL;
	if (ledger->flags & LEDGER_RESTARTING)
		flags |= STREAM_BEGIN_RESTARTING;
	if (ledger->woken_early)
		flags |= STREAM_BEGIN_EARLY;
	*event = (struct stream_event){
		.time = ledger->at,
		.thread = number,
		.other = early ? thread->early_tid : thread->waker_tid,
		.row = thread->wait,
		.since = (early ? thread->early_kind : thread->waker_kind) |
			 (thread->on_cpu ? STREAM_BEGIN_ON_CPU : 0),
		.call = (uint16_t)ledger->call,
		.kind = STREAM_BEGIN,
		.flags = (uint8_t)flags,
		.result = (int32_t)ledger->resume,
	};
}

static int on_begin(struct replay *replay, unsigned int cpu, const struct stream_event *event)
{
	struct replay_thread *thread;
	int err = make_room(replay, event->thread);

	if (err)
		return err;
	thread = &replay->threads[event->thread];
	begin(thread, event->time, event->flags, (uint32_t)event->result);
	if (event->flags & STREAM_BEGIN_CUT)
		resume(thread, event);
	if (is_on_cpu(thread, event)) {
		thread->on_cpu = event->time;
		thread->cpu = cpu;
		err = note_running(replay, cpu, event->thread);
	}
	if (!err && replay->hooks.begin)
		err = replay->hooks.begin(replay->hooks.context, event->thread, event->time);
	return err;
}

/* What census.bpf.c does: see enter_state(). */
static int on_state(struct replay *replay, unsigned int cpu, const struct stream_event *event)
{
	struct replay_thread *thread;
	struct ledger *ledger;
	int err = find(replay, event->thread, event->time, &thread);

	if (err)
		return err;
	ledger = &thread->ledger;
	if (ledger->state != LEDGER_UNKNOWN)
		return 0;
	if (event->flags == LEDGER_BLOCKED) {
		thread->wait = event->row;
		if (event->call != SYSCALL_NONE) {
			ledger->call = event->call;
			ledger->flags |= LEDGER_IN_CALL;
			ledger->resume = (uint32_t)event->result & (LEDGER_STATES - 1);
		}
		ledger->flags |= LEDGER_WAITING | LEDGER_CENSORED;
	}
	ledger->wait_since = event->time;
	ledger->state = event->flags & (LEDGER_STATES - 1);
	ledger__charge(ledger, event->time, LEDGER_UNKNOWN);
	if (thread->stashed && ledger->state == LEDGER_BLOCKED)
		err = wake(replay, event->thread, cpu, thread->stashed);
	thread->stashed = 0;
	return err;
}

static int on_request(struct replay *replay, const struct stream_event *event)
{
	uint64_t latency = event->other | (uint64_t)event->since << 32;
	struct replay_request request = {
		.process = event->thread,
		.api = event->flags,
		.operation = event->row,
		.since = event->time - latency,
		.until = event->time,
		.result = event->result,
	};

	return replay->hooks.request ? replay->hooks.request(replay->hooks.context, &request) : 0;
}

/* What it says of the thread itself: no time passes. */
static int on_note(struct replay *replay, const struct stream_event *event)
{
	struct replay_thread *thread;
	int err = find(replay, event->thread, event->time, &thread);

	if (err)
		return err;
	if (event->kind == STREAM_EXITING)
		thread->exiting = true;
	else if (event->kind == STREAM_EXEC && replay->hooks.exec)
		return replay->hooks.exec(replay->hooks.context, event->thread, event->time);
	return 0;
}

int replay__event(struct replay *replay, unsigned int cpu, const struct stream_event *event)
{
	struct replay_loss loss = {event->time, event->row, cpu};
	struct replay_thread *thread;
	int err;

	switch (event->kind) {
	case STREAM_SWITCH:
		return on_switch(replay, cpu, event);
	case STREAM_WAKING:
		return on_waking(replay, cpu, event);
	case STREAM_RETURN:
		return on_return(replay, cpu, event);
	case STREAM_ENTER:
		err = find(replay, event->thread, event->time, &thread);
		return err ? err : enter(replay, event->thread, cpu, event->time, event->call);
	case STREAM_BEGIN:
		return on_begin(replay, cpu, event);
	case STREAM_STATE:
		return on_state(replay, cpu, event);
	case STREAM_EXEC:
	case STREAM_EXITING:
	case STREAM_RENAME:
		return on_note(replay, event);
	case STREAM_LOST:
		return replay->hooks.loss ? replay->hooks.loss(replay->hooks.context, &loss) : 0;
	case STREAM_REQUEST:
		return on_request(replay, event);
	}
	return -EPROTO;
}

void replay__cut(struct replay *replay, uint64_t time)
{
	for (uint32_t i = 0; i < replay->count; i++) {
		struct replay_thread *thread = &replay->threads[i];
		struct ledger *ledger = &thread->ledger, before = *ledger;

		if (!thread->seen || thread->ended)
			continue;
		ledger__charge(ledger, time, ledger->state);
		*ledger = (struct ledger){
			.start = ledger->at,
			.at = ledger->at,
			.state = before.state,
			.resume = before.resume,
			.flags = before.flags & ~LEDGER_ENTRY_SEEN,
			.wait_since = ledger->at,
			.woken_at = before.woken_at ? ledger->at : 0,
			.woken_early = before.woken_early,
			.call = before.call,
			.call_since = ledger->at,
			.restart_until = ledger->at,
		};
		if (ledger->flags & LEDGER_WAITING)
			ledger->flags |= LEDGER_CENSORED;
		if (thread->on_cpu)
			thread->on_cpu = ledger->at;
	}
}

int replay__finish(struct replay *replay, uint64_t time)
{
	int err = 0;

	for (uint32_t i = 0; i < replay->count && !err; i++)
		if (replay->threads[i].on_cpu)
			err = end_slice(replay, i, time, LEDGER_EVENT_NONE);
	return err;
}

uint32_t replay__thread_count(const struct replay *replay)
{
	return replay->count;
}

const struct replay_thread *replay__thread(const struct replay *replay, uint32_t number)
{
	if (number >= replay->count || !replay->threads[number].seen)
		return NULL;
	return &replay->threads[number];
}
