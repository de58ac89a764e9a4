/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which thread had which CPU when: the last switches of each. Pure. */
#ifndef WAITSCOPE_RECORDING_CPU_PAST_H
#define WAITSCOPE_RECORDING_CPU_PAST_H

#include <stdint.h>

#include "recording/grown.h"

struct cpu_pasts {
	struct grown cpus;
};

/* A stretch of a CPU; thread 0: idle, or who is not traced. */
struct cpu_slice {
	uint64_t since, until; /* until 0: it still runs */
	uint32_t thread;       /* row */
};

struct cpu_pasts cpu_pasts__empty(void);
void cpu_pasts__clear(struct cpu_pasts *pasts);

/* A CPU switches to that thread. 0, -ENOMEM, or -EPROTO for a CPU that cannot be. */
int cpu_pasts__switch(struct cpu_pasts *pasts, unsigned int cpu, uint64_t time, uint32_t thread);

/* Whom it runs; 0: idle, not traced, or not known yet. */
uint32_t cpu_pasts__running(struct cpu_pasts *pasts, unsigned int cpu);

/* The slice so many before the last; NULL: none, or further back than is kept. */
const struct cpu_slice *cpu_pasts__slice(struct cpu_pasts *pasts, unsigned int cpu, uint32_t back);

#endif
