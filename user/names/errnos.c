/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include <stddef.h>

#include "names/numbered.h"
#include "names/syscalls.h"

#define ERRNO(number, name) [number] = #name,
static const char *const names[NUMBERED_LIMIT] = {
#include "names/errnos.inc"
};

static const char *const unnamed[NUMBERED_LIMIT] = {NUMBERED("ERRNO_")};

const char *errnos__name(int number)
{
	if (number < 0 || number >= NUMBERED_LIMIT)
		return "ERRNO_INVALID";
	return names[number] ? names[number] : unnamed[number];
}
