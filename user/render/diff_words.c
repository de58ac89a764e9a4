// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A comparison in plain words: the parts of each process's time that changed, biggest first.
 */
#include <math.h>
#include <string.h>

#include "model/wait_class.h"
#include "names/units.h"
#include "render/diff.h"

#define SCREENFUL 8
#define HANG	  11 /* behind the words of what it is about */

struct words {
	const char *about, *more, *less;
};

static struct words words_of(const struct diff_value *of)
{
	switch (of->figure) {
	case DIFF_RUNNING:
		return (struct words){"cpu:", "ran longer", "ran shorter"};
	case DIFF_RUNNABLE:
		return (struct words){"run queue:", "waited longer for a free CPU once woken",
				      "waited shorter for a free CPU once woken"};
	case DIFF_PREEMPTED:
		return (struct words){"run queue:", "was put off its CPU for longer",
				      "was put off its CPU for shorter"};
	case DIFF_UNKNOWN:
		return (struct words){"unknown:", "was not seen for longer",
				      "was not seen for shorter"};
	case DIFF_CLASS_IDLE:
		return (struct words){"idle:", "rested longer", "rested shorter"};
	default:
		return (struct words){NULL, "waited longer", "waited shorter"};
	}
}

static const char *arrow(const struct page *page)
{
	return page->unicode ? " → " : " -> ";
}

static void say_side(struct page *page, enum diff_unit unit, const struct diff_spread *spread)
{
	char value[DIFF_TEXT], range[DIFF_TEXT];

	page__keep(page, NULL, "%s", diff__value_text(unit, spread->median, value));
	if (*diff__range_text(unit, spread, range))
		page__keep(page, STYLE_DIM, " (%s)", range);
}

/* ", p50 1.07 ms -> 2.1 ms" */
static void say_pair(struct page *page, const char *what, const struct diff_change *change)
{
	enum diff_unit unit = diff_kinds[change->of->figure].unit;
	char a[DIFF_TEXT], b[DIFF_TEXT];

	page__say(page, NULL, ", ");
	page__keep(page, NULL, "%s%s%s%s", what, diff__value_text(unit, change->a.median, a),
		   arrow(page), diff__value_text(unit, change->b.median, b));
}

/* Of the waits of a class the row that changed most: that is where to look. */
static const struct diff_change *most_of(const struct diff *diff, const struct diff_value *of)
{
	for (size_t i = 0; i < diff->change_count; i++) {
		const struct diff_change *change = &diff->changes[i];

		if (change->of->figure == DIFF_WAIT_BLOCKED && diff_change__counts(change) &&
		    change->of->process && !strcmp(change->of->process, of->process) &&
		    !strcmp(change->of->name, of->name))
			return change;
	}
	return NULL;
}

/* "futex on futex" says it twice */
static bool differ(const char *object, const char *syscall)
{
	return !syscall || strcmp(object, syscall) != 0;
}

static void say_waits(struct page *page, const struct diff *diff, const struct diff_change *part)
{
	const struct diff_change *row = most_of(diff, part->of), *other;
	const struct diff_change *waits = diff__sibling(diff, part, DIFF_CLASS_WAITS);

	if (waits)
		say_pair(page, "waits ", waits);
	if (!row)
		return;
	if (row->of->syscall || row->of->object)
		page__say(page, NULL, "; most of it");
	if (row->of->syscall) {
		page__say(page, NULL, " in ");
		page__data(page, NULL, row->of->syscall);
	}
	if (row->of->object && differ(row->of->object, row->of->syscall)) {
		page__say(page, NULL, " on ");
		page__data(page, NULL, row->of->object);
	}
	other = diff__sibling(diff, row, DIFF_WAIT_P50);
	if (other && !other->few)
		say_pair(page, "p50 ", other);
	other = diff__sibling(diff, row, DIFF_WAIT_P99);
	if (other && !other->few)
		say_pair(page, "p99 ", other);
}

