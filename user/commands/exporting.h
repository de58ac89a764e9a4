/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A recording as a file for other viewers: the Perfetto UI, or Chrome's JSON. */
#ifndef WAITSCOPE_COMMANDS_EXPORTING_H
#define WAITSCOPE_COMMANDS_EXPORTING_H

#include "commands/replaying.h"

enum export_format {
	EXPORT_PERFETTO,
	EXPORT_CHROME,
};

/*
 * Reads the recording from front to back and writes `path` as it goes. What goes wrong is said on
 * stderr. 0 or an exit status.
 */
int exporting__run(const struct replaying_options *options, enum export_format format,
		   const char *path);

#endif
