/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a thread waits for: from its saved registers to the row that counts its waits.
 *
 * A thread has few kinds of waits that recur, so it remembers the rows of the last ones. Only a
 * wait that it has not seen lately goes through the hashes.
 */
#ifndef WAITSCOPE_WAIT_BPF_H
#define WAITSCOPE_WAIT_BPF_H

#include "histogram.bpf.h"
#include "object.bpf.h"
#include "posix_aio.bpf.h"
#include "task.bpf.h"
#include "tally.h"

/* The syscall that a sleeping thread is in, and what its arguments say. */
struct call_facts {
	u32 syscall;  /* SYSCALL_NONE: none */
	u32 argument; /* enum argument_kind */
	u64 args[4];
	u64 fd4;
};

#define FUTEX_COMMAND	  0x7f /* without the PRIVATE and CLOCK_REALTIME flags */
#define FUTEX_PRIVATE	  0x80
#define FUTEX_WAIT	  0
#define FUTEX_LOCK_PI	  6
#define FUTEX_WAIT_BITSET 9
#define FUTEX_LOCK_PI2	  13
/* glibc, musl, Go and Rust alike: a mutex that is locked and has waiters holds 2 */
#define FUTEX_CONTENDED 2

static __always_inline u32 futex__use(u64 operation, u64 value)
{
	u32 command = operation & FUTEX_COMMAND;

	if (command == FUTEX_LOCK_PI || command == FUTEX_LOCK_PI2)
		return FUTEX_USE_LOCK;
	if (value == FUTEX_CONTENDED)
		return FUTEX_USE_LOCK;
	/* the kernel itself wakes the word that holds a dying thread's id, and never as private */
	if (command == FUTEX_WAIT_BITSET && !(operation & FUTEX_PRIVATE) && value > 300)
		return FUTEX_USE_JOIN;
	return FUTEX_USE_QUEUE;
}

static __always_inline bool in_compat_call(struct task_struct *task)
{
	return task->thread_info.status & TS_COMPAT;
}

static __always_inline u32 call__number(const struct pt_regs *regs, bool compat)
{
	u32 number = (u32)regs->orig_ax; /* -1 after a fault or an interrupt */

	if (number >= SYSCALL_COMPAT)
		return SYSCALL_NONE;
	return compat ? number | SYSCALL_COMPAT : number;
}

/* The call that goes on as restart_syscall: the one in flight, or that of the wait before. */
static __always_inline u32 restarted_call(struct thread_row *thread)
{
	struct wait_row *before;

	if (thread->ledger.flags & LEDGER_ENTRY_SEEN)
		return thread->ledger.call;
	before = thread->wait ? ROW(waits, thread->wait) : 0;
	return before ? before->key.syscall : SYSCALL_NONE;
}

/* TRAIT_* of a call, as rows carry its number; SYSCALL_NONE has none. */
static __always_inline u32 call__traits(u32 syscall)
{
	return syscall == SYSCALL_NONE
		       ? 0
		       : hot.syscall_traits[(syscall & SYSCALL_COMPAT) != 0][syscall & 511];
}

/* A restarted call has the arguments of the first time still in its registers. */
static __always_inline void call__read(struct task_struct *task, struct thread_row *thread,
				       struct call_facts *call)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs((void *)task);
	bool compat = in_compat_call(task);

	call->syscall = call__number(regs, compat);
	call->argument = ARGUMENT_NONE;
	if (call->syscall == SYSCALL_NONE)
		return;
	if ((call->syscall & ~SYSCALL_COMPAT) == restart_syscall[compat & 1])
		call->syscall = restarted_call(thread);
	if (compat) {
		call->argument = syscall_arguments[1][call->syscall & 511];
		call->args[0] = (u32)regs->bx;
		call->args[1] = (u32)regs->cx;
		call->args[2] = (u32)regs->dx;
		call->args[3] = (u32)regs->si;
		call->fd4 = (u32)regs->di;
	} else {
		call->argument = syscall_arguments[0][call->syscall & 511];
		call->args[0] = regs->di;
		call->args[1] = regs->si;
		call->args[2] = regs->dx;
		call->args[3] = regs->r10;
		call->fd4 = regs->r8;
	}
}

