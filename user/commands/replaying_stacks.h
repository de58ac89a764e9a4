/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The stacks of a recording, as its report has them. */
#ifndef WAITSCOPE_COMMANDS_REPLAYING_STACKS_H
#define WAITSCOPE_COMMANDS_REPLAYING_STACKS_H

#include "commands/replaying.h"
#include "recording/stack_rows.h"

/*
 * Compares them with what the events add up to, if the report is of all threads; leaves those that
 * it is about, and the parts that are asked for; settles them. 0 or -ENOMEM.
 */
int replaying_stacks__settle(struct stacks *stacks, const struct replaying_options *options,
			     const struct profile *profile, struct rebuild_check *check);

/* What of `needed` (REPLAY_*) there is not, in words; NULL: it is all there. `stacks` NULL: there
 * are none. `complete`: the recording has its end. */
const char *replaying_stacks__missing(const struct stacks *stacks, uint32_t needed, bool complete);

#endif
