/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From events to the lines of `waitscope trace`: the waits of a call are kept until it returns, and
 * told with it. Pure.
 */
#ifndef WAITSCOPE_RECORDING_LINES_H
#define WAITSCOPE_RECORDING_LINES_H

#include <stdbool.h>
#include <stdint.h>

#include "bpf/stream.h"
#include "model/trace_line.h"
#include "recording/cast.h"

struct lines;

struct lines_options {
	bool full;	/* the full tier: calls are seen */
	bool all_calls; /* also those that did not sleep */
	/* 0, or a negative errno that ends it. What they are given is valid during the call. */
	int (*line)(void *context, const struct trace_line *line);
	int (*loss)(void *context, const struct line_loss *loss);
	void *context;
};

/* NULL: no memory. `cast` is borrowed, and is to know whom the events name. */
struct lines *lines__new(const struct lines_options *options, struct cast *cast);
void lines__free(struct lines *lines);

/* 0, -EPROTO for an event that cannot be, -ENOMEM, or what a function of the options returned. */
int lines__event(struct lines *lines, unsigned int cpu, const struct stream_event *event);

/* The end of the window (CLOCK_MONOTONIC ns): what is still open is told as it is then. */
int lines__finish(struct lines *lines, uint64_t end);

/* ns since the trace began, which is at its first event; 0 before. */
uint64_t lines__since_begin(const struct lines *lines, uint64_t time);

#endif
