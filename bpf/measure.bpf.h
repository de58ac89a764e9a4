/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What `waitscope hist` measures: one thing, one distribution for each process, thread, waker ...
 * What is not asked for is not in the program: `measured` and `measured_by` are constants once it
 * is loaded.
 */
#ifndef WAITSCOPE_MEASURE_BPF_H
#define WAITSCOPE_MEASURE_BPF_H

#include "histogram.bpf.h"
#include "wait.bpf.h"

/* One value, besides its size: what it is counted by, and whether it is marked (series_row). */
struct measure_value {
	u64 ns;
	bool waited; /* thread->wait and thread->waker are about it */
	bool marked;
};

/* Measures of which some values are marked. */
static __always_inline bool measure__marks(void)
{
	return measured == MEASURE_SYSCALL || measured == MEASURE_OFF_CPU ||
	       measured == MEASURE_RUNQUEUE;
}

/* Measures that begin or end as a thread is switched. */
static __always_inline bool measure__switches(void)
{
	return measured && measured != MEASURE_SYSCALL && measured != MEASURE_ENQUEUE;
}

/* Of a call, not of a wait. */
static __always_inline bool measure__is_of_call(void)
{
	return measured == MEASURE_SYSCALL || measured == MEASURE_BEFORE_SLEEP ||
	       measured == MEASURE_AFTER_SLEEP;
}

/* Each attempt that finds the pool used up is counted as lost: it is one value. */
GLOBAL u32 measure__look_up(u64 key)
{
	struct series_row *row;
	u32 number, *known;

	known = bpf_map_lookup_elem(&series_index, &key);
	if (known)
		return *known;
	number = pool__take(POOL_SERIES, LOSS_SERIES);
	row = number ? ROW(series, number) : 0;
	if (!row)
		return 0;
	row->min = ~0ULL;
	row->histogram = histogram__new_shared();
	if (measure__marks())
		row->marked_histogram = histogram__new_shared();
	row->key = key;
	if (!bpf_map_update_elem(&series_index, &key, &number, BPF_NOEXIST))
		return number;
	row->key = 0; /* another CPU was first, or there is no room */
	known = bpf_map_lookup_elem(&series_index, &key);
	if (known)
		return *known;
	lose(LOSS_SERIES);
	return 0;
}

static __always_inline u32 measured_call(const struct thread_row *thread)
{
	struct wait_row *wait;

	if (measure__is_of_call())
		return thread->ledger.call;
	wait = thread->wait ? ROW(waits, thread->wait) : 0;
	return wait ? wait->key.syscall : SYSCALL_NONE;
}

static __always_inline u64 measure__key(struct task_struct *task, const struct thread_row *thread,
					bool waited)
{
	bool of_wait = measured_by == MEASURE_BY_SYSCALL || measured_by == MEASURE_BY_WAIT ||
		       measured_by == MEASURE_BY_WAKER;

	if (of_wait && !waited && !measure__is_of_call())
		return MEASURE_KEY_NO_WAIT;
	switch (measured_by) {
	case MEASURE_BY_PROCESS:
		return thread->tgid;
	case MEASURE_BY_THREAD:
		return thread->tid;
	case MEASURE_BY_SYSCALL:
		return measured_call(thread);
	case MEASURE_BY_WAIT:
		return thread->wait;
	case MEASURE_BY_WAKER:
		return thread->waker;
	case MEASURE_BY_CPU:
		return bpf_get_smp_processor_id();
	case MEASURE_BY_CGROUP:
		return BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
	}
	return 0;
}

/* Other CPUs do the same: each round that fails has let one of them through. */
#define EXTREME_ROUNDS 16

static __always_inline void lower(u64 *least, u64 value)
{
	for (int i = 0; i < EXTREME_ROUNDS; i++) {
		u64 before = *(volatile u64 *)least;

		if (value >= before || __sync_val_compare_and_swap(least, before, value) == before)
			return;
	}
}

