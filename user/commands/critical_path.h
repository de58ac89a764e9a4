/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* `waitscope report --critical-path FILE`. */
#ifndef WAITSCOPE_COMMANDS_CRITICAL_PATH_H
#define WAITSCOPE_COMMANDS_CRITICAL_PATH_H

#include "commands/output_options.h"

/* Reads the recording and prints. An exit status; what went wrong is said. */
int critical_path__show(const char *recording, const struct output_options *options);

#endif
