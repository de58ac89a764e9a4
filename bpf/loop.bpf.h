/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Event loops: what a thread does between one return from a multiplexing call and the next entry
 * to it, and how long it sleeps in it.
 *
 * Each such call of a thread has its own row, measured between its own return and its own next
 * entry. One of them is where the thread rests; the others its handlers make.
 */
#ifndef WAITSCOPE_LOOP_BPF_H
#define WAITSCOPE_LOOP_BPF_H

#include "attempt.bpf.h"

/* The argument registers of the call that the current thread is in. */
static __always_inline void loop__read_call(struct thread_row *thread, struct call_facts *call)
{
	call__read((void *)bpf_get_current_task_btf(), thread, call);
}

/* io_uring_enter may only submit, or look whether there is something: then it is no wait. */
static __always_inline bool loop__is_wait(const struct call_facts *call, u32 traits)
{
	if (traits & TRAIT_MULTIPLEX)
		return true;
	return (call->args[3] & URING_ENTER_GETEVENTS) && call->args[2];
}

/* The row of (thread, call), made if there is none. 0: no room (counted). */
static __always_inline u32 loop__row(struct thread_row *thread, u32 number, u32 syscall)
{
	struct loop_row *loop;
	u32 row;

	for (int i = 0; i < THREAD_LOOPS; i++) {
		struct call_cache *slot = &thread->loops[i & (THREAD_LOOPS - 1)];

		if (slot->syscall == syscall + 1)
			return slot->row;
		if (slot->syscall)
			continue;
		row = pool__take(POOL_LOOPS, LOSS_LOOPS);
		loop = row ? ROW(loops, row) : 0;
		if (loop) {
			loop->thread = number;
			loop->syscall = syscall;
		}
		slot->syscall = syscall + 1;
		slot->row = row;
		return row;
	}
	lose(LOSS_LOOPS);
	return 0;
}

/* How many descriptors it watches. Looked at ever more rarely, for select() has to be counted. */
static __always_inline void loop__watch(struct loop_row *loop, const struct call_facts *call)
{
	u64 iterations = loop->iterations;
	u32 watched = LOOP_MANY;

	if (call->argument == ARGUMENT_POLL)
		watched = call->args[1];
	else if (call->argument != ARGUMENT_SELECT)
		watched = LOOP_MANY;
	else if (!(iterations & (iterations - 1)))
		watched =
			count_selected(call->args[1], call->args[2], call->args[3], call->args[0]);
	else
		return;
	if (watched > loop->watched)
		loop->watched = watched;
}

/* From here on, time is between the call's return and its next entry. */
static __always_inline void loop__open_stretch(struct thread_row *thread, struct loop_row *loop)
{
	const struct ledger *ledger = &thread->ledger;

	loop->since = ledger->at;
	loop->since_busy = ledger__cpu(ledger);
	loop->since_blocked = ledger->sum[LEDGER_BLOCKED];
	loop->since_delayed = ledger__delayed(ledger);
	loop->since_unknown = ledger->sum[LEDGER_UNKNOWN];
	loop->wait_longest = 0;
	loop->wait_row = 0;
}

static __always_inline void loop__close_stretch(struct thread_row *thread, struct loop_row *loop)
{
	const struct ledger *ledger = &thread->ledger;
	u64 length = ledger->at - loop->since;
	u64 blocked = ledger->sum[LEDGER_BLOCKED] - loop->since_blocked;

	loop->busy += ledger__cpu(ledger) - loop->since_busy;
	loop->blocked += blocked;
	loop->delayed += ledger__delayed(ledger) - loop->since_delayed;
	loop->unknown += ledger->sum[LEDGER_UNKNOWN] - loop->since_unknown;
	if (length < loop->handler_min || !loop->handlers)
		loop->handler_min = length;
	if (length >= loop->longest) {
		loop->longest = length;
		loop->longest_blocked = blocked;
		loop->longest_at = loop->since;
		loop->longest_wait = loop->wait_row;
	}
	loop->handlers++;
	loop->handler_total += length;
	if (!loop->handler_histogram)
		loop->handler_histogram = histogram__new();
	histogram__count(loop->handler_histogram, length);
	loop->since = 0;
}

/* The current thread has just entered `syscall`, one that may wait for any of many. */
GLOBAL int loop__enter(struct thread_row *thread, u32 number, u32 syscall, u32 traits)
{
	struct call_facts call = {};
	struct attempt_row *attempt;
	struct loop_row *loop;

	if (!thread)
		return 0;
	loop__read_call(thread, &call);
	if (!loop__is_wait(&call, traits))
		return 0;
	thread->looping = loop__row(thread, number, syscall);
	loop = thread->looping ? ROW(loops, thread->looping) : 0;
	if (!loop)
		return 0;
	if (thread->main_loop == thread->looping)
		thread->handling = 0;
	if (thread->ledger.call_since != thread->ledger.at) {
		loop->since = 0; /* resumed after a stop: it has not returned to the program */
		return 0;
	}
	loop__watch(loop, &call);
	if (loop->since)
		loop__close_stretch(thread, loop);
	if (!loop->begin)
		loop->begin = thread->ledger.at;
	if (!loop->refused_last)
		return 0;
	attempt = ROW(attempts, loop->attempt);
	if (attempt)
		attempt__retried(attempt, thread->ledger.at - loop->refused_last);
	loop->refused_last = 0;
	return 0;
}