static __always_inline void raise(u64 *most, u64 value)
{
	for (int i = 0; i < EXTREME_ROUNDS; i++) {
		u64 before = *(volatile u64 *)most;

		if (value <= before || __sync_val_compare_and_swap(most, before, value) == before)
			return;
	}
}

/* Brings the sum of a series up to date, before its cache is of another one, or gone. */
static __always_inline void series_cache__settle(struct series_cache *cache)
{
	struct series_row *row = cache->row ? ROW(series, cache->row) : 0;

	if (row && cache->sum)
		__sync_fetch_and_add(&row->sum, cache->sum);
	cache->sum = 0;
}

/* At a thread's end. */
static __always_inline void measure__end(struct thread_row *thread)
{
	for (int i = 0; i < SERIES_CACHE; i++)
		series_cache__settle(&thread->series[i]);
}

/* Counts one value of a thread. */
static __always_inline void measure__count(struct task_struct *task, struct thread_row *thread,
					   const struct measure_value *value)
{
	u64 key = measure__key(task, thread, value->waited) + 1;
	struct series_cache *cache;
	struct series_row *row;
	bool marked;

	if (thread->flags & THREAD_HELD)
		return; /* a command before its exec: outside the window */
	cache = &thread->series[key & (SERIES_CACHE - 1)];
	if (cache->key != key || !cache->row) {
		series_cache__settle(cache);
		cache->row = measure__look_up(key);
		cache->key = key;
	}
	row = cache->row ? ROW(series, cache->row) : 0;
	if (!row)
		return;
	cache->sum += value->ns;
	lower(&row->min, value->ns);
	raise(&row->max, value->ns);
	marked = measure__marks() && value->marked;
	if (!histogram__count(marked ? row->marked_histogram : row->histogram, value->ns))
		__sync_fetch_and_add(marked ? &row->unkept_marked : &row->unkept, 1);
}

static __always_inline bool measure__is_other_call(u32 call)
{
	return measured_syscall && call + 1 != measured_syscall;
}

/* The first sleep of a call: how long it was on its way there. */
static __always_inline void measure__sleep(struct task_struct *task, struct thread_row *thread,
					   u64 now)
{
	const struct ledger *ledger = &thread->ledger;
	struct measure_value value = {.waited = true};

	if (!(ledger->flags & LEDGER_ENTRY_SEEN) || thread->slept_call == ledger->call_since ||
	    measure__is_other_call(ledger->call))
		return;
	thread->slept_call = ledger->call_since;
	value.ns = now - ledger->call_since - ledger->call_off_cpu;
	if (measured == MEASURE_BEFORE_SLEEP && (s64)value.ns >= 0)
		measure__count(task, thread, &value);
}

/* At a switch-out, before it is in the books; `blocked`: it goes to sleep. */
static __always_inline void measure__switch_out(struct task_struct *task, struct thread_row *thread,
						u64 now, bool blocked)
{
	struct measure_value value = {.ns = now - thread->on_cpu_since};

	if (measured == MEASURE_ON_CPU && thread->on_cpu_since > MEASURE_SEEN &&
	    ledger__is_running(thread->ledger.state) && (s64)value.ns >= 0)
		measure__count(task, thread, &value);
	if (measured == MEASURE_ON_CPU || !thread->on_cpu_since)
		thread->on_cpu_since = MEASURE_SEEN;
	if (measured == MEASURE_QUEUE)
		thread->enqueued = 0;
	if (blocked && (measured == MEASURE_BEFORE_SLEEP || measured == MEASURE_AFTER_SLEEP))
		measure__sleep(task, thread, now);
}

/* What a thread's books were before a switch-in. */
struct measure_before {
	u64 delayed, preempted, wait_since;
	u32 state;
};

static __always_inline void measure__before_switch_in(const struct thread_row *thread,
						      struct measure_before *before)
{
	before->delayed = ledger__delayed(&thread->ledger);
	before->preempted = thread->ledger.sum[LEDGER_PREEMPTED];
	before->wait_since = thread->ledger.wait_since;
	before->state = thread->ledger.state;
}

