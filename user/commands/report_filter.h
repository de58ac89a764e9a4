/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Options of `waitscope report` that say what it is about: processes, threads, classes. */
#ifndef WAITSCOPE_COMMANDS_REPORT_FILTER_H
#define WAITSCOPE_COMMANDS_REPORT_FILTER_H

#include <argp.h>

#include "recording/row_filter.h"

/* For argp children. Its input is a struct row_filter. */
extern const struct argp report_filter_argp;

#endif
