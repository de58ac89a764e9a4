/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Who ends a wait. In interrupt context the current task is a bystander and is never named.
 */
#ifndef WAITSCOPE_WAKER_BPF_H
#define WAITSCOPE_WAKER_BPF_H

#include "wait.bpf.h"

/*
 * The per-CPU area of this CPU, as an address.
 *
 * The interrupt context is in a per-CPU variable that is no symbol for programs where the kernel
 * is built without KALLSYMS_ALL. But BTF has the offset of every per-CPU variable, and one of
 * them can be reached by pointers: the run queue, from any task that runs here. The rest is at a
 * known distance from it.
 */
static __always_inline u64 percpu_area(struct cpu *cpu, struct task_struct *current)
{
	if (!cpu->area && bpf_core_field_exists(current->se.cfs_rq->rq))
		cpu->area = (u64)current->se.cfs_rq->rq - percpu_runqueues;
	return cpu->area;
}

#define PREEMPT_UNKNOWN 0xffffffff

static __always_inline u32 preempt_count(u64 area)
{
	if (!have_preempt_count || !area)
		return PREEMPT_UNKNOWN;
	return read_int((void *)area + percpu_preempt_count);
}

/*
 * Is a timer's function running on this CPU? The hard bases (0-3) run only in hard interrupt
 * context and the soft ones (4-7) only in soft interrupts, so a device's interrupt on top of a
 * soft timer is not taken for it.
 */
static __always_inline bool hrtimer__runs(u64 area, bool hard)
{
	u64 base = area + percpu_hrtimer_bases +
		   bpf_core_field_offset(struct hrtimer_cpu_base, clock_base) +
		   bpf_core_field_offset(struct hrtimer_clock_base, running);
	u64 stride = bpf_core_type_size(struct hrtimer_clock_base);
	u64 running;

	if (!hard)
		base += 4 * stride;
	for (int i = 0; i < 4; i++) {
		running = 0;
		bpf_probe_read_kernel(&running, sizeof(running), (void *)base + i * stride);
		if (running)
			return true;
	}
	return false;
}

static __always_inline bool wheel_timer__runs(u64 area)
{
	u64 base =
		area + percpu_timer_bases + bpf_core_field_offset(struct timer_base, running_timer);
	u64 running;

	for (u32 i = 0; i < timer_base_count && i < 4; i++) {
		running = 0;
		bpf_probe_read_kernel(&running, sizeof(running),
				      (void *)base + i * bpf_core_type_size(struct timer_base));
		if (running)
			return true;
	}
	return false;
}

static __always_inline u32 timer_or(u64 area, bool hard, u32 other)
{
	if (have_hrtimer_bases && hrtimer__runs(area, hard))
		return WAKER_TIMER;
	if (!hard && have_timer_bases && wheel_timer__runs(area))
		return WAKER_TIMER;
	return other;
}

/*
 * A signal that is pending and not blocked would have kept the sleeper awake: if there is one
 * now, it came since, and this is its waking. (TIF_SIGPENDING says the same, but its bit is not
 * the same on all kernels.)
 */
static __always_inline bool signal__is_pending(struct task_struct *task)
{
	unsigned long pending =
		task->pending.signal.sig[0] | task->signal->shared_pending.signal.sig[0];

	return pending && (pending & ~task->blocked.sig[0]);
}

static __always_inline u32 waker__of_task(struct task_struct *task)
{
	u32 flags = task->flags;

	if (flags & PF_IO_WORKER)
		return WAKER_IO_WQ;
	if (flags & PF_KTHREAD)
		return WAKER_KERNEL;
	return WAKER_THREAD;
}

/* On PREEMPT_RT soft interrupts, and with them expired timers, run in threads. */
static __always_inline bool softirq__serves_in_thread(struct task_struct *task)
{
	struct task_struct___rt *rt = (void *)task;

	if (!bpf_core_field_exists(rt->softirq_disable_cnt))
		return false;
	return rt->softirq_disable_cnt & PREEMPT_SOFTIRQ_SERVING;
}

/* The kind of the waker, from the context that it runs in. */
static __always_inline u32 waker__context(struct task_struct *current)
{
	u64 area = percpu_area(this_cpu(), current);
	u32 count = preempt_count(area);

	if (count == PREEMPT_UNKNOWN || (count & PREEMPT_NMI_MASK))
		return WAKER_UNKNOWN;
	if (count & PREEMPT_HARDIRQ_MASK)
		return timer_or(area, true, WAKER_HARDIRQ);
	if ((count & PREEMPT_SOFTIRQ_SERVING) || softirq__serves_in_thread(current))
		return timer_or(area, false, WAKER_SOFTIRQ);
	return waker__of_task(current);
}

static __always_inline bool waker__is_task(u32 kind)
{
	return kind == WAKER_THREAD || kind == WAKER_KERNEL || kind == WAKER_IO_WQ;
}

static __always_inline void waker__fill(struct waker_count *waker, u32 kind, u32 tid,
					struct task_struct *task)
{
	waker->kind = kind;
	waker->tid = tid;
	if (tid) {
		waker->pid = task->tgid;
		bpf_probe_read_kernel(waker->comm, sizeof(waker->comm), task->comm);
	}
}

/* `noted`: the waker as it was when it woke, if that is over by now; NULL: it is at it. */
static __always_inline void waker__enter(struct waker_count *waker, u32 kind, u32 tid,
					 const struct waker_count *noted)
{
	if (noted)
		*waker = *noted;
	else
		waker__fill(waker, kind, tid, (void *)bpf_get_current_task_btf());
}

GLOBAL int waker__count_elsewhere(u32 wait, u32 kind, u32 tid, struct waker_count *noted)
{
	struct waker_key key = {.wait = wait, .kind = kind, .tid = tid};
	struct waker_count fresh = {}, *known;

	known = bpf_map_lookup_elem(&wakers, &key);
	if (known) {
		known->count++;
		return 0;
	}
	waker__enter(&fresh, kind, tid, noted);
	fresh.count = 1;
	if (bpf_map_update_elem(&wakers, &key, &fresh, BPF_NOEXIST))
		lose(LOSS_WAKERS);
	return 0;
}

/* Counts who ended a wait of that row. */
static __always_inline void waker__count(u32 wait, u32 kind, u32 tid, struct waker_count *noted)
{
	struct wait_row *row = wait ? ROW(waits, wait) : 0;

	if (!row)
		return;
#pragma unroll
	for (int i = 0; i < WAIT_WAKERS; i++) {
		struct waker_count *waker = &row->wakers[i];

		if (waker->count && (waker->kind != kind || waker->tid != tid))
			continue;
		if (!waker->count)
			waker__enter(waker, kind, tid, noted);
		waker->count++;
		return;
	}
	waker__count_elsewhere(wait, kind, tid, noted);
}

#endif
