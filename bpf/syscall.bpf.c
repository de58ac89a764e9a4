/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Syscall entry and exit (full tier): latency, results, and the user/kernel split. */
#include "posix_aio.bpf.h"
#include "aio.bpf.h"
#include "loop.bpf.h"
#include "measure.bpf.h"
#include "overhead.bpf.h"
#include "stream.bpf.h"
#include "uring_taken.bpf.h"
#include "waker.bpf.h"

GLOBAL u32 call__look_up(u32 thread, u32 syscall)
{
	struct call_key key = {.thread = thread, .syscall = syscall};
	struct call_row *call;
	u32 number, *known;

	known = bpf_map_lookup_elem(&call_index, &key);
	if (known)
		return *known;
	number = pool__take(POOL_CALLS, LOSS_CALLS);
	call = number ? ROW(calls, number) : 0;
	if (!call)
		return 0;
	call->key = key;
	call->histogram = histogram__new_beside();
	if (bpf_map_update_elem(&call_index, &key, &number, BPF_ANY))
		lose(LOSS_INDEX);
	return number;
}

GLOBAL int call__count_error(struct call_row *call, u32 number, u32 error)
{
	struct errno_key key = {.call = number, .number = error};
	u64 one = 1, *known;

	if (!call)
		return 0;
	if (call_row__count_error(call, error))
		return 0;
	known = bpf_map_lookup_elem(&errnos, &key);
	if (known) {
		*known += 1;
	} else if (bpf_map_update_elem(&errnos, &key, &one, BPF_NOEXIST)) {
		call->other_errnos++;
		lose(LOSS_ERRNOS);
	}
	return 0;
}

static __always_inline bool is_sigreturn(u32 call)
{
	if (call & SYSCALL_COMPAT)
		return (call & ~SYSCALL_COMPAT) == sigreturn_syscall[1];
	return call == sigreturn_syscall[0];
}

#define SOCKET_LEVEL 1 /* SOL_SOCKET */
#define SOCKET_ERROR 4 /* SO_ERROR */

static __always_inline u64 call__argument(const struct pt_regs *regs, u32 syscall, u32 index)
{
	bool compat = syscall & SYSCALL_COMPAT;

	switch (index) {
	case 0:
		return compat ? (u32)regs->bx : regs->di;
	case 1:
		return compat ? (u32)regs->cx : regs->si;
	case 2:
		return compat ? (u32)regs->dx : regs->dx;
	default:
		return compat ? (u32)regs->si : regs->r10;
	}
}

static __always_inline bool message__does_not_wait(const struct pt_regs *regs, u32 syscall,
						   u32 traits)
{
	if (traits & TRAIT_MESSAGE_ARG3)
		return call__argument(regs, syscall, 3) & MESSAGE_DONTWAIT;
	if (traits & TRAIT_MESSAGE_ARG2)
		return call__argument(regs, syscall, 2) & MESSAGE_DONTWAIT;
	return false;
}

/*
 * What kind of answer a result is. A socket with a timeout (SO_RCVTIMEO) says EAGAIN, too, when it
 * has waited for that long: nobody was refused who slept.
 */
static __always_inline u32 answer__kind(s64 result, bool would_wait, bool slept)
{
	if (result >= 0 || result == -EISCONN)
		return ANSWER_DONE;
	if (result == -EAGAIN && !(would_wait && slept))
		return ANSWER_REFUSED;
	if (result == -EINPROGRESS)
		return ANSWER_IN_PROGRESS;
	return ANSWER_FAILED;
}

/* An I/O call of which refusals are known, or that is refused. */
static __always_inline void io__answer(struct thread_row *thread, u32 thread_number,
				       const struct ledger_call *done, u32 traits, u32 descriptor,
				       u32 kind)
{
	struct process_row *process = thread->process ? ROW(processes, thread->process) : 0;
	struct answer answer = {};

	if (!process)
		return;
	if (kind != ANSWER_REFUSED && kind != ANSWER_IN_PROGRESS && !thread->spin_length &&
	    !process->connecting && !(process->refused >> (descriptor & 63) & 1))
		return;
	answer.kind = kind;
	answer.syscall = done->call;
	answer.descriptor = descriptor;
	answer.traits = traits;
	answer.entered = thread->ledger.call_since;
	answer.cpu = done->total - done->off_cpu;
	answer.asleep = done->blocked;
	if (process->connecting > 0 && kind != ANSWER_REFUSED && kind != ANSWER_IN_PROGRESS)
		attempt__settle(thread, thread_number, &answer);
	if (traits & TRAIT_IO)
		attempt__answered(thread, thread_number, &answer);
}