/* Times off the CPU, whatever for. `wait` is NULL if no wait ended. */
static __always_inline void measure__absence(struct task_struct *task, struct thread_row *thread,
					     u64 now, const struct measure_before *before,
					     u32 event, const struct ledger_wait *wait)
{
	/* on the run queue when the window began: for how long is not known */
	bool cut = before->state == LEDGER_PREEMPTED && !thread->on_cpu_since;
	bool preempted = event == LEDGER_EVENT_UNWOKEN || before->state == LEDGER_PREEMPTED;
	struct measure_value value = {.waited = wait, .marked = preempted};

	if (cut || (!wait && !preempted && before->state != LEDGER_RUNNABLE))
		return;
	if (measured == MEASURE_RUNQUEUE) {
		value.ns = ledger__delayed(&thread->ledger) - before->delayed;
		measure__count(task, thread, &value);
	}
	if (measured == MEASURE_PREEMPTED && preempted) {
		value.ns = thread->ledger.sum[LEDGER_PREEMPTED] - before->preempted;
		measure__count(task, thread, &value);
	}
	if (measured == MEASURE_OFF_CPU && (!wait || !wait->censored) &&
	    now >= before->wait_since) {
		value.ns = now - before->wait_since;
		measure__count(task, thread, &value);
	}
}

/* At a switch-in, once it is in the books, of which `event` is what it was. */
static __always_inline void measure__switch_in(struct task_struct *task, struct thread_row *thread,
					       u64 now, const struct measure_before *before,
					       u32 event, const struct ledger_wait *done)
{
	const struct ledger_wait *wait = event == LEDGER_EVENT_WAIT_DONE ? done : 0;
	struct measure_value value = {.waited = true};

	if (measured == MEASURE_BLOCKED && wait && !wait->censored) {
		value.ns = wait->blocked;
		measure__count(task, thread, &value);
	}
	if (measured == MEASURE_WAKEUP && wait) {
		value.ns = wait->runqueue;
		measure__count(task, thread, &value);
	}
	if (measured == MEASURE_QUEUE && wait && thread->enqueued && now >= thread->enqueued) {
		value.ns = now - thread->enqueued;
		measure__count(task, thread, &value);
	}
	if (measured == MEASURE_RUNQUEUE || measured == MEASURE_PREEMPTED ||
	    measured == MEASURE_OFF_CPU)
		measure__absence(task, thread, now, before, event, wait);
	if (measured == MEASURE_ON_CPU || !thread->on_cpu_since)
		thread->on_cpu_since = now;
	if (measured == MEASURE_AFTER_SLEEP && wait)
		thread->awake_since = now;
}

/* A waking has put a thread on a run queue (sched_wakeup). */
static __always_inline void measure__enqueue(struct task_struct *task, struct thread_row *thread,
					     u64 now)
{
	struct measure_value value = {.ns = now - thread->ledger.woken_at, .waited = true};

	if (thread->ledger.state != LEDGER_RUNNABLE || !thread->ledger.woken_at ||
	    (s64)value.ns < 0)
		return;
	thread->enqueued = now;
	if (measured == MEASURE_ENQUEUE)
		measure__count(task, thread, &value);
}

/* At the exit of a call. */
static __always_inline void measure__call(struct task_struct *task, struct thread_row *thread,
					  const struct ledger_call *done)
{
	u64 since = thread->ledger.call_since;
	struct measure_value value = {.ns = done->total, .marked = done->blocked};

	if (done->censored || measure__is_other_call(done->call))
		return;
	if (measured == MEASURE_SYSCALL)
		measure__count(task, thread, &value);
	value.ns = since + done->total - thread->awake_since;
	value.marked = false;
	if (measured == MEASURE_AFTER_SLEEP && thread->slept_call == since &&
	    thread->awake_since > since && (s64)value.ns >= 0)
		measure__count(task, thread, &value);
}

static __always_inline void measure__waking(struct thread_row *thread, u32 kind, u32 tid)
{
	if (measured_by == MEASURE_BY_WAKER)
		thread->waker = (u64)kind << 32 | tid;
}

#endif
