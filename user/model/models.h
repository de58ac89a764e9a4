/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The bundled models held side by side: one row for each traced run, with its figures and with what
 * was found of how it does its I/O beside what it is known to do.
 *
 * Filled by commands/, read by render/. A figure that a run does not have is NAN.
 */
#ifndef WAITSCOPE_MODEL_MODELS_H
#define WAITSCOPE_MODEL_MODELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/verdict.h"

/* What is compared with each other. */
enum models_group {
	GROUP_RECEIVE, /* one task: blocks that come from another thread */
	GROUP_FILE,    /* one task: blocks of a file, from a device */
	GROUP_SERVICE, /* one service, in many ways, for many connections */
	GROUP_THREADS, /* threads that only wait */
	GROUP_OVERLAP, /* the same I/O and computing, in four ways */
	GROUPS,
};

/* Times in ns; shares of a thread's time 0..1; sizes in bytes. */
enum models_figure {
	FIGURE_OPERATIONS,
	FIGURE_WALL,
	FIGURE_IN_CALL,
	FIGURE_IN_WAIT,
	FIGURE_ON_CPU,
	FIGURE_FOR_CPU,
	FIGURE_THREADS,
	FIGURE_PROCESSES,
	FIGURE_SWITCHES_PER_OPERATION,
	FIGURE_SYSCALLS_PER_OPERATION,
	FIGURE_CPU_PER_OPERATION,
	FIGURE_REFUSED_PER_OPERATION,
	FIGURE_FIRST_RESULT,
	FIGURE_LAST_RESULT,
	FIGURE_IN_FLIGHT,
	FIGURE_LATENCY_P50,
	FIGURE_LATENCY_P99,
	FIGURE_REQUESTS,
	FIGURE_REQUEST_P50,
	FIGURE_REQUEST_P99,
	FIGURE_SUBMIT_ASLEEP,
	FIGURE_CONNECTIONS,
	FIGURE_THROUGHPUT,
	FIGURE_MEMORY_PER_CONNECTION,
	FIGURE_STACK_RESERVED,
	FIGURE_STACK_RESIDENT,
	FIGURE_KERNEL_STACK,
	FIGURE_KERNEL_MEMORY,
	FIGURE_CREATION,
	FIGURE_CREATION_PER_THREAD,
	FIGURE_CONCURRENCY,
	FIGURE_CONCURRENCY_MAX,
	FIGURE_PARALLELISM,
	FIGURE_PARALLELISM_MAX,
	FIGURES,
};

enum figure_unit { UNIT_COUNT, UNIT_RATIO, UNIT_SHARE, UNIT_TIME, UNIT_SIZE, UNIT_RATE };

/* Who knows a figure: the trace, or only the program, which stated it. */
enum figure_source { SOURCE_TRACE, SOURCE_PROGRAM };

struct models_figure_kind {
	const char *name; /* in the JSON, with its unit */
	enum figure_unit unit;
	enum figure_source source;
};

extern const struct models_figure_kind models_figures[FIGURES];

enum models_outcome { OUTCOME_RAN, OUTCOME_FAILED, OUTCOME_LEFT_OUT };

struct models_row {
	enum models_group group;
	const char *name; /* static: "epoll", as --only takes it */
	uint64_t scale;	  /* connections, threads; 0: there is one run only */
	char **command;	  /* as it was run, NULL-terminated; owned. NULL: it was not */
	enum models_outcome outcome;
	char *problem; /* why it failed or was left out; owned. NULL: it ran */

	enum io_model model, expected_model; /* MODEL_UNKNOWN expected: any */
	enum structure structure, expected_structure;
	char *why;	     /* the verdict is unknown because; owned, or NULL */
	char *delivery;	     /* how a result came; owned. NULL: not stated */
	char *completion_is; /* what a completion is: the data, or only readiness; owned */
	double figures[FIGURES];

	bool conserved;
	uint64_t lost; /* events, all causes */
};

struct models_report {
	char *kernel;
	int cpus;
	bool quick;
	struct models_row *rows; /* in the order of the groups */
	size_t row_count;
	char **notes; /* limits of this machine, a line each; owned */
	size_t note_count;
};

/* "receive", "service" ... */
const char *models_group__name(enum models_group group);
const char *models_outcome__name(enum models_outcome outcome);

/* The verdict is what the run is known to be. False also where there is none. */
bool models_row__agrees(const struct models_row *row);

/* Makes it an empty row, with every figure unknown; it must not own anything. */
void models_row__begin(struct models_row *row, enum models_group group, const char *name,
		       uint64_t scale);
/* Frees what it owns, and empties it. */
void models_row__clear(struct models_row *row);

/* Adds a row, to be begun. NULL without memory. */
struct models_row *models_report__add(struct models_report *report);
/* Adds a line, once however often it is said. Returns 0 or -ENOMEM. */
int models_report__note(struct models_report *report, const char *line);
/* Frees what it owns, not the struct. */
void models_report__clear(struct models_report *report);

#endif
