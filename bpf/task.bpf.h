/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which threads are traced, and where their rows are. */
#ifndef WAITSCOPE_TASK_BPF_H
#define WAITSCOPE_TASK_BPF_H

#include "process.bpf.h"

static __always_inline u32 *pid_slot(u32 pid)
{
	return &pid_slots[pid & (PID_SLOTS - 1)];
}

/*
 * The slow way: two threads share a slot, or exec by a thread that does not lead its group
 * swapped two pids (de_thread(), 5.8).
 */
static __noinline u32 thread__look_up(u64 task)
{
	u32 *number = bpf_map_lookup_elem(&thread_index, &task);

	return number ? *number : 0;
}

/* The row of a task, or NULL if it is not traced. */
static __always_inline struct thread_row *thread__of(struct task_struct *task, u32 *number)
{
	struct thread_row *thread;
	u32 slot = *pid_slot(task->pid);

	*number = 0;
	if (!slot)
		return 0;
	if (slot != PID_SLOT_SHARED) {
		thread = ROW(threads, slot);
		if (thread && thread->task == (u64)task) {
			*number = slot;
			return thread;
		}
	}
	slot = thread__look_up((u64)task);
	if (!slot)
		return 0;
	*number = slot;
	return ROW(threads, slot);
}

static __always_inline void thread__read_books(struct task_struct *task, struct books *books)
{
	books->runtime = task->se.sum_exec_runtime;
	books->rundelay = task->sched_info.run_delay;
	books->voluntary = task->nvcsw;
	books->involuntary = task->nivcsw;
	books->major_faults = task->maj_flt;
}

static __always_inline void thread__read_comm(struct task_struct *task, struct thread_row *thread)
{
	bpf_probe_read_kernel(thread->comm, sizeof(thread->comm), task->comm);
}

/* Makes the row findable. The slot of another thread is never taken over. */
static __always_inline int thread__publish(struct task_struct *task, u32 number)
{
	u64 address = (u64)task;
	u32 *slot = pid_slot(task->pid);

	if (bpf_map_update_elem(&thread_index, &address, &number, BPF_ANY)) {
		lose(LOSS_INDEX);
		return -1;
	}
	if (__sync_val_compare_and_swap(slot, 0, number) != 0)
		*slot = PID_SLOT_SHARED;
	return 0;
}

static __always_inline bool leaves_threads_behind(struct task_struct *task)
{
	return task->pid == task->tgid && task->signal->nr_threads > 1;
}

/* After the last switch-out of a task. A shared slot stays shared: its other thread needs it. */
static __always_inline void thread__forget(struct task_struct *task, u32 number)
{
	u64 address = (u64)task;

	bpf_map_delete_elem(&thread_index, &address);
	/* A leader that goes before the others may hand its pid to one that execs (de_thread()):
	 * an empty slot would say that nobody of that pid is traced. */
	__sync_val_compare_and_swap(pid_slot(task->pid), number,
				    leaves_threads_behind(task) ? PID_SLOT_SHARED : 0);
}

/*
 * A fresh row for a task, not yet findable: the caller sets its state, then publishes it.
 * Returns NULL if there is no room (counted).
 */
static __always_inline struct thread_row *thread__new(struct task_struct *task, u32 *number)
{
	struct thread_row *thread;
	u32 flags = task->flags;

	*number = pool__take(POOL_THREADS, LOSS_THREADS);
	if (!*number)
		return 0;
	thread = ROW(threads, *number);
	if (!thread)
		return 0;
	thread->task = (u64)task;
	thread->tid = task->pid;
	thread->tgid = task->tgid;
	thread->ppid = task->real_parent->tgid;
	thread->ledger.call = SYSCALL_NONE;
	if (flags & (PF_IO_WORKER | PF_USER_WORKER))
		thread->flags |= THREAD_IO_WORKER;
	else if (flags & PF_KTHREAD)
		thread->flags |= THREAD_KTHREAD;
	thread__read_comm(task, thread);
	process__join(thread);
	return thread;
}

static __always_inline bool same_comm(const char *comm)
{
#pragma unroll
	for (int i = 0; i < RECORDS_COMM; i++) {
		if (comm[i] != target_comm[i])
			return false;
		if (!comm[i])
			break;
	}
	return true;
}

static __always_inline bool task__has_target_name(struct task_struct *task)
{
	struct task_struct *leader = task->group_leader;
	char comm[RECORDS_COMM] = {};

	bpf_probe_read_kernel(comm, sizeof(comm), leader->comm);
	return same_comm(comm);
}

/* cgroup v2: the task's group or one above it is the target. */
static __always_inline bool task__in_target_cgroup(struct task_struct *task)
{
	struct cgroup *group = task->cgroups->dfl_cgrp, *ancestor = 0;
	struct cgroup___6_1 *flavoured = (void *)group;

	if (group->level < (int)target_cgroup_level)
		return false;
	if (!bpf_core_field_exists(flavoured->ancestors))
		return group->kn->id == target_cgroup;
	bpf_probe_read_kernel(&ancestor, sizeof(ancestor),
			      (void *)group + bpf_core_field_offset(flavoured->ancestors) +
				      (target_cgroup_level & 63) * sizeof(void *));
	return BPF_CORE_READ(ancestor, kn, id) == target_cgroup;
}

static __always_inline bool task__is_named(u32 id)
{
	return bpf_map_lookup_elem(&targets, &id) != 0;
}

/* Depth to which ancestors are followed: deeper trees are cut, as in no program seen so far. */
#define TREE_DEPTH 64

static __always_inline bool task__descends_from_target(struct task_struct *task)
{
	struct task_struct *parent = task->group_leader;

	for (int i = 0; i < TREE_DEPTH; i++) {
		u32 tgid = BPF_CORE_READ(parent, tgid);

		if (task__is_named(tgid))
			return true;
		if (tgid <= 1)
			return false;
		parent = BPF_CORE_READ(parent, real_parent);
	}
	return false;
}

/* Does the target name this task, as it stands? */
static __always_inline bool task__is_target(struct task_struct *task)
{
	if (task->pid == 0 || task->tgid == (int)own_tgid)
		return false;
	switch (target_mode) {
	case TARGET_MODE_SPAWNED:
		return task->tgid == (int)command_pid;
	case TARGET_MODE_PROCESSES:
		return task__is_named(task->tgid);
	case TARGET_MODE_THREADS:
		return task__is_named(task->pid);
	case TARGET_MODE_TREES:
		return task__descends_from_target(task);
	case TARGET_MODE_NAME:
		return task__has_target_name(task);
	case TARGET_MODE_CGROUP:
		return task__in_target_cgroup(task);
	case TARGET_MODE_ALL:
		return true;
	}
	return false;
}

#endif
