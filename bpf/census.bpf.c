/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The census: all tasks, before and after the window.
 *
 * At the start it finds the target's threads and the state that each is in, so that waits which
 * are already open count. At the end it reads the kernel's own books of those still alive.
 */
#include "stack.bpf.h"
#include "waker.bpf.h"

static __always_inline bool is_on_run_queue(struct task_struct *task)
{
	struct sched_entity___6_12 *entity = (void *)&task->se;

	if (!task->on_rq)
		return false;
	if (bpf_core_field_exists(entity->sched_delayed) && BPF_CORE_READ(entity, sched_delayed))
		return false;
	return true;
}

static __always_inline u32 state_now(struct task_struct *task)
{
	u32 state = task->__state;

	if (task->on_cpu)
		return LEDGER_RUNNING;
	if (is_on_run_queue(task))
		return LEDGER_PREEMPTED;
	if (state & LEDGER_TASK_SLEEPING)
		return LEDGER_BLOCKED;
	return LEDGER_UNKNOWN;
}

/* A thread that sleeps in a call is in the kernel, and that call was entered before the window. */
static __always_inline void enter_open_call(struct task_struct *task, struct thread_row *thread)
{
	struct call_facts call;

	call__read(task, thread, &call);
	if (call.syscall == SYSCALL_NONE)
		return;
	thread->ledger.call = call.syscall;
	thread->ledger.flags |= LEDGER_IN_CALL;
	if (tier_full)
		thread->ledger.resume = LEDGER_KERNEL;
}

static __always_inline void enter_state(struct task_struct *task, struct thread_row *thread,
					u32 number)
{
	struct ledger *ledger = &thread->ledger;
	u32 state = state_now(task), wait = 0;
	u64 now;

	if (state == LEDGER_BLOCKED)
		wait = wait__row(task, thread, number, task->__state);
	/* The row can be found already: if an event came meanwhile, it knows better. Then nothing
	 * of the wait or the call that was seen here may be written over what it knows. */
	if (ledger->state != LEDGER_UNKNOWN)
		return;
	if (state == LEDGER_BLOCKED) {
		thread->wait = wait;
		if (stack_mode)
			stack__found_asleep(task, thread);
		if (!(thread->flags & (THREAD_KTHREAD | THREAD_IO_WORKER)))
			enter_open_call(task, thread);
		ledger->flags |= LEDGER_WAITING | LEDGER_CENSORED;
	}
	now = bpf_ktime_get_ns();
	ledger->wait_since = now;
	if (__sync_val_compare_and_swap(&ledger->state, LEDGER_UNKNOWN, state) != LEDGER_UNKNOWN)
		return;
	ledger__charge(ledger, now, LEDGER_UNKNOWN);
	if (streaming)
		stream__state(now, thread, number, state);
}

static __always_inline void census_begin(struct task_struct *task)
{
	struct thread_row *thread;
	u32 number;

	if (!task__is_target(task) ||
	    (task->flags & PF_EXITING && task->__state & LEDGER_TASK_DEAD))
		return;
	if (thread__of(task, &number)) {
		__sync_fetch_and_add(&census_matched, 1);
		return;
	}
	thread = thread__new(task, &number);
	if (!thread)
		return;
	__sync_fetch_and_add(&census_matched, 1);
	if (target_mode == TARGET_MODE_SPAWNED)
		thread->flags |= THREAD_HELD;
	else if (target_mode != TARGET_MODE_THREADS)
		thread->flags |= THREAD_INHERIT;
	thread__read_books(task, &thread->begin);
	thread->executable = executable_of(task);
	ledger__begin(&thread->ledger, bpf_ktime_get_ns(), LEDGER_UNKNOWN, LEDGER_RUNNING);
	if (streaming)
		stream__begin(thread->ledger.start, thread, number);
	thread__publish(task, number);
	enter_state(task, thread, number);
}

static __always_inline void census_end(struct task_struct *task)
{
	struct thread_row *thread;
	u32 number;

	thread = thread__of(task, &number);
	if (!thread)
		return;
	thread__read_books(task, &thread->end);
	thread__read_comm(task, thread);
	thread->flags |= THREAD_BOOKS;
}

#define PAGE_BYTES 4096

/* THREAD_SIZE is in no type. But the registers of user space lie at the upper end of the stack. */
static __always_inline void measure_kernel_stack(struct task_struct *task)
{
	u64 registers = (u64)bpf_task_pt_regs((void *)task);

	kernel_stack = (registers - (u64)task->stack + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1ULL);
}

SEC("iter/task")
int census(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;

	if (!task) { /* that was the last one */
		if (tier_full && census_at_end)
			block__settle();
		return 0;
	}
	if (!kernel_stack)
		measure_kernel_stack(task);
	if (census_at_end)
		census_end(task);
	else
		census_begin(task);
	return 0;
}
