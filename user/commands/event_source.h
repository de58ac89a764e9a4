/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Events in order of time, and who is who in them: from a traced run, or from a recording.
 *
 * What goes wrong is said on stderr here, and comes back as an exit status.
 */
#ifndef WAITSCOPE_COMMANDS_EVENT_SOURCE_H
#define WAITSCOPE_COMMANDS_EVENT_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "collect/stream.h"
#include "commands/options.h"
#include "recording/cast.h"
#include "recording/story.h"

/* What an event source told about its end. */
struct event_end {
	uint64_t time; /* CLOCK_MONOTONIC ns */
	struct stream_facts stream;
	const struct profile *profile; /* NULL: none is known */
};

/* Who takes them. Each function returns 0 or a negative errno, which ends it; -EPIPE in silence. */
struct event_consumer {
	/* before the first event; `cast` lives as long as the source, and knows whom each event
	 * names. `head`: tier, kernel, what is traced */
	int (*begin)(void *context, struct cast *cast, const struct profile *head);
	int (*event)(void *context, unsigned int cpu, const struct stream_event *event);
	int (*step)(void *context, uint64_t now); /* after a bunch of them; NULL: not wanted */
	int (*finish)(void *context, const struct event_end *end);
	void *context;
};

/* Reads a recording. 0 or an exit status. */
int event_source__read(const char *path, const struct event_consumer *consumer);

/* For argp children: --from-file and --buffer of a verb that can do with either source. */
struct event_source_options {
	struct trace_options *trace; /* of the same verb; to be given */
	const char *file;	     /* NULL: live */
	uint64_t buffer;
};

#define EVENT_SOURCE_DEFAULT                                                                       \
	{                                                                                          \
		.buffer = STREAM_BUFFER_DEFAULT                                                    \
	}

extern const struct argp event_source_argp;

/* From whichever source they name. 0 (also if the reader of the results went away), or an exit
 * status.
 */
int event_source__run(const struct event_source_options *options,
		      const struct event_consumer *consumer);

/* --buffer: ring buffer of each CPU, in bytes. */
uint64_t option__buffer(const char *text, const struct argp_state *state);

#endif
