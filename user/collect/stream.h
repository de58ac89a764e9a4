/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The event stream of a session (bpf/stream.h): out of a ring buffer per CPU, in order of time.
 *
 *   session__new(.stream) -> stream__new -> session__attach -> stream__drain ... -> stream__free
 */
#ifndef WAITSCOPE_COLLECT_STREAM_H
#define WAITSCOPE_COLLECT_STREAM_H

#include <stddef.h>
#include <stdint.h>

#include "bpf/stream.h"
#include "collect/session.h"

struct stream;

#define STREAM_BUFFER_DEFAULT (8 << 20)
#define STREAM_BUFFER_LEAST   (64 << 10)
#define STREAM_BUFFER_MOST    (1 << 30)

/* Gives each CPU a ring buffer of `bytes`, a power of two. 0 or a negative errno. */
int stream__new(struct stream **stream, const struct session *session, size_t bytes);
void stream__free(struct stream *stream);

/* Readable when a ring buffer has filled up so far that it should be drained soon. */
int stream__fd(const struct stream *stream);

/* Takes an event. 0, or a negative errno, which ends the drain. */
typedef int stream_sink(void *context, unsigned int cpu, const struct stream_event *event);

/*
 * Hands out what has settled: events old enough that no CPU has an earlier one still to come. At
 * the end, once the session is stopped, `all` of them. What comes too late all the same is handed
 * out late, and counted. 0, or a negative errno.
 */
int stream__drain(struct stream *stream, bool all, stream_sink *sink, void *context);

/* All events before this instant were handed out, but for such as come too late. */
uint64_t stream__until(const struct stream *stream);

/* Events handed out so far; of them, those that an earlier one came after. */
uint64_t stream__events(const struct stream *stream);
uint64_t stream__late(const struct stream *stream);

#endif
