/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How long the programs run, by a sample of their runs. The kernel's own statistics
 * (BPF_ENABLE_STATS) have to be switched on and off, which patches the kernel's code: a virtual
 * machine may take milliseconds for that, every time.
 */
#ifndef WAITSCOPE_OVERHEAD_BPF_H
#define WAITSCOPE_OVERHEAD_BPF_H

#include "maps.bpf.h"

/* The lowest bits of the time are as good as random: runs in which they are 0 are measured. */
static __always_inline void overhead__end(const u64 *start)
{
	if (!(*start & (OVERHEAD_ONE_IN - 1)))
		this_cpu()->sampled += bpf_ktime_get_ns() - *start;
}

/* Of the time at which a program begins: what follows, to the end of its block, is what it costs.
 */
#define TIMED __attribute__((cleanup(overhead__end)))

#endif
