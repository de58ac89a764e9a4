/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Stacks: where threads went to sleep, who woke them from where, and where they ran.
 *
 * Rows are equal that a reader cannot tell apart. Those of waits add up to the time that the
 * threads of the profile were blocked, exactly: a wait whose stack is not known has a row without
 * frames.
 */
#ifndef WAITSCOPE_MODEL_STACKS_H
#define WAITSCOPE_MODEL_STACKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/records.h"
#include "model/wait_class.h"
#include "names/texts.h"

/* Frames, the outermost first: those of user space, then the kernel's. Texts of struct stacks. */
struct frames {
	const char **names;
	size_t user, kernel;
};

struct stack {
	enum stack_kind kind;
	int pid, tid;		      /* tid 0: of all threads of that name */
	const char *process, *thread; /* their names; texts of struct stacks */
	struct frames frames;
	/* of waits: */
	enum wait_class class;
	bool idle;
	const char *syscall; /* static, or a text of struct stacks; NULL: in none */
	/* who ended it, if that was asked for; NULL: not known. A thread's name, or "[softirq]" and
	 * the like */
	const char *waker;
	struct frames waker_frames;
	uint64_t count; /* waits, or samples */
	uint64_t ns;	/* blocked; of samples what they stand for */
};

struct stacks {
	struct stack *rows; /* waits first, the longest first; then samples */
	size_t count, room;
	bool kernel, user, wakers; /* what was taken */
	uint32_t sample_rate;	   /* samples a second; 0: none */
	bool kernel_hidden;	   /* the kernel keeps its addresses to itself */
	/* sums over the rows */
	uint64_t blocked, missing; /* ns; of it without a stack */
	uint64_t samples;
	struct texts texts;
};

/* Adds a row; takes over the arrays of its frames, whatever it returns. 0 or -ENOMEM. */
int stacks__add(struct stacks *stacks, const struct stack *row);
/* Adds equal rows up, sorts, and fills the sums. */
void stacks__settle(struct stacks *stacks);
void stacks__free(struct stacks *stacks);

/* Each of these leaves rows that are to be settled (again). */

/* Drops the rows of which `wanted` says so. */
void stacks__keep(struct stacks *stacks,
		  bool (*wanted)(const void *context, const struct stack *row),
		  const void *context);
/* Of threads that are called the same nobody can tell any more which one it was. */
void stacks__forget_threads(struct stacks *stacks);
/* Leaves the kernel's frames, or those of user space, or both. */
void stacks__narrow(struct stacks *stacks, bool kernel, bool user);

#endif