/* A call that moves data or a connection through its first argument. */
static __always_inline void io__record(struct thread_row *thread, u32 thread_number,
				       struct call_row *call, const struct ledger_call *done,
				       u32 traits, s64 result, const struct pt_regs *regs)
{
	u32 descriptor = call__argument(regs, done->call, 0);
	bool slept = done->off_cpu && thread->woken > thread->ledger.call_since, nonblocking;
	u32 flags = file_flags(descriptor);

	nonblocking = flags & FILE_NONBLOCK || message__does_not_wait(regs, done->call, traits);
	if (nonblocking)
		call->nonblocking++;
	if (flags & FILE_ASYNC)
		call->signalled++;
	if (result > 0 && traits & TRAIT_BYTES)
		call->bytes += result;
	if (thread->handling && !slept)
		call->handled++;
	if (streaming)
		thread->call_flags = STREAM_CALL_IO | (nonblocking ? STREAM_CALL_NONBLOCKING : 0) |
				     (flags & FILE_ASYNC ? STREAM_CALL_SIGNALLED : 0) |
				     (thread->handling && !slept ? STREAM_CALL_HANDLED : 0);
	if (result == -EINTR || result == -EALREADY)
		return; /* says nothing yet */
	io__answer(thread, thread_number, done, traits, descriptor,
		   answer__kind(result, !nonblocking, slept));
}

/* Calls that are no I/O, but say something about a descriptor. */
static __always_inline void descriptor__record(struct thread_row *thread, u32 thread_number,
					       const struct ledger_call *done, u32 traits,
					       s64 result, const struct pt_regs *regs)
{
	u32 descriptor = call__argument(regs, done->call, 0);

	if (traits & TRAIT_CLOSES)
		attempt__forget(thread->process, descriptor);
	if (traits & TRAIT_SETTLES && !result &&
	    call__argument(regs, done->call, 1) == SOCKET_LEVEL &&
	    call__argument(regs, done->call, 2) == SOCKET_ERROR)
		io__answer(thread, thread_number, done, traits, descriptor, ANSWER_DONE);
}

/* `regs` NULL: its arguments are not known any more. */
static __always_inline void call__record(struct thread_row *thread, u32 thread_number,
					 const struct ledger_call *done, s64 result,
					 const struct pt_regs *regs)
{
	struct call_cache *cache = &thread->calls[done->call & (CALL_CACHE - 1)];
	u32 traits = call__traits(done->call);
	struct call_row *call;

	if (cache->syscall != done->call + 1) {
		cache->row = call__look_up(thread_number, done->call);
		cache->syscall = done->call + 1;
	}
	call = cache->row ? ROW(calls, cache->row) : 0;
	if (!call)
		return;
	if (done->censored) {
		call->censored++;
		return;
	}
	call_row__count(call, done, thread->ledger.call_since, thread->woken);
	histogram__count(call->histogram, done->total);
	if (result < 0 && result >= -4095 && !is_sigreturn(done->call))
		call__count_error(call, cache->row, -result);
	if (!judged() || !regs)
		return;
	if (traits & TRAIT_IO)
		io__record(thread, thread_number, call, done, traits, result, regs);
	else if (traits & (TRAIT_CLOSES | TRAIT_SETTLES))
		descriptor__record(thread, thread_number, done, traits, result, regs);
}

/* A call that a signal interrupted has ended after all, since another one is entered. */
static __always_inline void call__interrupted(struct thread_row *thread, u32 thread_number)
{
	struct ledger_call done;

	ledger__take_interrupted(&thread->ledger, &done);
	if (measured)
		measure__call((void *)bpf_get_current_task_btf(), thread, &done);
	call__record(thread, thread_number, &done, -EINTR, 0);
	if (judged() && thread->looping)
		loop__return(thread, thread_number, &done, -EINTR);
}