GLOBAL u32 wait__look_up(const struct wait_key *given)
{
	struct wait_row *wait;
	struct wait_key key;
	u32 number, *known;

	if (!given)
		return 0;
	key = *given; /* 6.1 takes keys from its own stack frame only */
	known = bpf_map_lookup_elem(&wait_index, &key);
	if (known)
		return *known;
	number = pool__take(POOL_WAITS, LOSS_WAITS);
	wait = number ? ROW(waits, number) : 0;
	if (!wait)
		return 0;
	wait->key = key;
	wait->duration_histogram = histogram__new_beside();
	wait->runqueue_histogram = histogram__new_beside();
	if (bpf_map_update_elem(&wait_index, &key, &number, BPF_ANY))
		lose(LOSS_INDEX);
	return number;
}

#define FD_SETSIZE_WORDS 16 /* 1024 descriptors */

static __always_inline u64 read_word(u64 set, u32 word)
{
	u64 value = 0;

	if (set)
		bpf_probe_read_user(&value, sizeof(value), (void *)(set + word * sizeof(value)));
	return value;
}

static __always_inline u32 count_bits(u64 word)
{
	word -= (word >> 1) & 0x5555555555555555ULL;
	word = (word & 0x3333333333333333ULL) + ((word >> 2) & 0x3333333333333333ULL);
	word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0fULL;
	return (word * 0x0101010101010101ULL) >> 56;
}

struct selection {
	u64 in, out, except; /* addresses of the sets; 0: none */
	u32 limit, count;
};

/* Counts what is in one word of the sets. 1: that was the last one. */
static int count_selected_word(u32 word, struct selection *selection)
{
	u32 limit = selection->limit;
	u64 any;

	if (word * 64 >= limit)
		return 1;
	any = read_word(selection->in, word) | read_word(selection->out, word) |
	      read_word(selection->except, word);
	if (limit - word * 64 < 64)
		any &= (1ULL << (limit - word * 64)) - 1;
	selection->count += count_bits(any);
	return 0;
}

/*
 * Descriptors in any of the three sets of select(): its first argument is only their limit. The
 * sets are the caller's memory, which the kernel leaves alone until the call returns.
 */
GLOBAL u32 count_selected(u64 in, u64 out, u64 except, u32 limit)
{
	struct selection selection = {in, out, except, limit, 0};

	if (have_loop) { /* verified once, and not for each word: 20 ms less a program */
		bpf_loop(FD_SETSIZE_WORDS, count_selected_word, &selection, 0);
		return selection.count;
	}
	for (u32 word = 0; word < FD_SETSIZE_WORDS; word++)
		if (count_selected_word(word, &selection))
			break;
	return selection.count;
}

/* What identifies the wait object at the price of a few loads; `kind` 0: nothing does. */
static __always_inline void wait__identify(struct task_struct *task, const struct call_facts *call,
					   struct file_identity *id)
{
	id->file = id->inode = id->operations = id->number = 0;
	switch (call->argument) {
	case ARGUMENT_FD0:
		find_file(task, call->args[0], id);
		break;
	case ARGUMENT_FD4:
		find_file(task, call->fd4, id);
		break;
	case ARGUMENT_FUTEX:
		id->file = call->args[0];
		id->number = futex__use(call->args[1], call->args[2]);
		break;
	case ARGUMENT_POLL:
		id->number = (u32)call->args[1];
		break;
	case ARGUMENT_SELECT:
		id->number =
			count_selected(call->args[1], call->args[2], call->args[3], call->args[0]);
		break;
	}
}

static __always_inline u32 wait__object(const struct call_facts *call,
					const struct file_identity *id, u32 tgid)
{
	switch (call->argument) {
	case ARGUMENT_FD0:
		return id->file ? object__of_file(id, call->args[0], tgid) : 0;
	case ARGUMENT_FD4:
		return id->file ? object__of_file(id, call->fd4, tgid) : 0;
	case ARGUMENT_FUTEX:
		return object__of_number(OBJECT_FUTEX, id->file, tgid);
	case ARGUMENT_POLL:
	case ARGUMENT_SELECT:
		return object__of_number(OBJECT_POLL, id->number, 0);
	}
	return 0;
}

