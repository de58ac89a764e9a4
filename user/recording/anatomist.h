/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From events to the anatomy of calls that slept: keeps the longest ones. Pure.
 *
 * A call in which events may have been lost is left out, and counted: what is laid out is what
 * happened.
 */
#ifndef WAITSCOPE_RECORDING_ANATOMIST_H
#define WAITSCOPE_RECORDING_ANATOMIST_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/stream.h"
#include "model/anatomy.h"
#include "recording/cast.h"

struct anatomist;

/* A call that slept and returned. Texts are valid during the call. */
struct anatomy_candidate {
	int tid;
	const char *comm;	    /* NULL: not known */
	const char *syscall;	    /* static */
	const char *const *objects; /* of its sleeps */
	size_t object_count;
	bool idle; /* all its sleeps are rest */
};

struct anatomist_options {
	size_t keep; /* how many */
	bool (*wants)(void *context, const struct anatomy_candidate *candidate);
	void *context;
};

struct anatomist_sums {
	uint64_t seen;	   /* calls that are wanted */
	uint64_t unwanted; /* calls that slept, and are not */
	uint64_t doubtful; /* calls that are left out: events of them may be missing */
	/* at the end: */
	uint64_t lost; /* events that were lost before they came here */
	/* calls that sleep and have not returned, and the longest of these */
	uint64_t open;
	struct anatomy_thread open_thread;
	const char *open_syscall;
	uint64_t open_time; /* ns */
};

/* NULL: no memory. `cast` is borrowed. */
struct anatomist *anatomist__new(const struct anatomist_options *options, struct cast *cast);
void anatomist__free(struct anatomist *anatomist);

/* 0, -EPROTO for an event that cannot be, -ENOMEM. */
int anatomist__event(struct anatomist *anatomist, unsigned int cpu,
		     const struct stream_event *event);

/* The end of the window (CLOCK_MONOTONIC ns): what is still open is looked at. */
void anatomist__finish(struct anatomist *anatomist, uint64_t end);

/* The longest call is number 0; NULL: there are not so many. */
const struct anatomy *anatomist__call(const struct anatomist *anatomist, size_t number);
const struct anatomist_sums *anatomist__sums(const struct anatomist *anatomist);

#endif