#define TRAITS_OF_LOOPS (TRAIT_MULTIPLEX | TRAIT_URING_ENTER)

static __always_inline int on_enter(struct task_struct *current, struct thread_row *thread,
				    u32 thread_number, long number)
{
	TIMED u64 now = bpf_ktime_get_ns();
	u32 call, compat, traits;

	if (now >= hot.window_end)
		return 0;
	if (judged() && thread->uring_ring)
		uring__look(thread->uring_ring, now);
	compat = in_compat_call(current);
	call = ((u32)number & (SYSCALL_COMPAT - 1)) | (compat ? SYSCALL_COMPAT : 0);
	if (thread->ledger.flags & LEDGER_RESTARTING) {
		u32 restart = restart_syscall[compat & 1] | (compat ? SYSCALL_COMPAT : 0);

		if (ledger__interrupted(&thread->ledger, call, restart))
			call__interrupted(thread, thread_number);
		ledger__enter_call(&thread->ledger, now, call, restart);
		call = thread->ledger.call;
	} else {
		ledger__enter_call(&thread->ledger, now, call, SYSCALL_NONE);
	}
	if (streaming)
		thread->entered = now;
	if (!judged())
		return 0;
	traits = call__traits(call);
	if (traits & TRAITS_OF_LOOPS)
		loop__enter(thread, thread_number, call, traits);
	if (traits & TRAIT_URING_ENTER)
		uring__enter(thread, now);
	if (traits & TRAIT_AIO_SUBMIT)
		aio__enter(thread_number);
	return 0;
}

SEC("?tp_btf/sys_enter")
int BPF_PROG(sys_enter, struct pt_regs *regs, long number)
{
	struct task_struct *current = (void *)bpf_get_current_task_btf();
	struct thread_row *thread;
	u32 thread_number;

	thread = thread__of(current, &thread_number);
	return thread ? on_enter(current, thread, thread_number, number) : 0;
}

static __always_inline int on_exit(struct thread_row *thread, u32 thread_number,
				   struct pt_regs *regs, long result)
{
	TIMED u64 now = bpf_ktime_get_ns();
	struct ledger_call done;
	u32 traits, since = 0;
	bool complete;

	if (now >= hot.window_end)
		return 0;
	if (streaming)
		since = stream__since_entry(thread, thread_number, now);
	if (judged() && thread->uring_ring)
		uring__look(thread->uring_ring, now);
	complete = ledger__exit_call(&thread->ledger, now, result, &done);
	if (streaming && (!complete || done.call == SYSCALL_NONE))
		stream__return(now, thread, thread_number, since, result, 0);
	if (complete && done.call == SYSCALL_NONE)
		return 0;
	if (judged() && complete && done.censored) {
		traits = call__traits(done.call);
		if (traits & TRAITS_OF_LOOPS)
			loop__adopt(thread, thread_number, done.call, traits);
	}
	if (judged() && thread->looping)
		loop__leave(thread);
	if (!complete)
		return 0;
	if (measured)
		measure__call((void *)bpf_get_current_task_btf(), thread, &done);
	call__record(thread, thread_number, &done, result, regs);
	if (streaming)
		stream__return(now, thread, thread_number, since, result,
			       call__argument(regs, done.call, 0));
	if (!judged())
		return 0;
	if (thread->looping)
		loop__return(thread, thread_number, &done, result);
	traits = call__traits(done.call);
	if (traits & TRAIT_AIO)
		aio__leave(thread_number, traits, now, result);
	posix_aio__call_done(thread, traits, regs, result, now);
	return 0;
}

SEC("?tp_btf/sys_exit")
int BPF_PROG(sys_exit, struct pt_regs *regs, long result)
{
	struct thread_row *thread;
	u32 thread_number;

	/* always by the task itself: whom we saw switched in last may not be it */
	thread = thread__of((void *)bpf_get_current_task_btf(), &thread_number);
	return thread ? on_exit(thread, thread_number, regs, result) : 0;
}
