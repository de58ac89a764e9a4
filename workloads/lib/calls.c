// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "calls.h"

#include <string.h>

#include "check.h"

void calls__count(struct calls *calls, const char *name)
{
	for (int i = 0; i < CALLS_MAX; i++) {
		if (!calls->rows[i].name)
			calls->rows[i].name = name;
		if (strcmp(calls->rows[i].name, name) == 0) {
			calls->rows[i].count++;
			return;
		}
	}
	errx(EXIT_FAILURE, "more than %d different system calls", CALLS_MAX);
}
