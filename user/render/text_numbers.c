// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Figures as the report for people shows them, and how many rows of them.
 */
#include <stdio.h>

#include "names/units.h"
#include "render/text.h"

const char *text__percent(uint64_t part, uint64_t whole, char text[PERCENT_TEXT])
{
	double percent;

	if (!whole) {
		snprintf(text, PERCENT_TEXT, "?");
		return text;
	}
	percent = 100.0 * (double)part / (double)whole;
	if (percent > 99999)
		snprintf(text, PERCENT_TEXT, ">99999%%");
	else if (part && percent < 0.1)
		snprintf(text, PERCENT_TEXT, "<0.1%%");
	else if (part < whole && percent >= 99.5)
		snprintf(text, PERCENT_TEXT, ">99%%"); /* never 100% of what has other parts */
	else if (percent < 9.95 && part)
		snprintf(text, PERCENT_TEXT, "%.1f%%", percent);
	else
		snprintf(text, PERCENT_TEXT, "%.0f%%", percent);
	return text;
}

const char *text__time(uint64_t ns, char *text)
{
	if (ns)
		return units__time(ns, text);
	text[0] = '0';
	text[1] = '\0';
	return text;
}

void page__count(struct page *page, uint64_t count, const char *one, const char *many)
{
	char text[UNITS_TEXT];

	page__keep(page, NULL, "%s %s", units__count(count, text), count == 1 ? one : many);
}

size_t text__rows(const struct render_options *options, size_t screenful)
{
	if (options->top)
		return options->top;
	return options->verbose ? SIZE_MAX : screenful;
}

void page__left_out(struct page *page, const struct left_out *left_out, const char *one,
		    const char *many)
{
	char time[UNITS_TEXT];

	if (!left_out->beyond_top && !left_out->below_min)
		return;
	page__begin_line(page, 0);
	if (left_out->beyond_top) {
		page__keep(page, NULL, "%s more %s", units__count(left_out->beyond_top, time),
			   left_out->beyond_top == 1 ? one : many);
		page__say(page, STYLE_DIM,
			  page->options->top ? " (beyond --top %u)" : " (-v shows all)",
			  page->options->top);
	}
	if (left_out->below_min) {
		page__say(page, NULL, left_out->beyond_top ? "; " : "");
		page__count(page, left_out->below_min, one, many);
		page__say(page, STYLE_DIM, " below ");
		page__keep(page, STYLE_DIM, "%s", text__time(page->options->min, time));
		page__say(page, STYLE_DIM, " left out (--min)");
	}
	page__end_line(page);
}

uint64_t text__harm(const struct account *account)
{
	return account->blocked > account->idle ? account->blocked - account->idle : 0;
}

size_t text__threads(const struct profile *profile)
{
	size_t threads = 0;

	for (size_t i = 0; i < profile->process_count; i++)
		threads += profile->processes[i].thread_count;
	return threads;
}
