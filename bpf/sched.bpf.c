/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The scheduler's tracepoints: every transition of every traced thread. */
#include "waker.bpf.h"

static __always_inline void thread__end(struct task_struct *task, struct thread_row *thread,
					u32 number)
{
	thread__read_books(task, &thread->end);
	thread__read_comm(task, thread);
	thread->flags |= THREAD_ENDED | THREAD_BOOKS;
	thread__forget(task, number);
}

static __always_inline void switch_out(struct task_struct *task, struct thread_row *thread,
				       u32 number, u64 now, bool preempt, u32 state)
{
	u32 kind = ledger__switch_out_kind(preempt, state);

	if (kind == LEDGER_EVENT_BLOCKED)
		thread->wait = wait__row(task, thread, number, state);
	ledger__switch_out(&thread->ledger, now, kind);
	if (kind == LEDGER_EVENT_ENDED)
		thread__end(task, thread, number);
}

static __always_inline void switch_in(struct task_struct *task, struct thread_row *thread, u64 now,
				      bool cpu_was_idle)
{
	u64 runnable = thread->ledger.sum[LEDGER_RUNNABLE];
	struct ledger_wait wait;
	u32 event;

	if (tier_full)
		process__end_operation(thread);
	if (ledger__lacks_waking(&thread->ledger) && !signal__is_pending(task))
		ledger__lose_waking(&thread->ledger);
	event = ledger__switch_in(&thread->ledger, now, &wait);
	if (cpu_was_idle)
		thread->idle_wake += thread->ledger.sum[LEDGER_RUNNABLE] - runnable;
	if (event != LEDGER_EVENT_WAIT_DONE)
		return;
	if (tier_full)
		thread->woken = now - wait.runqueue;
	if (wait.early)
		waker__count_early(thread);
	wait__record(thread, &wait);
}

/*
 * The row of the task that leaves a CPU, which the CPU remembers from its switch-in.
 *
 * Some kernels keep tasks from programs: a switch away from one is not seen, and what it leaves
 * behind is noticed here. Threads whose switch-in was missed find out by themselves.
 */
static __always_inline struct thread_row *leaving(struct cpu *cpu, struct task_struct *task,
						  u32 *number)
{
	if (cpu->running == (u64)task) {
		*number = cpu->thread;
		if (*number)
			return ROW(threads, *number);
	} else if (cpu->running) {
		lose(LOSS_SWITCHES);
	}
	return thread__of(task, number);
}

static __always_inline int on_switch(bool preempt, struct task_struct *prev,
				     struct task_struct *next, u32 state)
{
	u64 now = bpf_ktime_get_ns();
	struct cpu *cpu = this_cpu();
	struct thread_row *thread;
	u32 number;

	if (now >= window_end)
		return 0;
	thread = leaving(cpu, prev, &number);
	if (thread)
		switch_out(prev, thread, number, now, preempt, state);
	thread = thread__of(next, &number);
	cpu->running = (u64)next;
	cpu->thread = number;
	if (tier_full)
		process__takes_cpu(cpu, thread ? thread->process : 0);
	if (thread)
		switch_in(next, thread, now, prev->pid == 0);
	return 0;
}

SEC("?tp_btf/sched_switch")
int BPF_PROG(sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next,
	     unsigned int prev_state)
{
	return on_switch(preempt, prev, next, prev_state);
}

/* Before 5.18 the tracepoint has no prev_state. A concurrent waking may have changed the state
 * by now; then the thread counts as preempted, and the waking as spurious. */
SEC("?tp_btf/sched_switch")
int BPF_PROG(sched_switch_before_5_18, bool preempt, struct task_struct *prev,
	     struct task_struct *next)
{
	return on_switch(preempt, prev, next, prev->__state);
}

SEC("tp_btf/sched_waking")
int BPF_PROG(sched_waking, struct task_struct *task)
{
	u64 now = bpf_ktime_get_ns();
	struct task_struct *current;
	struct thread_row *thread;
	u32 number, kind, tid, event;

	if (now >= window_end)
		return 0;
	thread = thread__of(task, &number);
	if (!thread)
		return 0;
	event = ledger__waking(&thread->ledger, now);
	if (event == LEDGER_EVENT_SPURIOUS)
		return 0;
	current = (void *)bpf_get_current_task_btf();
	if (event == LEDGER_EVENT_EARLY && current == task)
		return 0;
	kind = waker__context(current);
	tid = waker__is_task(kind) ? current->pid : 0;
	if (signal__is_pending(task))
		kind = WAKER_SIGNAL; /* tid: who sent it, if a thread did */
	if (event == LEDGER_EVENT_WOKEN) {
		waker__count(thread->wait, kind, tid, current);
		return 0;
	}
	__builtin_memset(&thread->early, 0, sizeof(thread->early));
	waker__fill(&thread->early, kind, tid, current);
	return 0;
}

/* Is a new task to be traced, given who created it (NULL: a thread that is not traced)? */
static __always_inline bool is_wanted(struct task_struct *task, const struct thread_row *creator)
{
	bool inherits = creator && (creator->flags & THREAD_INHERIT);

	switch (target_mode) {
	case TARGET_MODE_THREADS:
		return false; /* an id that was named and is in use again: somebody else */
	case TARGET_MODE_CGROUP:
	case TARGET_MODE_ALL:
		return task__is_target(task);
	case TARGET_MODE_NAME:
		return inherits || task__is_target(task);
	}
	return inherits;
}

/*
 * A new thread, still in the hands of its creator. (sched_process_fork would miss the workers
 * that io_uring creates.)
 */
