/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What judge/ says of a process or a thread: the I/O models that it uses, each with its evidence,
 * the structure of the process, and what was found wrong. docs/io-models.md and docs/findings.md
 * have the rules and thresholds.
 */
#ifndef WAITSCOPE_MODEL_VERDICT_H
#define WAITSCOPE_MODEL_VERDICT_H

#include <stddef.h>
#include <stdint.h>

enum io_model {
	MODEL_UNKNOWN, /* too little data, or events were lost */
	MODEL_BLOCKING,
	MODEL_NONBLOCKING,
	MODEL_SELECT,
	MODEL_POLL,
	MODEL_EPOLL,
	MODEL_SIGNAL_DRIVEN,
	MODEL_POSIX_AIO,
	MODEL_LINUX_AIO,
	MODEL_IO_URING,
	MODEL_MMAP,
	MODEL_COMPUTE,
	MODEL_NONE,
	MODEL_MIXED,
	IO_MODELS,
};

enum structure {
	STRUCTURE_UNKNOWN,
	STRUCTURE_SEQUENTIAL,
	STRUCTURE_THREAD_PER_CONNECTION,
	STRUCTURE_PROCESS_PER_CONNECTION,
	STRUCTURE_EVENT_LOOP,
	STRUCTURE_EVENT_LOOPS,
	STRUCTURE_EVENT_LOOP_POOL,
	STRUCTURE_WORKER_POOL,
	STRUCTURE_PARALLEL,
	STRUCTURES,
};

/* The part that one model has in the I/O. */
struct model_share {
	enum io_model model;
	double share;	     /* of the I/O operations, 0..1 */
	uint64_t operations; /* that the share rests on */
	char **evidence;     /* texts, owned */
	size_t evidence_count;
};

struct verdict {
	enum io_model model;
	char *why;		    /* of unknown: the reason; else NULL. Owned */
	struct model_share *shares; /* largest first; owned */
	size_t share_count;
};

enum severity { SEVERITY_INFO, SEVERITY_NOTICE, SEVERITY_WARNING };

/* A figure that a finding rests on. */
struct figure {
	const char *name; /* static, snake_case with its unit: "blocked_ns" */
	double value;
};

#define FINDING_FIGURES 8

struct finding {
	const char *id; /* static and stable: "loop_blocked_in_handler" */
	enum severity severity;
	int pid, tid;  /* tid 0: of the whole process */
	uint64_t harm; /* ns held up or burned: orders the findings */
	char *text;    /* one sentence, with the figures; owned */
	struct figure figures[FINDING_FIGURES];
	size_t figure_count;
};

/* Names as in the JSON: "epoll", "thread_per_connection", "warning". */
const char *io_model__name(enum io_model model);
const char *structure__name(enum structure structure);
const char *severity__name(enum severity severity);

void verdict__clear(struct verdict *verdict);
void finding__clear(struct finding *finding);

#endif
