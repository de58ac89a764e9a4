/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* `waitscope report --critical-path FILE`. */
#ifndef WAITSCOPE_COMMANDS_CRITICAL_PATH_H
#define WAITSCOPE_COMMANDS_CRITICAL_PATH_H

#include <stdbool.h>
#include <stdint.h>

struct critical_path_options {
	const char *path, *output; /* the recording; NULL: to stdout */
	bool json, verbose, no_colour;
	uint64_t top, min;
};

/* Reads the recording and prints. An exit status; what went wrong is said. */
int critical_path__show(const struct critical_path_options *options);

#endif
