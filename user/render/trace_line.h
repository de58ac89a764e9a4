/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The lines of `waitscope trace`, for people and as JSON. Pure: they write to a stream. */
#ifndef WAITSCOPE_RENDER_TRACE_LINE_H
#define WAITSCOPE_RENDER_TRACE_LINE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "model/profile.h"
#include "model/trace_line.h"

/* What a trace added up to. */
struct trace_sum {
	uint64_t time; /* ns since it began */
	uint64_t events, lines;
	uint64_t lost_events;
	const struct loss_count *lost; /* by other causes; may be NULL */
	size_t lost_count;
};

/* Each: 0, -ENOMEM, or -EIO if the stream failed. `unicode`: the reader's locale can show UTF-8. */
int render__trace_head(FILE *stream);
int render__trace_line(FILE *stream, const struct trace_line *line, bool unicode);
int render__trace_loss(FILE *stream, const struct line_loss *loss);

/* The objects of docs/trace.schema.json, one on each line. */
int render__trace_json_begin(FILE *stream, const struct profile *head);
int render__trace_json_line(FILE *stream, const struct trace_line *line);
int render__trace_json_loss(FILE *stream, const struct line_loss *loss);
int render__trace_json_end(FILE *stream, const struct trace_sum *sum);

#endif
