/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the operation numbers of asynchronous requests mean. */
#ifndef WAITSCOPE_NAMES_OPERATIONS_H
#define WAITSCOPE_NAMES_OPERATIONS_H

#include "bpf/io_records.h"

/* Name of an operation: "readv", "poll_add"; static storage, "operation_N" for one without a name.
 */
const char *operations__name(enum request_api api, unsigned int operation);

#endif
