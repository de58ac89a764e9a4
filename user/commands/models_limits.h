/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What this machine does not allow, asked before a run that needs it. */
#ifndef WAITSCOPE_COMMANDS_MODELS_LIMITS_H
#define WAITSCOPE_COMMANDS_MODELS_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "commands/models_table.h"

struct models_limits {
	bool io_uring;
	char io_uring_why[96]; /* why not */
	uint64_t tasks;	       /* threads and processes that can still be made */
	const char *tasks_by;  /* which limit that is */
	uint64_t files;	       /* descriptors that one process can have */
	uint64_t memory;       /* bytes available; 0: not known */
};

void models_limits__look(struct models_limits *limits);

/* True if the run can be made; else a line about it in `line`. */
bool models_limits__allow(const struct models_limits *limits, const struct models_run *run,
			  uint64_t scale, char *line, size_t size);

#endif
