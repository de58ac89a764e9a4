// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What histograms and heat maps for people have in common: the first line and the last ones. */
#include <string.h>

#include "names/units.h"
#include "render/hist.h"
#include "render/text.h"

static void say_span(struct page *page, const struct distributions *distributions)
{
	char from[UNITS_TEXT], to[UNITS_TEXT];

	if (distributions->number) {
		page__say(page, STYLE_BOLD, "interval %zu", distributions->number);
		page__say(page, NULL, ", from ");
		page__keep(page, NULL, "%s", text__time(distributions->from, from));
		page__say(page, NULL, " to ");
		page__keep(page, NULL, "%s",
			   text__time(distributions->from + distributions->window, to));
		return;
	}
	page__keep(page, STYLE_BOLD, "%s", text__time(distributions->window, to));
	if (distributions->interval && !distributions->slice_count)
		page__say(page, NULL, ", all intervals together");
}

void text__hist_heading(struct page *page, const struct distributions *distributions)
{
	page->indent = PAGE_MARGIN;
	page__say(page, NULL, "waitscope hist: ");
	page__data(page, STYLE_BOLD, distributions->what);
	if (distributions->by)
		page__say(page, NULL, " by %s", distributions->by);
	page__say(page, NULL, ", ");
	say_span(page, distributions);
	page__say(page, STYLE_DIM, " (%s)", distributions->meaning);
	page__end_line(page);
}

static void say_lost(struct page *page, const struct distributions *distributions)
{
	page__begin_line(page, 2);
	if (distributions__are_complete(distributions)) {
		page__say(page, STYLE_GOOD, "nothing lost");
		return;
	}
	page__say(page, STYLE_BAD, "INCOMPLETE");
	page__say(page, NULL, ": ");
	for (size_t i = 0; i < distributions->lost_count; i++) {
		const struct loss_count *lost = &distributions->lost[i];
		char words[64], count[UNITS_TEXT];

		snprintf(words, sizeof(words), "%s", lost->cause);
		for (char *at = strchr(words, '_'); at; at = strchr(at, '_'))
			*at = ' ';
		page__say(page, STYLE_BAD, i ? ", " : "lost ");
		page__keep(page, STYLE_BAD, "%s %s", units__count(lost->count, count), words);
	}
	if (!distributions->lost_count)
		page__say(page, STYLE_BAD, "values without a bucket");
	page__say(page, NULL, " (what these hid is in no distribution)");
}

/* That the rows of the profile, added up apart from these, have the same. */
static void say_check(struct page *page, const struct distributions *distributions, bool always)
{
	const struct cross_check *check = &distributions->check;
	uint64_t count, sum;
	char time[UNITS_TEXT];

	distributions__add_up(distributions, &count, &sum);
	if (!check->known || (!always && count == check->count && sum == check->sum))
		return;
	page__say(page, NULL, "; ");
	if (count == check->count && sum == check->sum) {
		page__say(page, NULL, "count and sum are those of the profile's rows");
		return;
	}
	page__say(page, NULL, "the profile's rows have ");
	page__count(page, check->count, "value", "values");
	page__say(page, NULL, ", ");
	page__keep(page, NULL, "%s", text__time(check->sum, time));
}

static void say_memory(struct page *page, const struct audit *audit)
{
	static const char *const shown[] = {"series", "histograms", "buckets"};
	char used[UNITS_TEXT], room[UNITS_TEXT];
	bool any = false;

	page__begin_line(page, 2);
	for (size_t i = 0; i < audit->map_count; i++) {
		for (size_t j = 0; j < sizeof(shown) / sizeof(shown[0]); j++) {
			if (strcmp(audit->maps[i].name, shown[j]) != 0)
				continue;
			page__say(page, NULL, any ? ", " : "kernel memory: ");
			page__keep(page, NULL, "%s of %s %s",
				   units__count(audit->maps[i].used, used),
				   units__count(audit->maps[i].capacity, room), shown[j]);
			any = true;
		}
	}
	page__end_line(page);
}

static void say_censored(struct page *page, const struct distributions *distributions)
{
	if (!distributions->censored)
		return;
	page__say(page, NULL, "; ");
	page__count(page, distributions->censored, "value is", "values are");
	page__say(page, NULL, " cut by an edge of the window, and left out");
}

static void say_emptiness(struct page *page, const struct distributions *distributions)
{
	page__end_line(page);
	page__begin_line(page, 2);
	page__say(page, STYLE_BOLD, "No values: ");
	page__say(page, NULL, "%s", distributions->why_empty);
	page__end_line(page);
}

void text__hist_closing(struct page *page, const struct distributions *distributions, size_t shown)
{
	struct left_out left_out = {0};
	bool verbose = page->options->verbose;

	if (distributions->why_empty)
		say_emptiness(page, distributions);
	if (distributions->series_count > shown)
		left_out.beyond_top = distributions->series_count - shown;
	page__left_out(page, &left_out, "distribution", "distributions");
	if (!distributions->run)
		return; /* it goes on: what is lost is said at its end */
	page__end_line(page);
	say_lost(page, distributions);
	say_check(page, distributions, verbose);
	say_censored(page, distributions);
	page__end_line(page);
	if (verbose)
		say_memory(page, &distributions->run->audit);
}
