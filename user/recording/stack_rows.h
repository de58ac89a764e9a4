/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Stacks out of a recording. Any bytes may be given: what they say is checked here. */
#ifndef WAITSCOPE_RECORDING_STACK_ROWS_H
#define WAITSCOPE_RECORDING_STACK_ROWS_H

#include <stddef.h>

#include "model/profile.h"
#include "model/stacks.h"
#include "recording/rebuild.h"

struct stack_rows;

/* NULL without memory. */
struct stack_rows *stack_rows__new(void);
void stack_rows__free(struct stack_rows *rows);

/* What is in a frame of kind FRAME_STACKS. 0, -ENOMEM, or -EPROTO. */
int stack_rows__take(struct stack_rows *rows, const void *bytes, size_t length);

/* All of them, the caller's to settle and to free; NULL: there are none. */
struct stacks *stack_rows__hand_over(struct stack_rows *rows);

/*
 * Compares the time that each thread of the profile was blocked with the sum of its stacks. The
 * profile is of all threads, and the rows tell them apart. 0 or -ENOMEM.
 */
int stacks__compare(const struct stacks *stacks, const struct profile *profile,
		    struct rebuild_check *check);

#endif
