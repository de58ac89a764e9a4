/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The scheduler's tracepoints: every transition of every traced thread. */
#include "aio.bpf.h"
#include "measure.bpf.h"
#include "overhead.bpf.h"
#include "stack.bpf.h"
#include "stream.bpf.h"
#include "waker.bpf.h"

static __always_inline void thread__end(struct task_struct *task, struct thread_row *thread,
					u32 number)
{
	thread__read_books(task, &thread->end);
	thread__read_comm(task, thread);
	if (measured)
		measure__end(thread);
	thread->flags |= THREAD_ENDED | THREAD_BOOKS;
	thread__forget(task, number);
}

static __always_inline void switch_out(void *context, struct task_struct *task,
				       struct thread_row *thread, u32 number, u64 now, u32 kind,
				       u32 state)
{
	if (kind == LEDGER_EVENT_BLOCKED) {
		thread->wait = wait__row(task, thread, number, state);
		if (stack_mode)
			stack__sleep(context, thread);
	}
	if (measure__switches())
		measure__switch_out(task, thread, now, kind == LEDGER_EVENT_BLOCKED);
	ledger__switch_out(&thread->ledger, now, kind);
	if (kind == LEDGER_EVENT_ENDED)
		thread__end(task, thread, number);
}

/* ledger__switch_in(), and what is measured of it: a function, for the sake of the caller's stack.
 */
static __noinline u32 switch_in_measured(struct task_struct *task, struct thread_row *thread,
					 u64 now, struct ledger_wait *wait)
{
	struct measure_before before;
	u32 event;

	measure__before_switch_in(thread, &before);
	event = ledger__switch_in(&thread->ledger, now, wait);
	measure__switch_in(task, thread, now, &before, event, wait);
	return event;
}

/* Returns for how long it was runnable, if a waking made it so; ns. `seen`: STREAM_IN_*. */
static __always_inline u64 switch_in(struct task_struct *task, struct thread_row *thread,
				     u32 number, u64 now, u32 *seen)
{
	u64 runnable = thread->ledger.sum[LEDGER_RUNNABLE];
	struct ledger_wait wait;
	u32 event;

	if (judged())
		process__end_operation(thread);
	if (ledger__lacks_waking(&thread->ledger) && !signal__is_pending(task)) {
		ledger__lose_waking(&thread->ledger);
		*seen |= STREAM_IN_LOST_WAKING;
	}
	if (thread->handling)
		*seen |= STREAM_IN_HANDLER;
	event = measure__switches() ? switch_in_measured(task, thread, now, &wait)
				    : ledger__switch_in(&thread->ledger, now, &wait);
	runnable = thread->ledger.sum[LEDGER_RUNNABLE] - runnable;
	if (event != LEDGER_EVENT_WAIT_DONE)
		return runnable;
	if (tier_full)
		thread->woken = now - wait.runqueue;
	if (wait.early && names_wakers())
		waker__count(thread->wait, thread->early.kind, thread->early.tid, &thread->early);
	wait__record(thread, &wait);
	if (stack_mode)
		stack__record(thread, wait.blocked);
	return runnable;
}

/* A tick brings the run queue's clock up to date, and CONFIG_HZ is 100 or more. */
#define CLOCK_LAG_MAX 10000000ULL

/*
 * Where the kernel's books may differ from ours, by how much at most.
 *
 * A wakeup brings the clock of the run queue up to date and enqueues the thread. If the task that
 * runs there is to make way for it, wakeup_preempt() calls rq_clock_skip_update(): the next
 * __schedule() does not update the clock again, however long it is in coming (an interrupt to
 * another CPU, an idle CPU that wakes up). So for the kernel the switch was at the enqueue: the
 * time since then is run time of the thread that comes, and no run time of the one that goes, but
 * run-queue delay if that one wants to go on. The enqueue is after the waking, so it is no more
 * than the time that the coming thread was runnable.
 *
 * Only where the task that goes is still runnable, as the idle task always is: one that sleeps by
 * itself had nobody ask it to make way, but for the moment that it takes to get there.
 */
