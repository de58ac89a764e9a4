/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Syscall entry and exit (full tier): latency, results, and the user/kernel split. */
#include "posix_aio.bpf.h"
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
	call->histogram = histogram__new();
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
	call->errors++;
	for (int i = 0; i < CALL_ERRNOS; i++) {
		struct errno_count *count = &call->errnos[i & (CALL_ERRNOS - 1)];

		if (count->count && count->number != error)
			continue;
		count->number = error;
		count->count++;
		return 0;
	}
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

static __always_inline void call__record(struct thread_row *thread, u32 thread_number,
					 const struct ledger_call *done, s64 result)
{
	struct call_cache *cache = &thread->calls[done->call & (CALL_CACHE - 1)];
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
	call->calls++;
	call->total += done->total;
	if (done->off_cpu) {
		call->off_cpu += done->off_cpu;
		call->blocked += done->blocked;
	}
	if (done->total > call->max)
		call->max = done->total;
	if (done->total < call->min || call->calls == 1)
		call->min = done->total;
	histogram__count(call->histogram, done->total);
	if (result < 0 && result >= -4095 && !is_sigreturn(done->call))
		call__count_error(call, cache->row, -result);
}

SEC("?tp_btf/sys_enter")
int BPF_PROG(sys_enter, struct pt_regs *regs, long number)
{
	struct task_struct *current = (void *)bpf_get_current_task_btf();
	struct thread_row *thread;
	u32 thread_number, call, compat;
	u64 now;

	thread = thread__of(current, &thread_number);
	if (!thread)
		return 0;
	now = bpf_ktime_get_ns();
	if (now >= window_end)
		return 0;
	compat = in_compat_call(current);
	call = ((u32)number & (SYSCALL_COMPAT - 1)) | (compat ? SYSCALL_COMPAT : 0);
	if (thread->ledger.flags & LEDGER_RESTARTING) {
		u32 restart = restart_syscall[compat & 1] | (compat ? SYSCALL_COMPAT : 0);
		struct ledger_call done;

		if (ledger__interrupted(&thread->ledger, call, restart)) {
			ledger__take_interrupted(&thread->ledger, &done);
			call__record(thread, thread_number, &done, -EINTR);
		}
		ledger__enter_call(&thread->ledger, now, call, restart);
		return 0;
	}
	ledger__enter_call(&thread->ledger, now, call, SYSCALL_NONE);
	return 0;
}

SEC("?tp_btf/sys_exit")
int BPF_PROG(sys_exit, struct pt_regs *regs, long result)
{
	struct ledger_call done;
	struct thread_row *thread;
	u32 thread_number;
	u64 now;

	/* always by the task itself: whom we saw switched in last may not be it */
	thread = thread__of((void *)bpf_get_current_task_btf(), &thread_number);
	if (!thread)
		return 0;
	now = bpf_ktime_get_ns();
	if (now >= window_end)
		return 0;
	if (!ledger__exit_call(&thread->ledger, now, result, &done) || done.call == SYSCALL_NONE)
		return 0;
	call__record(thread, thread_number, &done, result);
	posix_aio__call_done(thread, call__traits(done.call), regs, result, now);
	return 0;
}
