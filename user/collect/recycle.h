/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside collect/gather*: rows of threads that are gone, for use by others. */
#ifndef WAITSCOPE_COLLECT_RECYCLE_H
#define WAITSCOPE_COLLECT_RECYCLE_H

#include "collect/gather_threads.h"

/*
 * Empties the rows of an ended thread and hands them to the programs: the thread's own, its
 * waits, syscalls and histograms. Objects stay: others may wait on them. 0 or a negative errno.
 */
int recycle__thread(struct session *session, const struct look *look, uint32_t number);

/* The same for a process of which no thread row is left: its own row, and its requests. */
int recycle__process(struct session *session, const struct look *look, uint32_t number);

#endif
