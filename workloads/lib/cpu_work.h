/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Work that takes a known amount of CPU time, and makes no system call. */
#ifndef WORKLOADS_CPU_WORK_H
#define WORKLOADS_CPU_WORK_H

#include <stdint.h>

/*
 * Measures how fast this machine is, in some tens of milliseconds. Without it cpu_work__do() does
 * nothing.
 */
void cpu_work__calibrate(void);

/* About so many nanoseconds of CPU time; how long that takes is the scheduler's affair. */
void cpu_work__do(uint64_t cpu_ns);

#endif