static void say_part(struct page *page, const struct diff *diff, const struct diff_change *change)
{
	const struct diff_value *of = change->of;
	bool more = diff_change__difference(change) > 0;
	struct words words = words_of(of);
	char text[DIFF_TEXT];

	page__begin_line(page, HANG);
	if (words.about) {
		page__keep(page, STYLE_BOLD, "%s", words.about);
	} else {
		page__data(page, STYLE_BOLD, of->name);
		page__keep(page, STYLE_BOLD, ":");
	}
	page__tab(page, PAGE_MARGIN + HANG);
	page__say(page, NULL, "process ");
	page__name(page, of->process);
	page__say(page, NULL, " %s: ", more ? words.more : words.less);
	page__keep(page, more ? STYLE_BAD : STYLE_GOOD, "%s", diff__difference_text(change, text));
	page__keep(page, NULL, " (%s)", diff__percent_text(change, text));
	page__say(page, NULL, ", from ");
	say_side(page, DIFF_NS, &change->a);
	page__say(page, NULL, " to ");
	say_side(page, DIFF_NS, &change->b);
	if (of->figure == DIFF_CLASS_BLOCKED)
		say_waits(page, diff, change);
	else if (of->figure == DIFF_CLASS_IDLE) {
		page__say(page, NULL, " (");
		page__data(page, NULL, of->name);
		page__keep(page, NULL, ")");
	}
	page__end_line(page);
}

static void say_noise(struct page *page, const struct diff *diff, size_t count)
{
	char text[DIFF_TEXT];

	if (!count)
		return;
	page__begin_line(page, 0);
	page__count(page, count, "part", "parts");
	page__say(page, NULL, " of the time changed within noise");
	for (size_t i = 0; i < diff->change_count; i++) {
		const struct diff_change *change = &diff->changes[i];

		if (!change->of->process || !diff__is_part(change) || diff_change__counts(change))
			continue;
		page__say(page, NULL, "; the largest by ");
		page__keep(page, NULL, "%s", diff__difference_text(change, text));
		page__keep(page, NULL, " (%s)", diff__percent_text(change, text));
		break;
	}
	page__end_line(page);
}

static const char *remark_of(enum diff_per per)
{
	switch (per) {
	case DIFF_PER_SECOND:
		return "biggest first; for each second of wall time";
	case DIFF_PER_OPERATION:
		return "biggest first; for each I/O operation";
	default:
		return "biggest first; in all of a run";
	}
}

#define WORTH_A_WORD 0.001 /* of the threads' time */

/* Changes of less are not told, unless all are asked for. */
static double least_change(const struct page *page, const struct diff *diff)
{
	double least = (double)page->options->min;

	for (size_t i = 0; i < diff->change_count && !page->options->verbose; i++) {
		const struct diff_change *change = &diff->changes[i];

		if (change->of->figure == DIFF_LIFETIME && !change->of->process)
			return fmax(least, WORTH_A_WORD * fmax(change->a.median, change->b.median));
	}
	return least;
}

static void say_small(struct page *page, size_t count, double least)
{
	char text[DIFF_TEXT];

	if (!count)
		return;
	page__begin_line(page, 0);
	page__count(page, count, "change", "changes");
	page__say(page, NULL, " of less than ");
	page__keep(page, NULL, "%s", diff__value_text(DIFF_NS, least, text));
	page__say(page, STYLE_DIM,
		  least > (double)page->options->min ? " (0.1%% of the time; -v shows all)"
						     : " left out (--min)");
	page__end_line(page);
}

void diff__sentences(struct page *page, const struct diff *diff)
{
	size_t most = text__rows(page->options, SCREENFUL), shown = 0, noise = 0, small = 0;
	double least = least_change(page, diff);
	struct left_out left_out = {0};

	page__title(page, "What changed", remark_of(diff->per));
	for (size_t i = 0; i < diff->change_count; i++) {
		const struct diff_change *change = &diff->changes[i];

		if (!change->of->process || !diff__is_part(change))
			continue;
		if (!diff_change__counts(change))
			noise += diff_change__difference(change) != 0;
		else if (fabs(diff_change__difference(change)) < least)
			small++;
		else if (shown == most)
			left_out.beyond_top++;
		else {
			say_part(page, diff, change);
			shown++;
		}
	}
	if (!shown && !small) {
		page__begin_line(page, 0);
		page__say(page, STYLE_GOOD, "%s",
			  noise ? "nothing beyond noise" : "nothing: all times are equal");
		page__end_line(page);
	}
	page__left_out(page, &left_out, "change", "changes");
	say_small(page, small, least);
	say_noise(page, diff, noise);
}
