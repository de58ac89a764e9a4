/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What one run comes to, as figures with names: the form in which runs are compared.
 *
 * Processes are told apart by name, not by pid; several of one name are added up, and so are
 * objects whose names are good for one run only. Each figure is there for its process, and for all
 * of them together. Plain data; docs/formats.md has the names.
 */
#ifndef WAITSCOPE_MODEL_DIFF_FIGURES_H
#define WAITSCOPE_MODEL_DIFF_FIGURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/profile.h"

/* What a figure is about: the dimension that it belongs to. */
enum diff_subject {
	DIFF_OF_TIME,	 /* how the time of threads divides */
	DIFF_OF_CLASS,	 /* by wait class */
	DIFF_OF_WAIT,	 /* by wait class, syscall and object */
	DIFF_OF_SYSCALL, /* by syscall */
	DIFF_OF_OBJECT,	 /* by object */
	DIFF_OF_REQUEST, /* by interface and operation */
	DIFF_OF_LOOP,	 /* by the call that event loops rest in */
	DIFF_OF_COST,
	DIFF_OF_FINDING, /* by its id */
	DIFF_SUBJECTS,
};

enum diff_figure {
	DIFF_LIFETIME,
	DIFF_RUNNING,
	DIFF_USER,
	DIFF_KERNEL,
	DIFF_RUNNABLE,
	DIFF_PREEMPTED,
	DIFF_BLOCKED, /* without idle, here and everywhere below */
	DIFF_IDLE,
	DIFF_UNKNOWN,
	DIFF_CLASS_BLOCKED,
	DIFF_CLASS_IDLE,
	DIFF_CLASS_WAITS,
	DIFF_WAIT_BLOCKED,
	DIFF_WAIT_WAITS,
	DIFF_WAIT_RUNQUEUE,
	DIFF_WAIT_P50,
	DIFF_WAIT_P90,
	DIFF_WAIT_P99,
	DIFF_SYSCALL_TOTAL,
	DIFF_SYSCALL_CALLS,
	DIFF_SYSCALL_ERRORS,
	DIFF_SYSCALL_EAGAIN,
	DIFF_SYSCALL_BLOCKED,
	DIFF_SYSCALL_CPU,
	DIFF_SYSCALL_P50,
	DIFF_SYSCALL_P90,
	DIFF_SYSCALL_P99,
	DIFF_OBJECT_BLOCKED,
	DIFF_OBJECT_WAITS,
	DIFF_REQUEST_LATENCY, /* of all, added up */
	DIFF_REQUEST_COMPLETED,
	DIFF_REQUEST_FAILED,
	DIFF_REQUEST_P50,
	DIFF_REQUEST_P90,
	DIFF_REQUEST_P99,
	DIFF_LOOP_BUSY,
	DIFF_LOOP_BLOCKED,
	DIFF_LOOP_DELAYED,
	DIFF_LOOP_LONGEST,
	DIFF_LOOP_ITERATIONS,
	DIFF_WINDOW,
	DIFF_PROCESSES,
	DIFF_THREADS,
	DIFF_SWITCHES,
	DIFF_FORCED,
	DIFF_OPERATIONS,
	DIFF_BYTES,
	DIFF_MAJOR_FAULTS,
	DIFF_CPU_PER_OPERATION,
	DIFF_CONCURRENCY,
	DIFF_PARALLELISM,
	DIFF_FINDINGS,
	DIFF_FINDING,
	DIFF_FINDING_HARM,
	DIFF_FIGURES,
};

enum diff_unit { DIFF_NS, DIFF_COUNT, DIFF_SIZE, DIFF_RATIO };

/* What becomes of two values of one name in one run. */
enum diff_merge {
	DIFF_ADD,
	DIFF_MOST,
	DIFF_EITHER, /* there is no sum of them: with two, it is unknown */
};

struct diff_kind {
	enum diff_subject subject;
	const char *name; /* the last part of its path */
	enum diff_unit unit;
	enum diff_merge merge;
	double quantile; /* 0: it is none */
};

extern const struct diff_kind diff_kinds[DIFF_FIGURES];

struct diff_value {
	enum diff_figure figure;
	char *process;		       /* NULL: all together */
	char *name, *syscall, *object; /* of its subject; NULL where it has none */
	double value;
	uint64_t samples; /* of a quantile */
	bool unknown;
};

/* All processes of one name. */
struct diff_process {
	char *name, *exe;	    /* exe: NULL if unknown */
	char *io_model, *structure; /* several of one name: each that there is */
	bool command;		    /* it is the traced command itself */
};

struct diff_run {
	char *source; /* where it was read */
	enum tier tier;
	char *kernel;  /* NULL: unknown */
	char *command; /* its words; NULL: a window of something else */
	double window; /* ns */
	double lost;   /* events */
	bool conserved;
	bool cut;		   /* of a recording that has no end */
	struct diff_value *values; /* settled: by process and path, each once */
	size_t value_count;
	struct diff_process *processes;
	size_t process_count;
};

/* What a value is of; texts are copied. */
struct diff_name {
	const char *process, *name, *syscall, *object;
};

/* Each returns 0 or -ENOMEM. Adds a value for its process, and for all of them. */
int diff_run__add(struct diff_run *run, enum diff_figure figure, const struct diff_name *name,
		  double value, uint64_t samples);
/* Adds it for name->process alone (NULL: for all of them). */
int diff_run__add_one(struct diff_run *run, enum diff_figure figure, const struct diff_name *name,
		      double value, uint64_t samples);
int diff_run__add_process(struct diff_run *run, const struct diff_process *process);

/* Sorts, and merges what has one name. To be called once, after the last value. */
void diff_run__settle(struct diff_run *run);

void diff_run__clear(struct diff_run *run);

/* Order of settled values. Pure, total: 0 only for what has the same name. */
int diff_value__order(const struct diff_value *left, const struct diff_value *right);

/* "blocked.lock", "blocking:syscall.read.p99". The caller frees it; NULL without memory. */
char *diff_value__path(const struct diff_value *value);

/* "time", "class" ... */
const char *diff_subject__name(enum diff_subject subject);

#endif
