/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Distributions of one measured thing, taken from a session's rows: once at its end, or at each
 * interval.
 */
#ifndef WAITSCOPE_COLLECT_MEASURING_H
#define WAITSCOPE_COLLECT_MEASURING_H

#include "collect/session.h"
#include "model/series.h"

/* Where the values are counted: by the programs on request, or in rows that are always kept. */
enum measure_source {
	SOURCE_SERIES,
	SOURCE_REQUESTS,
	SOURCE_BLOCK,
	SOURCE_BLOCK_QUEUE,
	SOURCE_HANDLER,
	SOURCE_READINESS,
};

enum series_by {
	BY_ALL,
	BY_PROCESS,
	BY_THREAD,
	BY_SYSCALL,
	BY_CLASS,
	BY_OBJECT,
	BY_WAKER,
	BY_OPCODE,
	BY_DEVICE,
	BY_CPU,
	BY_CGROUP,
	SERIES_BYS,
};

struct measuring {
	const char *what;    /* as it was asked for: "syscall:read" */
	const char *meaning; /* static: what one value is */
	const char *empty;   /* static: what did not happen if there are none */
	/* static: what is true of the marked values (bpf/records.h, series_row), and of the others;
	 * NULL: none is marked */
	const char *marked, *unmarked;
	enum tier tier; /* that it takes */
	enum measure_source source;
	enum measure measure; /* of SOURCE_SERIES; else MEASURE_NONE */
	enum series_by by;
	uint32_t syscall;  /* of SOURCE_SERIES: only this one, plus 1; 0: all */
	uint16_t api;	   /* of SOURCE_REQUESTS: only this enum request_api; 0: all */
	uint64_t interval; /* ns; 0: none */
	bool keep_slices;  /* for the distributions of the end */
	bool merge_slices; /* when they are many, two become one: for heat maps */
};

/* By what the programs count it. */
enum measure_by measuring__by(const struct measuring *measuring);

/*
 * True if the rows of threads that have ended must stay, because what is measured is counted in
 * them or named by them.
 */
bool measuring__needs_rows(const struct measuring *measuring);

struct recorder;

/* Both must outlive it. NULL without memory. */
struct recorder *recorder__new(const struct session *session, const struct measuring *measuring);
/* The same from rows of a session that is over, for recorder__finish() alone; `started`:
 * CLOCK_REALTIME of its window's begin, ns. */
struct recorder *recorder__of_rows(const struct sources *given, const struct measuring *measuring,
				   uint64_t started);
void recorder__free(struct recorder *recorder);

/* When the open interval ends, ns after the begin. */
uint64_t recorder__due(const struct recorder *recorder);

/* Ends it, at `elapsed`. Returns 0 or a negative errno. */
int recorder__take(struct recorder *recorder, uint64_t elapsed);

/* To be called before rows of threads are emptied: what is named by them gets its name now.
 * Returns 0 or a negative errno. */
int recorder__learn_names(struct recorder *recorder);

/* The values of the interval that ended last. The caller frees it; NULL without memory. */
struct distributions *recorder__latest(const struct recorder *recorder);

/*
 * All values, once the session is stopped; `profile` is what was traced, and is borrowed. The
 * caller frees it; NULL without memory.
 */
struct distributions *recorder__finish(struct recorder *recorder, const struct profile *profile);

#endif