/* It returns from a call that it entered before the window. */
GLOBAL int loop__adopt(struct thread_row *thread, u32 number, u32 syscall, u32 traits)
{
	struct call_facts call = {};
	struct loop_row *loop;

	if (!thread)
		return 0;
	loop__read_call(thread, &call);
	if (!loop__is_wait(&call, traits))
		return 0;
	thread->looping = loop__row(thread, number, syscall);
	loop = thread->looping ? ROW(loops, thread->looping) : 0;
	if (!loop)
		return 0;
	if (!loop->begin)
		loop->begin = thread->ledger.call_since;
	loop__watch(loop, &call);
	return 0;
}

/* What makes a call likely to be where the thread rests: it watches many, and sleeps longest. */
static __always_inline u64 loop__rank(const struct loop_row *loop)
{
	u64 many = loop->watched > 1;

	return many << 62 | (loop->idle + loop->iterations);
}

static __always_inline void loop__choose_main(struct thread_row *thread, struct loop_row *loop)
{
	struct loop_row *rest = thread->main_loop ? ROW(loops, thread->main_loop) : 0;

	if (!rest || loop__rank(loop) > loop__rank(rest))
		thread->main_loop = thread->looping;
	thread->handling = thread->main_loop;
}

/* It returned with nothing, and had not slept: it was not to wait. */
static __always_inline void loop__polled(struct thread_row *thread, u32 number,
					 struct loop_row *loop, const struct ledger_call *done)
{
	u32 object, what = loop->watched;
	struct attempt_row *attempt;
	struct call_facts call = {};
	struct file_identity id = {};

	loop__read_call(thread, &call);
	if (call.argument == ARGUMENT_FD0)
		what = call.args[0];
	if (!loop->attempt || loop->attempt_for != what) {
		object = 0;
		if (call.argument != ARGUMENT_FD0)
			object = object__of_number(OBJECT_POLL, what, 0);
		else if (find_file((void *)bpf_get_current_task_btf(), what, &id))
			object = object__of_file(&id, what, thread->tgid);
		loop->attempt = attempt__look_up(number, loop->syscall, object);
		loop->attempt_for = what;
	}
	attempt = loop->attempt ? ROW(attempts, loop->attempt) : 0;
	if (!attempt)
		return;
	attempt->empty++;
	loop->refused_last = thread->ledger.at;
	if (!loop->refused_first)
		loop->refused_first = thread->ledger.at;
	spin__refused(thread, loop->attempt, attempt, done->total - done->off_cpu, done->blocked);
}

/* It returned with something: what it was refused before has come. */
static __always_inline void loop__found(struct thread_row *thread, struct loop_row *loop,
					const struct ledger_call *done)
{
	struct attempt_row *attempt;

	if (thread->spin_length)
		spin__succeeded(thread, done->total - done->off_cpu, done->blocked);
	if (!loop->refused_first)
		return;
	attempt = loop->attempt ? ROW(attempts, loop->attempt) : 0;
	if (attempt && thread->ledger.at > loop->refused_first)
		attempt__succeeded(attempt, thread->ledger.at - loop->refused_first);
	loop->refused_first = 0;
}

/* Waking to return, of a call that slept and found something. */
static __always_inline void loop__count_readiness(struct thread_row *thread, struct loop_row *loop)
{
	u64 readiness = thread->ledger.at - thread->woken;

	if (readiness < loop->readiness_min || !loop->readiness_count)
		loop->readiness_min = readiness;
	if (readiness > loop->readiness_max)
		loop->readiness_max = readiness;
	loop->readiness_count++;
	loop->readiness_total += readiness;
	if (!loop->readiness_histogram)
		loop->readiness_histogram = histogram__new();
	histogram__count(loop->readiness_histogram, readiness);
}

static __always_inline void loop__count_events(struct thread_row *thread, u32 number,
					       struct loop_row *loop,
					       const struct ledger_call *done, s64 result,
					       bool slept)
{
	if (result > 0) {
		loop->events += result;
		if (result > loop->batch_max)
			loop->batch_max = result;
		loop__found(thread, loop, done);
	} else if (result == 0) {
		loop->empty++;
		if (slept)
			return;
		loop->unslept++;
		loop__polled(thread, number, loop, done);
	}
}

/* The call that it loops on has returned: `done`, with `result`. */
GLOBAL int loop__return(struct thread_row *thread, u32 number, const struct ledger_call *done,
			s64 result)
{
	struct loop_row *loop;
	bool slept, uring;

	if (!thread || !done)
		return 0;
	loop = thread->looping ? ROW(loops, thread->looping) : 0;
	if (!loop || loop->syscall != done->call) { /* its exit was missed */
		thread->looping = 0;
		return 0;
	}
	uring = call__traits(done->call) & TRAIT_URING_ENTER; /* its result is what it submitted */
	slept = thread->woken > thread->ledger.call_since;
	loop->iterations++;
	loop->idle += done->blocked;
	loop->call += done->total - done->blocked;
	if (!uring)
		loop__count_events(thread, number, loop, done, result, slept);
	if (slept && (result > 0 || (uring && !result)))
		loop__count_readiness(thread, loop);
	loop__choose_main(thread, loop);
	thread->looping = 0;
	return 0;
}

/* A return, perhaps one that a restart follows: whether it counts shows later. */
static __always_inline void loop__leave(struct thread_row *thread)
{
	struct loop_row *loop = ROW(loops, thread->looping);

	if (loop)
		loop__open_stretch(thread, loop);
}

#endif
