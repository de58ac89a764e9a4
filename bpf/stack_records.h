/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Stacks, as the programs hand them to user space: with --stacks only. */
#ifndef WAITSCOPE_STACK_RECORDS_H
#define WAITSCOPE_STACK_RECORDS_H

#include <linux/types.h>

/* What is taken; bits of the constant `stack_mode`. 0: nothing. */
#define STACK_OF_KERNEL 0x01
#define STACK_OF_USER	0x02
#define STACK_OF_WAKERS 0x04 /* of who ends a wait as well */

/* The kernel's own limit (kernel.perf_event_max_stack) unless somebody changed it. */
#define STACK_DEPTH 127

/*
 * Return addresses, the innermost first. It is found by a hash of its content: a
 * BPF_MAP_TYPE_STACK_TRACE has one place for each value of a few bits of that, and loses all but
 * the first stack that falls there.
 */
struct stack_trace {
	__u32 depth;
	__u32 pad;
	__u64 addresses[STACK_DEPTH];
};

enum stack_kind {
	STACK_KIND_WAIT = 0, /* the owner is a row in waits */
	STACK_KIND_CPU = 1,  /* a sample of a thread on a CPU; the owner is a row in threads */
};

/* What makes two stacks the same row. A stack is a key of stack_traces, 0: none. */
struct stack_key {
	__u32 kind; /* enum stack_kind */
	__u32 owner;
	__u64 kernel, user;
	__u64 waker; /* enum waker_kind << 32 | thread id; 0 unless STACK_OF_WAKERS */
	__u64 waker_kernel, waker_user;
};

struct stack_count {
	__u64 count;
	__u64 ns; /* blocked; 0 for samples */
};

/* Of the wait that a thread is in, or was in last. */
struct thread_stacks {
	__u64 kernel, user;
	__u64 waker, waker_kernel, waker_user; /* written by the waker */
};

_Static_assert(sizeof(struct stack_key) == 48, "stack_key has padding");

#endif