GLOBAL u32 wait__resolve(struct thread_row *thread, u32 thread_number,
			 const struct call_facts *call, const struct file_identity *id,
			 u32 sleep_and_flags)
{
	struct wait_key key = {};

	if (!thread || !call || !id)
		return 0;
	key.thread = thread_number;
	key.syscall = call->syscall;
	key.sleep = sleep_and_flags;
	key.flags = sleep_and_flags >> 8;
	key.object = wait__object(call, id, thread->tgid);
	if (call->argument == ARGUMENT_FUTEX)
		key.futex = id->number;
	return wait__look_up(&key);
}

static __always_inline u32 wait__flags(struct task_struct *task, const struct thread_row *thread,
				       u32 state)
{
	u32 flags = 0;

	if (state & LEDGER_TASK_RTLOCK_WAIT)
		flags |= WAIT_KERNEL_LOCK;

	if (BPF_CORE_READ_BITFIELD(task, in_iowait))
		flags |= WAIT_IN_IOWAIT;
	if (thread->flags & THREAD_KTHREAD)
		flags |= WAIT_KTHREAD;
	if (thread->flags & THREAD_IO_WORKER)
		flags |= WAIT_IO_WORKER;
	return flags;
}

static __always_inline u64 user_stack(struct task_struct *task)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs((void *)task);

	return regs->sp;
}

/* The row for the wait that `task` begins now (or is found in), or 0 if there is no room. */
static __always_inline u32 wait__row(struct task_struct *task, struct thread_row *thread,
				     u32 thread_number, u32 state)
{
	u32 sleep = ledger__sleep(state);
	struct file_identity id = {};
	struct call_facts call;
	struct wait_cache *cache;
	u32 flags = wait__flags(task, thread, state);
	u32 tag;

	call.syscall = SYSCALL_NONE;
	call.argument = ARGUMENT_NONE;
	if (!(flags & (WAIT_KTHREAD | WAIT_IO_WORKER))) {
		call__read(task, thread, &call);
		if (judged() && (call__traits(call.syscall) & TRAIT_OPERATION))
			flags |= WAIT_OPERATION;
	}
	if (call.argument != ARGUMENT_NONE)
		wait__identify(task, &call, &id);
	if (flags & WAIT_OPERATION) {
		posix_aio__recognise(thread, call__traits(call.syscall), call.args);
		if (!(thread->flags & THREAD_AIO_HELPER)) /* its request counts already */
			process__begin_operation(thread);
	}
	tag = call.syscall | sleep << 16 | flags << 24;
	cache = &thread->waits[(call.syscall ^ (id.file >> 8) ^ id.number) & (WAIT_CACHE - 1)];
	if (cache->row && cache->call == tag && cache->file == id.file &&
	    cache->inode == id.inode && cache->number == id.number &&
	    cache->operations == id.operations)
		return cache->row;
	thread->stack = user_stack(task);
	cache->row = wait__resolve(thread, thread_number, &call, &id, sleep | flags << 8);
	cache->call = tag;
	cache->file = id.file;
	cache->inode = id.inode;
	cache->number = id.number;
	cache->operations = id.operations;
	return cache->row;
}

/* A wait in the handler of an event loop: the loop is blocked. */
static __always_inline void wait__hold_up(struct thread_row *thread, struct wait_row *row,
					  u64 blocked)
{
	struct loop_row *loop = ROW(loops, thread->handling);

	row->handler += blocked;
	if (!loop || blocked <= loop->wait_longest)
		return;
	loop->wait_longest = blocked;
	loop->wait_row = thread->wait;
}

/* Enters a finished wait in its row. */
static __always_inline void wait__record(struct thread_row *thread, const struct ledger_wait *wait)
{
	struct wait_row *row = thread->wait ? ROW(waits, thread->wait) : 0;

	if (!row) {
		thread->unkept_waits++;
		thread->unkept_blocked += wait->blocked;
		thread->flags |= THREAD_PARTIAL;
		return;
	}
	wait_row__count(row, wait);
	if (tier_full && thread->handling)
		wait__hold_up(thread, row, wait->blocked);
	histogram__count(row->runqueue_histogram, wait->runqueue);
	if (!wait->censored)
		histogram__count(row->duration_histogram, wait->blocked);
}

#endif
