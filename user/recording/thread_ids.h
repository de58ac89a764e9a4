/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which thread row a thread id belongs to, at this place in a stream of events. Pure. */
#ifndef WAITSCOPE_RECORDING_THREAD_IDS_H
#define WAITSCOPE_RECORDING_THREAD_IDS_H

#include <stdint.h>

#include "recording/cast.h"
#include "recording/grown.h"

struct thread_ids {
	struct grown rows; /* by thread id */
};

#define THREAD_IDS_EMPTY ((struct thread_ids){.rows = {.size = sizeof(uint32_t)}})

void thread_ids__clear(struct thread_ids *ids);

/* A thread begins in that row. 0, -ENOMEM, or -EPROTO for a row that cannot be. */
int thread_ids__begin(struct thread_ids *ids, struct cast *cast, uint32_t row);

/* The row of a thread that is or was traced; 0: none is known. */
uint32_t thread_ids__row(struct thread_ids *ids, struct cast *cast, uint32_t tid);

#endif
