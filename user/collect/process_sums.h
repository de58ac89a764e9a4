/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside collect/gather*: what the threads of a process add up to. */
#ifndef WAITSCOPE_COLLECT_PROCESS_SUMS_H
#define WAITSCOPE_COLLECT_PROCESS_SUMS_H

#include "model/profile.h"

/* Sums, waits, syscalls and lifetime from the threads, which it sorts. 0 or -ENOMEM. */
int process__add_up(struct process *process);

/* Most blocking time first. */
void processes__sort(struct process *processes, size_t count);

#endif
