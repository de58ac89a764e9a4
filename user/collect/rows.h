/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The rows of a pool, as the programs left them in memory that this process shares. */
#ifndef WAITSCOPE_COLLECT_ROWS_H
#define WAITSCOPE_COLLECT_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "bpf/records.h"

/* A pool of rows that the programs fill, mapped into this process. Row 0 is not used. */
struct rows {
	const void *base;
	size_t stride;
	uint32_t used;	   /* rows 1 .. used are in use */
	uint32_t capacity; /* row numbers are smaller */
	size_t length;	   /* of the mapping, bytes */
};

static inline const void *rows__at(const struct rows *rows, uint32_t number)
{
	return (const char *)rows->base + rows->stride * number;
}

#endif
