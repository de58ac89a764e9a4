/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What `waitscope models` runs: a table with a row for each way of waiting. */
#ifndef WAITSCOPE_COMMANDS_MODELS_TABLE_H
#define WAITSCOPE_COMMANDS_MODELS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/models.h"

/* Which of the verb's own numbers a workload is told. */
enum models_takes {
	TAKES_OPS = 1,
	TAKES_DELAY = 2,
	TAKES_SIZE = 4,
	TAKES_COUNT = 8, /* the scale: --count */
};

/* What a run cannot do without. */
enum models_needs {
	NEEDS_IO_URING = 1,
	NEEDS_CLIENT = 2, /* it is a server */
	NEEDS_TASKS = 4,  /* a thread or process for each of the scale */
	NEEDS_FORKS = 8,  /* ... and it is a process */
};

#define MODELS_WORDS 12

struct models_run {
	enum models_group group;
	const char *name;
	const char *words[MODELS_WORDS]; /* the workload, and what it is always told */
	unsigned int takes;		 /* enum models_takes */
	unsigned int needs;		 /* enum models_needs */
	enum io_model model;		 /* what it is; MODEL_UNKNOWN: no one model */
	enum structure structure;	 /* STRUCTURE_UNKNOWN: not asked */
};

extern const struct models_run models_runs[];
extern const size_t models_run_count;

/* The scales of a group, smallest first; the list ends with 0. Of one run only there are none. */
const uint64_t *models_scales(enum models_group group, bool quick);

/*
 * The runs that --only names: runs or groups, with commas between. `chosen` has models_run_count
 * members. Returns true, or false and a message for a person.
 */
bool models_choose(const char *names, bool *chosen, char *message, size_t size);

#endif
