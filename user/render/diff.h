/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A comparison for people and for programs. Pure.
 */
#ifndef WAITSCOPE_RENDER_DIFF_H
#define WAITSCOPE_RENDER_DIFF_H

#include "judge/compare.h"
#include "judge/condition.h"
#include "render/render.h"
#include "render/text.h"

struct diff_report {
	const struct diff *diff;
	const char *by; /* a name of diff_tables: only that; NULL: what suits most */
	const struct condition *conditions;
	const struct condition_outcome *outcomes; /* of these */
	size_t condition_count;
};

/* Returns 0, -ENOMEM or -EIO. */
int render__diff_text(FILE *stream, const struct diff_report *report,
		      const struct render_options *options);
/* The JSON of docs/diff.schema.json. Returns 0, -ENOMEM or -EIO. */
int render__diff_json(FILE *stream, const struct diff_report *report,
		      const struct render_options *options);

/* What --by takes: the name at `index`, NULL behind the last. */
const char *diff_by__name(size_t index);

/* --- inside ------------------------------------------------------------------------------------
 */

#define DIFF_TEXT 64

/* A value, a difference with its sign, a relative one: "432 ms", "+216 ms", "+100%". */
const char *diff__value_text(enum diff_unit unit, double value, char text[DIFF_TEXT]);
const char *diff__difference_text(const struct diff_change *change, char text[DIFF_TEXT]);
const char *diff__percent_text(const struct diff_change *change, char text[DIFF_TEXT]);
/* "212 ms..220 ms", or "" where both ends are one */
const char *diff__range_text(enum diff_unit unit, const struct diff_spread *spread,
			     char text[DIFF_TEXT]);

/* One of the parts that the time of threads divides into: no time is in two of them. */
bool diff__is_part(const struct diff_change *change);

/* Sections. */
void diff__sentences(struct page *page, const struct diff *diff);
void diff__tables(struct page *page, const struct diff *diff, const char *by);
void diff__found(struct page *page, const struct diff *diff);
void diff__models(struct page *page, const struct diff *diff);
void diff__notes(struct page *page, const struct diff *diff);

#endif
