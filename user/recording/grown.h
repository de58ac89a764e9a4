/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rows that grow as they are asked for, up to what no recording exceeds. */
#ifndef WAITSCOPE_RECORDING_GROWN_H
#define WAITSCOPE_RECORDING_GROWN_H

#include <stddef.h>
#include <stdint.h>

#include "bpf/records.h"

/* No recording has larger row numbers or thread ids: --map-entries has a limit, and so has the
 * kernel (PID_MAX_LIMIT). */
#ifndef ROWS_MOST
#define ROWS_MOST ((4U << 20) + 1)
#endif

/* Row 0 is there, and empty. Zeroes are a good beginning, but for `size`. */
struct grown {
	char *base; /* owned: free() it */
	size_t size;
	uint32_t used, room;
};

void *grown__make(struct grown *grown, uint32_t number);

/* The row of that number, made if there is none; rows between are empty. NULL: grown__error(). */
static inline void *grown__at(struct grown *grown, uint32_t number)
{
	if (number <= grown->used && grown->base)
		return grown->base + number * grown->size;
	return grown__make(grown, number);
}

/* Why there is no such row: -EPROTO for a number that cannot be, or -ENOMEM. */
int grown__error(uint32_t number);

/* A row more; its number, or 0: no memory. */
uint32_t grown__add(struct grown *grown);

/* Bytes that came from a file, so that names can be made of them. Ids that cannot be are 0. */
uint32_t task_id__safe(uint32_t id);
void object_row__make_safe(struct object_row *row);
void wait_key__make_safe(struct wait_key *key);

#endif
