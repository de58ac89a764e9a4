// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The stacks that most time was waited in, and that most samples were taken in. */
#include <errno.h>
#include <stdlib.h>

#include "names/units.h"
#include "render/text.h"

#define STACKS_SCREENFUL 4

static void say_frame(struct page *page, const char *name, bool first)
{
	char *clean = text__clean(name, page->unicode);

	if (!clean) {
		page->error = page->error ? page->error : -ENOMEM;
		return;
	}
	if (!first)
		page__say(page, STYLE_DIM, " < ");
	page__say(page, NULL, "%s", clean);
	free(clean);
}

/* The innermost first: the first frames say what it is, the last ones are all alike. */
static void say_frames(struct page *page, const struct stack *row)
{
	size_t count = row->frames.user + row->frames.kernel;

	page__begin_line(page, 2);
	page__say(page, NULL, "  ");
	if (!count)
		page__say(page, STYLE_DIM, "no stack");
	for (size_t i = count; i > 0; i--)
		say_frame(page, row->frames.names[i - 1], i == count);
	page__end_line(page);
}

static void say_row(struct page *page, const struct stacks *stacks, const struct stack *row)
{
	bool waited = row->kind == STACK_KIND_WAIT;
	char time[UNITS_TEXT], percent[PERCENT_TEXT];

	page__begin_line(page, 2);
	if (waited) {
		page__keep(page, text__class_style(row->class),
			   "%s:", wait_class__name(row->class));
		page__say(page, NULL, " %s (%s) in ", text__time(row->ns, time),
			  text__percent(row->ns, stacks->blocked, percent));
		page__count(page, row->count, "wait", "waits");
		page__say(page, NULL, " of ");
	} else {
		page__keep(page, STYLE_BOLD, "on a CPU:");
		page__say(page, NULL, " ");
		page__count(page, row->count, "sample", "samples");
		page__say(page, NULL, " (%s) of ",
			  text__percent(row->count, stacks->samples, percent));
	}
	page__say(page, NULL, "%d ", row->pid);
	page__name(page, row->thread);
	if (row->syscall) {
		page__say(page, NULL, " in ");
		page__data(page, NULL, row->syscall);
	}
	page__end_line(page);
	say_frames(page, row);
}

/* Rows of one kind, the heaviest first, but those of rest. */
static void say_kind(struct page *page, const struct stacks *stacks, enum stack_kind kind)
{
	size_t rows = text__rows(page->options, STACKS_SCREENFUL), shown = 0;
	struct left_out left_out = {0};

	for (size_t i = 0; i < stacks->count; i++) {
		const struct stack *row = &stacks->rows[i];

		if (row->kind != kind || row->idle)
			continue;
		if (row->ns < page->options->min)
			left_out.below_min++;
		else if (shown++ < rows)
			say_row(page, stacks, row);
		else
			left_out.beyond_top++;
	}
	page__left_out(page, &left_out, "stack", "stacks");
}

void text__stacks(struct page *page, const struct profile *profile)
{
	const struct stacks *stacks = profile->stacks;

	if (!stacks || !stacks->count)
		return;
	page__title(page, "Stacks", "the innermost function first; idle ones left out");
	say_kind(page, stacks, STACK_KIND_WAIT);
	if (stacks->samples)
		say_kind(page, stacks, STACK_KIND_CPU);
}