static __always_inline void clock__count_lag(struct thread_row *leaver, struct thread_row *comer,
					     u64 runnable)
{
	u64 lag = runnable < CLOCK_LAG_MAX ? runnable : CLOCK_LAG_MAX;

	if (comer)
		comer->clock_gain += lag;
	if (!leaver)
		return;
	if (comer)
		leaver->clock_loss += lag;
	else
		leaver->put_off++;
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

static __always_inline int on_switch(void *context, bool preempt, struct task_struct *prev,
				     struct task_struct *next, u32 state)
{
	TIMED u64 now = bpf_ktime_get_ns();
	struct cpu *cpu = this_cpu();
	u32 kind = ledger__switch_out_kind(preempt, state), number, seen = kind, left;
	struct thread_row *leaver, *comer;
	u64 runnable = 0;

	if (now >= hot.window_end)
		return 0;
	leaver = leaving(cpu, prev, &left);
	if (leaver)
		switch_out(context, prev, leaver, left, now, kind, state);
	comer = thread__of(next, &number);
	cpu->running = (u64)next;
	cpu->thread = number;
	if (judged())
		process__takes_cpu(cpu, comer ? comer->process : 0);
	if (comer)
		runnable = switch_in(next, comer, number, now, &seen);
	if (streaming)
		stream__switch(now, leaver, leaver ? left : 0, comer ? number : 0, seen);
	if (kind == LEDGER_EVENT_PREEMPTED)
		clock__count_lag(leaver, comer, runnable);
	return 0;
}

SEC("?tp_btf/sched_switch")
int BPF_PROG(sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next,
	     unsigned int prev_state)
{
	return on_switch(ctx, preempt, prev, next, prev_state);
}

/* Before 5.18 the tracepoint has no prev_state. A concurrent waking may have changed the state
 * by now; then the thread counts as preempted, and the waking as spurious. */
SEC("?tp_btf/sched_switch")
int BPF_PROG(sched_switch_before_5_18, bool preempt, struct task_struct *prev,
	     struct task_struct *next)
{
	return on_switch(ctx, preempt, prev, next, prev->__state);
}

SEC("tp_btf/sched_waking")
int BPF_PROG(sched_waking, struct task_struct *task)
{
	TIMED u64 now = bpf_ktime_get_ns();
	struct task_struct *current;
	struct thread_row *thread;
	u32 number, kind, tid, event;

	if (now >= hot.window_end)
		return 0;
	thread = thread__of(task, &number);
	if (!thread)
		return 0;
	event = ledger__waking(&thread->ledger, now);
	if (!names_wakers())
		return 0;
	current = (void *)bpf_get_current_task_btf();
	if (event == LEDGER_EVENT_SPURIOUS || (event == LEDGER_EVENT_EARLY && current == task)) {
		if (streaming)
			stream__waking(now, number, 0, STREAM_WAKER_ITSELF, event);
		return 0;
	}
	kind = waker__context(current);
	tid = waker__is_task(kind) ? current->pid : 0;
	if (signal__is_pending(task))
		kind = WAKER_SIGNAL; /* tid: who sent it, if a thread did */
	measure__waking(thread, kind, tid);
	if (stack_mode & STACK_OF_WAKERS)
		stack__wake(ctx, thread, kind, tid);
	if (streaming)
		stream__waking(now, number, tid, kind, event);
	if (event == LEDGER_EVENT_WOKEN) {
		waker__count(thread->wait, kind, tid, 0);
		return 0;
	}
	__builtin_memset(&thread->early, 0, sizeof(thread->early));
	waker__fill(&thread->early, kind, tid, current);
	return 0;
}

/* For MEASURE_ENQUEUE and MEASURE_QUEUE: a thread that was woken stands on a run queue now. */
SEC("?tp_btf/sched_wakeup")
int BPF_PROG(sched_wakeup, struct task_struct *task)
{
	TIMED u64 now = bpf_ktime_get_ns();
	struct thread_row *thread;
	u32 number;

	if (now >= hot.window_end)
		return 0;
	thread = thread__of(task, &number);
	if (thread)
		measure__enqueue(task, thread, now);
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
	TIMED u64 now = bpf_ktime_get_ns();
	struct thread_row *thread, *creator;
	u32 number, mode;

	if (now >= hot.window_end || task->tgid == (int)own_tgid)
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
	if (streaming)
		stream__begin(now, thread, number);
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
	thread->before.runtime = ledger__cpu(ledger);
	thread->before.rundelay = ledger__delayed(ledger);
	thread->before.voluntary = ledger->voluntary;
	thread->before.involuntary = ledger->involuntary;
	thread->clock_gain = held->clock_gain;
	thread->clock_loss = held->clock_loss;
	thread->put_off = held->put_off;
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
	if (streaming)
		stream__begin(now, thread, number);
	thread__publish(task, number);
	this_cpu()->thread = number;
	if (judged())
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
	TIMED u64 now = bpf_ktime_get_ns();
	struct thread_row *thread;
	u32 number;

	if (now >= hot.window_end)
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
	if (streaming)
		stream__note(now, number, STREAM_EXEC);
	process__count_exec(thread->process);
	return 0;
}

/* For lines that are told before the thread's end, where its name is read in any case. */
SEC("?tp_btf/task_rename")
int BPF_PROG(task_rename, struct task_struct *task, const char *name)
{
	TIMED u64 now = bpf_ktime_get_ns();
	struct thread_row *thread;
	u32 number;

	if (now >= hot.window_end)
		return 0;
	thread = thread__of(task, &number);
	if (!thread)
		return 0;
	bpf_probe_read_kernel_str(thread->comm, sizeof(thread->comm), name);
	if (streaming)
		stream__note(now, number, STREAM_RENAME);
	return 0;
}

/* Has every thread of the process begun to exit? `live` is counted down before the tracepoint. */
static __always_inline bool process__is_over(struct task_struct *task)
{
	struct signal_struct___live *signal = (void *)task->signal;

	return BPF_CORE_READ(signal, live.counter) == 0;
}

/* Nothing is submitted any more; what is in flight stays open. */
static __always_inline void process__end(u32 number, u64 now)
{
	struct process_row *process = number ? ROW(processes, number) : 0;

	if (!process)
		return;
	process->ended = now;
	if (process->aio)
		aio__drop(number, 0);
}

/* Not the end, but near it: its last switch-out may be missed. 6.18 passes a second argument. */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(sched_process_exit, struct task_struct *task)
{
	TIMED u64 now = bpf_ktime_get_ns();
	struct thread_row *thread;
	u32 number;

	if (now >= hot.window_end)
		return 0;
	thread = thread__of(task, &number);
	if (!thread)
		return 0;
	thread->flags |= THREAD_EXITING;
	if (streaming)
		stream__note(now, number, STREAM_EXITING);
	thread__read_comm(task, thread);
	if (tier_full && process__is_over(task))
		process__end(thread->process, now);
	return 0;
}

/* A process that is moved into the cgroup that is traced. */
SEC("?tp_btf/cgroup_attach_task")
int BPF_PROG(cgroup_attach_task, struct cgroup *group, const char *path, struct task_struct *task,
	     bool whole_process)
{
	TIMED u64 now = bpf_ktime_get_ns();
	struct thread_row *thread;
	u32 number;

	if (now >= hot.window_end || thread__of(task, &number) || !task__is_target(task))
		return 0;
	thread = thread__new(task, &number);
	if (!thread)
		return 0;
	thread__read_books(task, &thread->begin);
	thread->flags |= THREAD_INHERIT;
	ledger__begin(&thread->ledger, now, LEDGER_UNKNOWN, LEDGER_RUNNING);
	if (streaming)
		stream__begin(now, thread, number);
	thread__publish(task, number);
	return 0;
}