SEC("tp_btf/sched_wakeup_new")
int BPF_PROG(sched_wakeup_new, struct task_struct *task)
{
	struct task_struct *current = (void *)bpf_get_current_task_btf();
	u64 now = bpf_ktime_get_ns();
	struct thread_row *thread, *creator;
	u32 number, mode;

	if (now >= window_end || task->tgid == (int)own_tgid)
		return 0;
	creator = thread__of(current, &number);
	if (!is_wanted(task, creator))
		return 0;
	thread = thread__new(task, &number);
	if (!thread)
		return 0;
	thread->flags |= THREAD_INHERIT;
	if (creator)
		thread->executable = creator->executable;
	/* its first act is to return from clone(), a call that it never entered */
	mode = tier_full && !(thread->flags & (THREAD_KTHREAD | THREAD_IO_WORKER)) ? LEDGER_KERNEL
										   : LEDGER_RUNNING;
	ledger__begin(&thread->ledger, now, LEDGER_RUNNABLE, mode);
	thread__publish(task, number);
	return 0;
}

/*
 * The kernel's books of a running task are behind by what it ran since its switch-in. Those of
 * the held back command were read while it slept, and its row has what it did since.
 */
static __always_inline void take_over_books(struct thread_row *thread, struct thread_row *held,
					    u64 now)
{
	const struct ledger *ledger = &held->ledger;

	ledger__charge(&held->ledger, now, LEDGER_RUNNING);
	thread->begin = held->begin;
	thread->before.runtime =
		ledger->sum[LEDGER_RUNNING] + ledger->sum[LEDGER_USER] + ledger->sum[LEDGER_KERNEL];
	thread->before.rundelay = ledger->sum[LEDGER_RUNNABLE] + ledger->sum[LEDGER_PREEMPTED];
	thread->before.voluntary = ledger->voluntary;
	thread->before.involuntary = ledger->involuntary;
	thread->idle_wake = held->idle_wake;
}

/* Begins to trace the task that runs here and now, inside execve(). `held` may be NULL. */
static __always_inline void begin_current(struct task_struct *task, struct thread_row *held,
					  u64 now)
{
	struct thread_row *thread;
	u32 number;

	thread = thread__new(task, &number);
	if (!thread)
		return;
	thread->flags |= THREAD_INHERIT;
	if (held) {
		take_over_books(thread, held, now);
		*pid_slot(task->pid) = 0;
	} else {
		thread__read_books(task, &thread->begin);
	}
	ledger__begin(&thread->ledger, now, tier_full ? LEDGER_KERNEL : LEDGER_RUNNING,
		      tier_full ? LEDGER_KERNEL : LEDGER_RUNNING);
	thread->flags |= THREAD_CENSUS;
	thread__publish(task, number);
	this_cpu()->thread = number;
	if (tier_full)
		process__takes_cpu(this_cpu(), thread->process);
}

static __noinline u32 executable_of(struct task_struct *task)
{
	struct file_identity id = {};
	struct mm_struct *mm;
	struct file *file;

	if (!task)
		return 0;
	mm = task->mm;
	if (!mm)
		return 0;
	file = BPF_CORE_READ(mm, exe_file);
	if (!file)
		return 0;
	id.file = (u64)file;
	id.inode = (u64)BPF_CORE_READ(file, f_inode);
	id.number = BPF_CORE_READ(file, f_inode, i_ino);
	return object__of_file(&id, 0, 0);
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(sched_process_exec, struct task_struct *task, int old_pid, struct linux_binprm *binary)
{
	u64 now = bpf_ktime_get_ns();
	struct thread_row *thread;
	u32 number;

	if (now >= window_end)
		return 0;
	thread = thread__of(task, &number);
	if (!thread && (target_mode != TARGET_MODE_NAME || !task__is_target(task)))
		return 0;
	if (!thread || (thread->flags & THREAD_HELD)) {
		begin_current(task, thread, now);
		thread = thread__of(task, &number);
		if (!thread)
			return 0;
	}
	thread->tid = task->pid; /* exec by a thread that is no leader makes it one */
	thread->tgid = task->tgid;
	thread__read_comm(task, thread);
	thread->executable = executable_of(task);
	thread->stack = 0; /* it was the other program's */
	process__count_exec(thread->process);
	return 0;
}

/* Not the end, but near it: its last switch-out may be missed. 6.18 passes a second argument. */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(sched_process_exit, struct task_struct *task)
{
	struct thread_row *thread;
	u32 number;

	if (bpf_ktime_get_ns() >= window_end)
		return 0;
	thread = thread__of(task, &number);
	if (!thread)
		return 0;
	thread->flags |= THREAD_EXITING;
	thread__read_comm(task, thread);
	return 0;
}

/* A process that is moved into the cgroup that is traced. */
SEC("?tp_btf/cgroup_attach_task")
int BPF_PROG(cgroup_attach_task, struct cgroup *group, const char *path, struct task_struct *task,
	     bool whole_process)
{
	u64 now = bpf_ktime_get_ns();
	struct thread_row *thread;
	u32 number;

	if (now >= window_end || thread__of(task, &number) || !task__is_target(task))
		return 0;
	thread = thread__new(task, &number);
	if (!thread)
		return 0;
	thread__read_books(task, &thread->begin);
	thread->flags |= THREAD_CENSUS | THREAD_INHERIT;
	ledger__begin(&thread->ledger, now, LEDGER_UNKNOWN, LEDGER_RUNNING);
	thread__publish(task, number);
	return 0;
}
