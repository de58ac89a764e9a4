/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What memory the stacks of traced threads take: looked up in /proc while their processes live.
 *
 * A stack is the mapping that a thread's stack pointer was seen in. It is looked at the end of the
 * window, and on the way for processes that end before, in growing intervals and for less than 1%
 * of one CPU; the largest sum that was seen of a process is kept.
 */
#ifndef WAITSCOPE_COLLECT_MEMORY_H
#define WAITSCOPE_COLLECT_MEMORY_H

#include <stdint.h>

#include "collect/session.h"

struct memory;

/* NULL: no memory. */
struct memory *memory__new(const struct session *session);

/* To be called now and then in the window: looks if it is time. NULL is fine. */
void memory__step(struct memory *memory, uint64_t now);

/* Looks at all that live. NULL is fine. */
void memory__look(struct memory *memory);

/* Fills the stacks' part of the cost of each process. `kernel_stack`: bytes of one. */
void memory__tell(const struct memory *memory, struct profile *profile, uint32_t kernel_stack);

void memory__free(struct memory *memory);

#endif
