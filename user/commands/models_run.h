/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One run of `waitscope models`: a workload under trace, with its client if it is a server. */
#ifndef WAITSCOPE_COMMANDS_MODELS_RUN_H
#define WAITSCOPE_COMMANDS_MODELS_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "commands/models_table.h"

struct models_numbers {
	uint64_t ops, delay, size;
	bool quick;
};

enum models_run_end {
	RUN_DONE, /* its row says whether it failed */
	RUN_INTERRUPTED,
	RUN_IMPOSSIBLE, /* nothing can be traced here; said on stderr */
};

/* Runs it and fills in the row, which is empty. */
enum models_run_end models_run__do(const struct models_run *run, uint64_t scale,
				   const struct models_numbers *numbers, struct models_row *row);

#endif
