/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Stacks of sleepers, of who wakes them, and of threads on a CPU: added up in the kernel.
 *
 * `stack_mode` is a constant once the programs are loaded: what is not asked for is not in them.
 * The rows of waits are written by the thread that waited only, as wait rows are. A stack that
 * finds no room is counted, and its waits have none; what has no row either, user space finds
 * missing in the sums of the wait rows.
 */
#ifndef WAITSCOPE_STACK_BPF_H
#define WAITSCOPE_STACK_BPF_H

#include "overhead.bpf.h"
#include "task.bpf.h"

INDEX(stack_traces, u64, struct stack_trace);
INDEX(stack_counts, struct stack_key, struct stack_count);
/* Where a stack is written before it is known whether it is new. The programs that use the first
 * run with interrupts disabled, so none comes between another's use; the census does not, and has
 * the second. */
#define SCRATCH_OF_HOOKS  0
#define SCRATCH_OF_CENSUS 1
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, u32);
	__type(value, struct stack_trace);
} stack_scratch SEC(".maps");

const volatile u32 stack_mode;

#define HASH_FACTOR 0x9e3779b97f4a7c15ULL

/*
 * The key of the stack in a scratch, once it is in the map; 0 if there is no room. Two different
 * ones with one hash of 64 bits are not expected in the life of this tool. (By number: 6.1 takes no
 * pointer that a function was given for a value of a map.)
 */
GLOBAL u64 stack__keep(u32 scratch)
{
	struct stack_trace *trace = ROW(stack_scratch, scratch);
	u64 hash = HASH_FACTOR;

	if (!trace)
		return 0;
	for (u32 i = 0; i < STACK_DEPTH; i++) {
		if (i >= trace->depth)
			break;
		hash = (hash ^ trace->addresses[i]) * HASH_FACTOR;
		hash ^= hash >> 29;
	}
	hash |= 1; /* 0 is none */
	if (bpf_map_lookup_elem(&stack_traces, &hash))
		return hash;
	if (!bpf_map_update_elem(&stack_traces, &hash, trace, BPF_NOEXIST))
		return hash;
	if (bpf_map_lookup_elem(&stack_traces, &hash))
		return hash; /* another CPU was first */
	lose(LOSS_STACKS);
	return 0;
}

/* What a walk left in `trace`, which is that scratch: `length` bytes, or a negative errno. */
static __always_inline u64 stack__take_over(u32 scratch, struct stack_trace *trace, long length)
{
	if (length <= 0) {
		if (length < 0)
			lose(LOSS_STACK_WALKS);
		return 0;
	}
	trace->depth = (u32)length / sizeof(u64);
	return stack__keep(scratch);
}

/* The stack of the task that runs; `flags`: 0, or BPF_F_USER_STACK. */
static __noinline u64 stack__take(void *context, u64 flags)
{
	struct stack_trace *trace = ROW(stack_scratch, SCRATCH_OF_HOOKS);
	long length;

	if (!trace)
		return 0;
	length = bpf_get_stack(context, trace->addresses, sizeof(trace->addresses), flags);
	return stack__take_over(SCRATCH_OF_HOOKS, trace, length);
}

static __always_inline u64 stack__kernel(void *context)
{
	return stack_mode & STACK_OF_KERNEL ? stack__take(context, 0) : 0;
}

static __always_inline u64 stack__user(void *context)
{
	return stack_mode & STACK_OF_USER ? stack__take(context, BPF_F_USER_STACK) : 0;
}

static __always_inline bool has_user_stack(const struct thread_row *thread)
{
	return !(thread->flags & (THREAD_KTHREAD | THREAD_IO_WORKER));
}

/* The thread that runs is on its way to sleep. */
static __always_inline void stack__sleep(void *context, struct thread_row *thread)
{
	thread->stacks.kernel = stack__kernel(context);
	thread->stacks.user = has_user_stack(thread) ? stack__user(context) : 0;
}

/* A thread that the census found asleep. Of another task than the one that runs, the kernel walks
 * only its own stack. */
static __always_inline void stack__found_asleep(struct task_struct *task, struct thread_row *thread)
{
	struct stack_trace *trace = ROW(stack_scratch, SCRATCH_OF_CENSUS);
	long length;

	if (!trace || !(stack_mode & STACK_OF_KERNEL))
		return;
	length = bpf_get_task_stack(task, trace->addresses, sizeof(trace->addresses), 0);
	thread->stacks.kernel = stack__take_over(SCRATCH_OF_CENSUS, trace, length);
}

/* The task that runs ends a wait of `thread`. In interrupt context (`tid` 0) it is a bystander,
 * and what it was doing in user space is nobody's business. */
static __always_inline void stack__wake(void *context, struct thread_row *thread, u32 kind, u32 tid)
{
	thread->stacks.waker_kernel = stack__kernel(context);
	thread->stacks.waker_user =
		tid && kind != WAKER_KERNEL && kind != WAKER_IO_WQ ? stack__user(context) : 0;
	thread->stacks.waker = (u64)kind << 32 | tid;
}

/* One more of `key`, which is the caller's own. */
static __always_inline void stack__count(const struct stack_key *key, u64 ns)
{
	struct stack_count fresh = {.count = 1, .ns = ns}, *known;

	known = bpf_map_lookup_elem(&stack_counts, key);
	if (known) {
		known->count++;
		known->ns += ns;
		return;
	}
	if (bpf_map_update_elem(&stack_counts, key, &fresh, BPF_NOEXIST))
		lose(LOSS_STACK_ROWS);
}

/* Enters a finished wait that has a row. Others user space enters without a stack. */
GLOBAL int stack__record(struct thread_row *thread, u64 blocked)
{
	struct stack_key key = {.kind = STACK_KIND_WAIT};

	if (!thread || !thread->wait)
		return 0;
	key.owner = thread->wait;
	key.kernel = thread->stacks.kernel;
	key.user = thread->stacks.user;
	if ((stack_mode & STACK_OF_WAKERS) && thread->stacks.waker) {
		key.waker = thread->stacks.waker;
		key.waker_kernel = thread->stacks.waker_kernel;
		key.waker_user = thread->stacks.waker_user;
	}
	stack__count(&key, blocked);
	return 0;
}

/* A tick of the sampling clock, on each CPU. A thread runs on one CPU at a time: its rows need no
 * atomics. */
SEC("?perf_event")
int stack_sample(void *context)
{
	TIMED u64 now = bpf_ktime_get_ns();
	struct task_struct *task = (void *)bpf_get_current_task_btf();
	struct stack_key key = {.kind = STACK_KIND_CPU};
	struct thread_row *thread;
	u32 number;

	if (now >= hot.window_end)
		return 0;
	thread = thread__of(task, &number);
	if (!thread || (thread->flags & THREAD_HELD))
		return 0;
	key.owner = number;
	key.kernel = stack__kernel(context);
	key.user = has_user_stack(thread) ? stack__user(context) : 0;
	stack__count(&key, 0);
	return 0;
}

#endif
