/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* `waitscope report --sqlite OUT.db`. */
#ifndef WAITSCOPE_COMMANDS_REPORT_SQLITE_H
#define WAITSCOPE_COMMANDS_REPORT_SQLITE_H

#include "commands/replaying.h"

/* Writes what the options select to a file, whole or not at all. 0 or an exit status; what goes
 * wrong is said on stderr. */
int report__sqlite(const struct replaying_options *options, const char *path);

#endif
