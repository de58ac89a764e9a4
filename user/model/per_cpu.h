/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One of something for each CPU that is heard of. */
#ifndef WAITSCOPE_MODEL_PER_CPU_H
#define WAITSCOPE_MODEL_PER_CPU_H

#include <stddef.h>

#define CPUS_MOST 8192 /* NR_CPUS of the largest kernels */

/* Zeroes are a good beginning, but for `size`. */
struct per_cpu {
	size_t size;		/* bytes of each */
	void *lanes[CPUS_MOST]; /* NULL: of a CPU that nothing was heard of */
};

/* That of a CPU; all zero at first. NULL: *err is -EPROTO for a CPU that cannot be, or -ENOMEM. */
void *per_cpu__at(struct per_cpu *per_cpu, unsigned int cpu, int *err);
void per_cpu__clear(struct per_cpu *per_cpu);

#endif
