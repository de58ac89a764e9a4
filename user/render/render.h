/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * From a profile to a reader: the report for people and the JSON for programs. Pure: they write
 * to a stream and look at nothing else.
 */
#ifndef WAITSCOPE_RENDER_H
#define WAITSCOPE_RENDER_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "model/models.h"
#include "model/profile.h"

struct render_options {
	int width; /* columns of the terminal; 0: 100 */
	bool colour;
	bool unicode;	  /* the locale can show UTF-8: bars in eighths, else ASCII */
	unsigned int top; /* rows a table; 0: as many as suit one screen */
	uint64_t min;	  /* leave out rows below this much time */
	bool verbose;	  /* every thread and syscall, wakers, the audit row by row */
	bool buckets;	  /* JSON: buckets of every distribution */
};

/* The report for people. Returns 0, or -EIO if the stream failed. */
int render__text(FILE *stream, const struct profile *profile, const struct render_options *options);

/* The JSON of docs/profile.schema.json. Returns 0, -ENOMEM or -EIO. */
int render__json(FILE *stream, const struct profile *profile, const struct render_options *options);

/* The bundled models side by side, for people. Returns 0, -ENOMEM or -EIO. */
int render__models_text(FILE *stream, const struct models_report *report,
			const struct render_options *options);

/* The JSON of docs/models.schema.json. Returns 0, -ENOMEM or -EIO. */
int render__models_json(FILE *stream, const struct models_report *report,
			const struct render_options *options);

#endif
