// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "commands/replaying_stacks.h"

int replaying_stacks__settle(struct stacks *stacks, const struct replaying_options *options,
			     const struct profile *profile, struct rebuild_check *check)
{
	const struct row_filter *filter = options->filter;
	uint32_t parts = options->stacks & (REPLAY_KERNEL | REPLAY_USER);
	int err = 0;

	if (!filter || !row_filter__selects(filter))
		err = stacks__compare(stacks, profile, check);
	if (filter)
		row_filter__keep_stacks(filter, stacks);
	stacks__forget_threads(stacks);
	if (parts)
		stacks__narrow(stacks, parts & REPLAY_KERNEL, parts & REPLAY_USER);
	stacks__settle(stacks);
	return err;
}

const char *replaying_stacks__missing(const struct stacks *stacks, uint32_t needed, bool complete)
{
	if (!needed)
		return NULL;
	if (!stacks)
		return complete ? "has no stacks (record --stacks takes them)"
				: "has no stacks: they are written at the end, and it was cut off";
	if (needed & REPLAY_KERNEL && !(needed & REPLAY_USER) && !stacks->kernel)
		return "has no stacks of the kernel (record --stacks=kernel takes them)";
	if (needed & REPLAY_USER && !(needed & REPLAY_KERNEL) && !stacks->user)
		return "has no stacks of programs (record --stacks=user takes them)";
	if (needed & REPLAY_WAKERS && !stacks->wakers)
		return "has no stacks of wakers (record --waker-stacks takes them)";
	if (needed & REPLAY_SAMPLES && !stacks->sample_rate)
		return "has no samples (record --sample takes them)";
	return NULL;
}
