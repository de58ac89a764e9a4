/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside collect/stacks*. */
#ifndef WAITSCOPE_COLLECT_STACKS_INTERNAL_H
#define WAITSCOPE_COLLECT_STACKS_INTERNAL_H

#include "collect/mapping_events.h"
#include "collect/stacks.h"
#include "names/symbols.h"

/* A row of the kernel side. */
struct stack_entry {
	struct stack_key key;
	struct stack_count value;
};

/* One that was taken over: what it belongs to is known, its addresses have no names yet. */
struct taken_stack {
	struct stack_key key; /* `owner` means nothing any more */
	int pid, tid, waker_pid;
	const char *thread; /* texts of the collector */
	const char *waker;  /* NULL: none */
	enum wait_class class;
	bool idle;
	const char *syscall;
	uint64_t count, ns;
};

struct stack_collector {
	const struct session *session;
	uint32_t mode, sample_rate;
	bool by_thread; /* rows of threads that are called the same stay apart */
	struct symbols *symbols;
	struct mapping_events *events; /* NULL: none */
	struct texts texts;
	struct stack_entry *entries; /* by owner */
	size_t entry_count, entry_room;
	struct taken_stack *taken;
	size_t taken_count, taken_room;
};

/* The frames of a row, or of its waker, of a process. 0 or -ENOMEM; the caller frees the array. */
int stack_frames__of(struct frames *frames, struct stack_collector *collector, struct texts *texts,
		     const struct taken_stack *taken, bool of_waker);

#endif
