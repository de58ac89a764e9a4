/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the threads of a process share: how many run at once, and how many I/O operations are
 * outstanding. Counted in the full tier only: an atomic addition at each end of a run or a sleep.
 */
#ifndef WAITSCOPE_PROCESS_BPF_H
#define WAITSCOPE_PROCESS_BPF_H

#include "maps.bpf.h"

/* The row of a process, made if there is none. 0: no room (counted). */
GLOBAL u32 process__take(u32 tgid)
{
	struct process_row *process;
	u32 number, *known;

	known = bpf_map_lookup_elem(&process_index, &tgid);
	if (known)
		return *known;
	number = pool__take(POOL_PROCESSES, LOSS_PROCESSES);
	process = number ? ROW(processes, number) : 0;
	if (!process)
		return 0;
	process->tgid = tgid;
	if (!bpf_map_update_elem(&process_index, &tgid, &number, BPF_NOEXIST))
		return number;
	/* made on another CPU at the same time, or there is no room: this row stays empty */
	known = bpf_map_lookup_elem(&process_index, &tgid);
	if (known)
		return *known;
	lose(LOSS_INDEX);
	return 0;
}

/* Ties a new thread to its process. */
static __always_inline void process__join(struct thread_row *thread)
{
	struct process_row *process;

	thread->process = process__take(thread->tgid);
	process = thread->process ? ROW(processes, thread->process) : 0;
	if (process)
		__sync_fetch_and_add(&process->threads, 1);
}

static __always_inline void process__count_exec(u32 number)
{
	struct process_row *process = number ? ROW(processes, number) : 0;

	if (process)
		process->execs++; /* only one thread is left to do it */
}

static __always_inline void process__run(u32 number)
{
	struct process_row *process = number ? ROW(processes, number) : 0;
	u32 running;

	if (!process)
		return;
	running = __sync_fetch_and_add(&process->running, 1) + 1;
	if (running > process->running_max)
		process->running_max = running;
}

static __always_inline void process__rest(u32 number)
{
	struct process_row *process = number ? ROW(processes, number) : 0;

	if (process)
		__sync_fetch_and_add(&process->running, -1);
}

/* From now on this CPU runs a thread of process row `number`; 0: of none that is traced. */
static __always_inline void process__takes_cpu(struct cpu *cpu, u32 number)
{
	if (cpu->process == number)
		return;
	process__rest(cpu->process);
	process__run(number);
	cpu->process = number;
}

/* One operation more, or less, is outstanding: a call that sleeps, or a request in flight. */
static __always_inline void process__operate(u32 number, s32 change)
{
	struct process_row *process = number ? ROW(processes, number) : 0;
	s32 operations;

	if (!process)
		return;
	operations = __sync_fetch_and_add(&process->operations, change) + change;
	if (operations > process->operations_max)
		process->operations_max = operations;
}

/* A thread goes to sleep in an I/O call, or comes back from there. */
static __always_inline void process__begin_operation(struct thread_row *thread)
{
	if (thread->flags & THREAD_OPERATING)
		return; /* its switch-in was missed */
	thread->flags |= THREAD_OPERATING;
	process__operate(thread->process, 1);
}

static __always_inline void process__end_operation(struct thread_row *thread)
{
	if (!(thread->flags & THREAD_OPERATING))
		return;
	thread->flags &= ~THREAD_OPERATING;
	process__operate(thread->process, -1);
}

#endif
