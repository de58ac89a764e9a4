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
	row->key = key;
	if (!bpf_map_update_elem(&series_index, &key, &number, BPF_NOEXIST))
		return number;
	known = bpf_map_lookup_elem(&series_index, &key);
	if (known) {
		row->key = 0;
		return *known;
	}
	lose(LOSS_INDEX);
	return 0;
}

static __always_inline u32 measured_call(const struct thread_row *thread)
{
	struct wait_row *wait;

	if (measured == MEASURE_SYSCALL || measured == MEASURE_BEFORE_SLEEP ||
	    measured == MEASURE_AFTER_SLEEP)
		return thread->ledger.call;
	wait = thread->wait ? ROW(waits, thread->wait) : 0;
	return wait ? wait->key.syscall : SYSCALL_NONE;
}

static __always_inline u64 measure__key(struct task_struct *task, const struct thread_row *thread)
{
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

/* Counts one value of a thread. */
static __always_inline void measure__count(struct task_struct *task, struct thread_row *thread,
					   u64 value)
{
	u64 key = measure__key(task, thread) + 1;
	struct series_row *row;

	if (thread->series_key != key || !thread->series) {
		thread->series = measure__look_up(key);
		thread->series_key = key;
	}
	row = thread->series ? ROW(series, thread->series) : 0;
	if (!row)
		return;
	__sync_fetch_and_add(&row->count, 1);
	__sync_fetch_and_add(&row->sum, value);
	if (value < row->min)
		row->min = value;
	if (value > row->max)
		row->max = value;
	histogram__count_shared(row->histogram, value);
}

/* At a switch-out; `blocked`: it goes to sleep. */
static __always_inline void measure__switch_out(struct task_struct *task, struct thread_row *thread,
						u64 now, bool blocked)
{
	const struct ledger *ledger = &thread->ledger;

	if (measured == MEASURE_ON_CPU && thread->on_cpu_since)
		measure__count(task, thread, now - thread->on_cpu_since);
	/* a call that slept before is not on its way to its first sleep */
	if (measured == MEASURE_BEFORE_SLEEP && blocked && (ledger->flags & LEDGER_ENTRY_SEEN) &&
	    !ledger->call_blocked && now - ledger->call_since > ledger->call_off_cpu)
		measure__count(task, thread, now - ledger->call_since - ledger->call_off_cpu);
}

/* What a thread's books were before a switch-in. */
struct measure_before {
	u64 runnable, preempted, wait_since;
	u32 state;
};

static __always_inline void measure__before_switch_in(const struct thread_row *thread,
						      struct measure_before *before)
{
	before->runnable = thread->ledger.sum[LEDGER_RUNNABLE];
	before->preempted = thread->ledger.sum[LEDGER_PREEMPTED];
	before->wait_since = thread->ledger.wait_since;
	before->state = thread->ledger.state;
}

/* At a switch-in, once it is in the books. `wait` is NULL if no wait ended with it. */
static __always_inline void measure__switch_in(struct task_struct *task, struct thread_row *thread,
					       u64 now, const struct measure_before *before,
					       const struct ledger_wait *wait)
{
	u64 runnable = thread->ledger.sum[LEDGER_RUNNABLE] - before->runnable;
	u64 preempted = thread->ledger.sum[LEDGER_PREEMPTED] - before->preempted;

	if (measured == MEASURE_ON_CPU || measured == MEASURE_AFTER_SLEEP)
		thread->on_cpu_since = now;
	if (wait && !wait->censored) {
		if (measured == MEASURE_BLOCKED)
			measure__count(task, thread, wait->blocked);
		if (measured == MEASURE_WAKEUP)
			measure__count(task, thread, wait->runqueue);
	}
	if (measured == MEASURE_RUNQUEUE &&
	    (wait || before->state == LEDGER_RUNNABLE || before->state == LEDGER_PREEMPTED))
		measure__count(task, thread, runnable + preempted);
	if (measured == MEASURE_PREEMPTED && before->state == LEDGER_PREEMPTED)
		measure__count(task, thread, preempted);
	if (measured == MEASURE_OFF_CPU && before->state != LEDGER_UNKNOWN &&
	    (!wait || !wait->censored) && now > before->wait_since)
		measure__count(task, thread, now - before->wait_since);
}

/* At the exit of a call that was seen from its entry. */
static __always_inline void measure__call(struct task_struct *task, struct thread_row *thread,
					  u64 now, const struct ledger_call *done)
{
	if (done->censored || (measured_syscall && done->call + 1 != measured_syscall))
		return;
	if (measured == MEASURE_SYSCALL)
		measure__count(task, thread, done->total);
	if (measured == MEASURE_AFTER_SLEEP && done->blocked && now > thread->on_cpu_since)
		measure__count(task, thread, now - thread->on_cpu_since);
}

static __always_inline void measure__waking(struct thread_row *thread, u32 kind, u32 tid)
{
	if (measured_by == MEASURE_BY_WAKER)
		thread->waker = (u64)kind << 32 | tid;
}

#endif
