/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A trace for Perfetto, decoded (user/render/perfetto.proto), and what is in it. */
#ifndef WAITSCOPE_LIVE_PF_TRACE_H
#define WAITSCOPE_LIVE_PF_TRACE_H

#include "perfetto.pb-c.h"
#include "tests/live/lib/live.h"

/* Texts are "" where there are none; all is freed with the test. */
struct pf_slice {
	uint64_t track, since, until, flow; /* `flow`: an arrow that ends at its begin; 0: none */
	const char *name, *category, *class, *object, *woken_by;
	uint32_t pid, tid; /* tid 0: of a process */
	bool censored, open, closed;
};

struct pf_switch {
	uint64_t time;
	unsigned int cpu;
	uint32_t from, to;
	int64_t state;
	bool waking; /* `to` is woken, and not switched to */
};

/* What is no slice: a waking, a loss, or a level. */
struct pf_mark {
	uint64_t track, time, flow; /* `flow`: an arrow that begins here */
	const char *name;
	int64_t value; /* of a level; how many events were lost */
	bool level;
};

struct pf_track {
	uint64_t id, parent;
	const char *name;
	uint32_t pid, tid;
};

#define PF_LIST(type)                                                                              \
	struct {                                                                                   \
		struct type *at;                                                                   \
		size_t count, room;                                                                \
	}

struct pf {
	Pf__Trace *trace;
	PF_LIST(pf_slice) slices;
	PF_LIST(pf_switch) switches; /* in order of time */
	PF_LIST(pf_mark) marks;
	PF_LIST(pf_track) tracks;
	size_t lost_bundles;
	uint64_t begin, end; /* of all slices and of what the scheduler did */
};

/* `waitscope report --perfetto` of a recording, decoded. Fails if it is no trace, if a slice has no
 * end or lies across another of its track, if an arrow has not one end and one begin, at one time,
 * or if a text is not to be shown. */
struct pf *pf__export(const char *recording);

/* Sum of the slices of a category and thread id (0: all), and their number. */
uint64_t pf__total(const struct pf *pf, const char *category, uint32_t tid);
size_t pf__count(const struct pf *pf, const char *category, uint32_t tid);

/* A counter of a process: its highest level, and the sum of level times time up to its last
 * change. False: there is none. */
bool pf__levels(const struct pf *pf, const char *name, uint32_t pid, int64_t *most, double *area);

#endif
