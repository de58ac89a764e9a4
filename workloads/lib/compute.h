/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Work for the CPU of a known length: a loop that is measured once and then run by count. */
#ifndef WORKLOADS_COMPUTE_H
#define WORKLOADS_COMPUTE_H

#include <stdint.h>

/* How many rounds of the loop take so long on a CPU that does nothing else. */
uint64_t compute__calibrate(uint64_t duration_ns);

/* That many rounds: no system call, no memory. */
void compute__run(uint64_t rounds);

#endif
