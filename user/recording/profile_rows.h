/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside of profile_reader: what one process comes to. */
#ifndef WAITSCOPE_RECORDING_PROFILE_ROWS_H
#define WAITSCOPE_RECORDING_PROFILE_ROWS_H

#include "recording/json_fields.h"

/* Adds all figures of a process, under the name `comm`. */
void rows__take_process(struct fields *fields, struct json_object *process, char *comm);

/* diff_run__add(), with what went wrong in `fields`. */
void rows__add(struct fields *fields, enum diff_figure figure, const struct diff_name *name,
	       double value, uint64_t samples);

#endif
