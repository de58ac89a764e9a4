/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What `diff` compares, from files: profiles as JSON, or recordings. */
#ifndef WAITSCOPE_COMMANDS_DIFF_SOURCE_H
#define WAITSCOPE_COMMANDS_DIFF_SOURCE_H

#include "model/diff_figures.h"

/* Reads a file into `run`, which is to be cleared with diff_run__clear() in any case. What goes
 * wrong is said on stderr. 0 or an exit status. */
int diff_source__read(const char *path, struct diff_run *run);

#endif
