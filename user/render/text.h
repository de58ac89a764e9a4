/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Inside of the report for people: the page it is written on, and its sections.
 *
 * Whatever came from outside (names, paths, addresses) reaches the stream only through
 * page__data() or text__copy(), which escape it.
 */
#ifndef WAITSCOPE_RENDER_TEXT_H
#define WAITSCOPE_RENDER_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "model/profile.h"
#include "render/render.h"

/* Parameters of an SGR sequence; NULL is plain. */
#define STYLE_BOLD  "1"
#define STYLE_DIM   "2"
#define STYLE_GOOD  "32"
#define STYLE_BAD   "1;31"
#define STYLE_TITLE "1;36"

#define PAGE_MARGIN 2 /* columns left of everything but titles */

/* A terminal's page: knows its width, breaks lines between words, counts display columns. */
struct page {
	FILE *stream;
	const struct render_options *options;
	int width;
	bool colour, unicode;
	int column; /* columns written on this line */
	int indent; /* where a line that goes on begins */
	bool fresh; /* nothing but indentation since the line began or since the last tab */
	int gap;    /* spaces before the pending word, if it stays on the line */
	char *word; /* pending: not known yet to which line it belongs */
	size_t word_size, word_used;
	int word_columns;
	char style[48]; /* within the word; "" is plain */
	int error;	/* first one: negative errno */
};

void page__begin(struct page *page, FILE *stream, const struct render_options *options);
/* Ends the page. Returns 0, -ENOMEM or -EIO. */
int page__finish(struct page *page);

/* Text that may be broken at its spaces. Consecutive texts are glued where no space is. */
void page__say(struct page *page, const char *style, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Text that stays together ("1.84 s"), if it fits on a line at all. */
void page__keep(struct page *page, const char *style, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Data from outside, escaped; stays together. NULL says "?". */
void page__data(struct page *page, const char *style, const char *data);
/* `name` in backquotes */
void page__name(struct page *page, const char *name);

/* Goes on at `column`, or one space further right if that is passed already. */
void page__tab(struct page *page, int column);
/* Text of known width in a field of `width` columns, to its left or right; cut if longer. */
void page__cell(struct page *page, const char *style, const char *text, int width, bool left);
void page__end_line(struct page *page);
/*
 * A blank line and a section's title, with a remark in brackets (NULL: none). The lines that
 * follow are indented by PAGE_MARGIN.
 */
void page__title(struct page *page, const char *title, const char *remark);
/* Begins a line at the margin, its continuations `hang` columns further right. */
void page__begin_line(struct page *page, int hang);

/* One character of UTF-8: its bytes, and its display columns. `text` must not be empty. */
size_t text__next(const char *text, int *columns);
/* Display columns of a text without control characters. */
int text__columns(const char *text);
/* Data from outside, for this page; the caller frees it. NULL without memory. */
char *text__clean(const char *data, bool unicode);
/* The same into a buffer, cut between characters if it does not fit. NULL data gives "?". */
void text__copy(char *out, size_t size, const char *data, bool unicode);

#define PERCENT_TEXT 16

/* "38%", "3.1%", "<0.1%" of a whole; "?" without one. Returns `text`. */
const char *text__percent(uint64_t part, uint64_t whole, char text[PERCENT_TEXT]);
/* units__time, but "0" for nothing. `text` has UNITS_TEXT bytes. */
const char *text__time(uint64_t ns, char *text);
/* "1 thread", "2,048 threads" */
void page__count(struct page *page, uint64_t count, const char *one, const char *many);

/* How many rows a table shows: --top, all if verbose, else what suits one screen. */
size_t text__rows(const struct render_options *options, size_t screenful);

/* Rows that a table left out. */
struct left_out {
	size_t beyond_top, below_min;
};

/* Says how many, if any. `one` and `many` name the rows. */
void page__left_out(struct page *page, const struct left_out *left_out, const char *one,
		    const char *many);

/* Blocking time: blocked, but not at a resting place. */
uint64_t text__harm(const struct account *account);
size_t text__threads(const struct profile *profile);

/* Sections, each with its title; nothing where there is nothing to say. */
void text__headline(struct page *page, const struct profile *profile);
void text__bars(struct page *page, const struct profile *profile);
/* Lines on one process, from that column on. */
void text__verdict(struct page *page, const struct process *process, bool full, int column);
void text__findings(struct page *page, const struct profile *profile);
void text__waits(struct page *page, const struct profile *profile);
void text__stacks(struct page *page, const struct profile *profile);
void text__loop_table(struct page *page, const struct profile *profile);
void text__request_table(struct page *page, const struct profile *profile);
void text__thread_table(struct page *page, const struct profile *profile);
void text__syscall_table(struct page *page, const struct profile *profile);
void text__audit(struct page *page, const struct profile *profile);
/* The audit row by row (verbose). */
void text__audit_rows(struct page *page, const struct profile *profile);

/* The tables of a group of `waitscope models`. */
void text__models_tables(struct page *page, const struct models_report *report,
			 enum models_group group);

/* Colour of a wait class, in the bars and wherever it is named; for CLASSES, of the CPU. */
const char *text__class_style(unsigned int class);

#endif
