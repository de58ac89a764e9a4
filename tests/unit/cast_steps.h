/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the tests of those who follow a recording share: whom and what its events name. */
#ifndef WAITSCOPE_UNIT_CAST_STEPS_H
#define WAITSCOPE_UNIT_CAST_STEPS_H

#include "recording/cast.h"
#include "tests/unit/unit.h"

static struct cast *cast;

static inline void identify(uint32_t pool, uint32_t number, const void *bytes, size_t length)
{
	const struct reader_item item = {.kind = READER_IDENTITY,
					 .pool = pool,
					 .number = number,
					 .bytes = bytes,
					 .length = length};

	assert_int_equal(cast__take(cast, &item), 0);
}

#endif
