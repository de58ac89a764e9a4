// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A comparison for people: the two sides, what changed, and how far that can be trusted.
 */
#include <math.h>
#include <string.h>

#include "names/units.h"
#include "render/diff.h"

/* --- the two sides -----------------------------------------------------------------------------
 */

/* A command may be long: broken between its words. */
static void say_command(struct page *page, const char *command)
{
	char word[512];

	page__keep(page, NULL, "`");
	while (*command) {
		size_t length = strcspn(command, " ");

		snprintf(word, sizeof(word), "%.*s", (int)length, command);
		page__data(page, STYLE_BOLD, word);
		command += length;
		if (*command) {
			page__say(page, NULL, " ");
			command++;
		}
	}
	page__keep(page, NULL, "`");
}

static void say_what(struct page *page, const struct diff_side *side)
{
	const struct diff_run *run = &side->runs[0];

	if (run->command)
		say_command(page, run->command);
	else
		page__data(page, NULL, run->source);
	if (side->count > 1)
		page__keep(page, STYLE_DIM, " (%zu runs)", side->count);
	else if (run->command) {
		page__say(page, STYLE_DIM, " (");
		page__data(page, STYLE_DIM, run->source);
		page__keep(page, STYLE_DIM, ")");
	}
}

static void say_headline(struct page *page, const struct diff *diff)
{
	char text[DIFF_TEXT];

	page__end_line(page);
	for (int side = 0; side < 2; side++) {
		page__begin_line(page, 16);
		page__say(page, STYLE_TITLE, side ? "" : "waitscope diff:");
		page__tab(page, PAGE_MARGIN + 16);
		page__keep(page, STYLE_BOLD, side ? "B " : "A ");
		say_what(page, &diff->sides[side]);
		page__end_line(page);
	}
	for (size_t i = 0; i < diff->change_count; i++) {
		const struct diff_change *change = &diff->changes[i];

		if (change->of->figure != DIFF_WINDOW)
			continue;
		page__begin_line(page, 16);
		page__tab(page, PAGE_MARGIN + 16);
		page__say(page, NULL, diff->sides[0].runs[0].command ? "A took " : "windows: A ");
		page__keep(page, NULL, "%s", diff__value_text(DIFF_NS, change->a.median, text));
		page__say(page, NULL, ", B ");
		page__keep(page, NULL, "%s", diff__value_text(DIFF_NS, change->b.median, text));
		if (diff_change__difference(change) != 0) {
			page__keep(page, STYLE_BOLD, ": %s", diff__difference_text(change, text));
			page__keep(page, NULL, " (%s)", diff__percent_text(change, text));
		}
		if (diff_change__difference(change) != 0 && change->noise == DIFF_NOISE_WITHIN)
			page__say(page, NULL, ", within noise");
		page__end_line(page);
	}
}

/* --- findings and models -----------------------------------------------------------------------
 */

static bool is_finding(const struct diff_change *change)
{
	return change->of->figure == DIFF_FINDING && change->of->process &&
	       (change->a.median == 0) != (change->b.median == 0) && diff_change__counts(change);
}

void diff__found(struct page *page, const struct diff *diff)
{
	bool title = false;
	char text[DIFF_TEXT];

	for (size_t i = 0; i < diff->change_count; i++) {
		const struct diff_change *change = &diff->changes[i], *harm;
		bool came = change->a.median == 0;

		if (!is_finding(change))
			continue;
		if (!title)
			page__title(page, "Findings that came or went", NULL);
		title = true;
		harm = diff__sibling(diff, change, DIFF_FINDING_HARM);
		page__begin_line(page, 11);
		page__keep(page, came ? STYLE_BAD : STYLE_GOOD, came ? "came:" : "went:");
		page__tab(page, PAGE_MARGIN + 11);
		page__data(page, STYLE_BOLD, change->of->name);
		page__say(page, NULL, " in process ");
		page__name(page, change->of->process);
		if (harm) {
			page__say(page, NULL, ", which held up ");
			page__keep(page, NULL, "%s",
				   diff__value_text(DIFF_NS, came ? harm->b.median : harm->a.median,
						    text));
		}
		page__end_line(page);
	}
}

static void say_change(struct page *page, const char *what, const char *a, const char *b)
{
	if (!strcmp(a, b))
		return;
	page__say(page, NULL, "; %s ", what);
	page__data(page, NULL, a);
	page__say(page, NULL, page->unicode ? " → " : " -> ");
	page__data(page, STYLE_BOLD, b);
}

void diff__models(struct page *page, const struct diff *diff)
{
	size_t most = text__rows(page->options, 8);
	struct left_out left_out = {0};

	if (diff->verdict_count)
		page__title(page, "Processes, I/O models and structure", NULL);
	for (size_t i = 0; i < diff->verdict_count; i++) {
		const struct diff_verdict *verdict = &diff->verdicts[i];

		if (i >= most) {
			left_out.beyond_top++;
			continue;
		}
		page__begin_line(page, 2);
		page__say(page, NULL, "process ");
		page__name(page, verdict->process);
		if (!verdict->io_model[0] || !verdict->io_model[1]) {
			page__say(page, NULL, " is on side %s only",
				  verdict->io_model[0] ? "A" : "B");
		} else {
			say_change(page, "I/O model", verdict->io_model[0], verdict->io_model[1]);
			say_change(page, "structure", verdict->structure[0], verdict->structure[1]);
		}
		page__end_line(page);
	}
	page__left_out(page, &left_out, "process", "processes");
}

/* --- conditions and notes ----------------------------------------------------------------------
 */

static void say_conditions(struct page *page, const struct diff_report *report)
{
	char text[DIFF_TEXT];

	if (report->condition_count)
		page__title(page, "Conditions", "--fail-if");
	for (size_t i = 0; i < report->condition_count; i++) {
		const struct condition_outcome *outcome = &report->outcomes[i];
		bool met = outcome->result == CONDITION_MET;
		const char *result = met ? "met: " : "not met: ";

		if (outcome->result == CONDITION_UNDECIDED)
			result = "undecided: ";
		page__begin_line(page, 11);
		page__keep(page, met ? STYLE_BAD : STYLE_GOOD, "%s", result);
		page__tab(page, PAGE_MARGIN + 11);
		page__data(page, STYLE_BOLD, report->conditions[i].text);
		page__say(page, NULL, ": ");
		if (outcome->result == CONDITION_UNDECIDED) {
			page__say(page, NULL, "%s", outcome->reason);
		} else if (outcome->change) {
			enum diff_unit unit = diff_kinds[outcome->change->of->figure].unit;

			page__keep(page, NULL, "%s",
				   diff__value_text(unit, outcome->change->a.median, text));
			page__say(page, NULL, " to ");
			page__keep(page, NULL, "%s",
				   diff__value_text(unit, outcome->change->b.median, text));
			page__keep(page, NULL, " (%s)", diff__percent_text(outcome->change, text));
		} else {
			page__say(page, NULL, "none on either side");
		}
		if (outcome->noise)
			page__say(page, NULL, ", within noise");
		page__end_line(page);
	}
}

static void note(struct page *page, const char *text)
{
	page__begin_line(page, 2);
	page__say(page, NULL, "%s", text);
	page__end_line(page);
}

static void note_statistic(struct page *page, const struct diff *diff)
{
	page__begin_line(page, 2);
	if (!diff->repeats) {
		page__say(page, NULL,
			  "too few runs to know the noise: any of these changes may be "
			  "chance. Repeat: waitscope diff A1 A2 A3 : B1 B2 B3");
	} else {
		page__say(page, NULL,
			  "medians of %zu and %zu runs, with their ranges; a change is "
			  "within noise unless the ranges lie apart%s. Ranges of %zu and "
			  "%zu runs lie apart by mere chance for ",
			  diff->sides[0].count, diff->sides[1].count,
			  diff->chance > 0.01 ? ", by at least the width of the wider one" : "",
			  diff->sides[0].count, diff->sides[1].count);
		page__keep(page, NULL, "1 in %.0f", 1 / diff->chance);
		page__say(page, NULL, " figures%s",
			  diff->chance > 0.01 ? "; so far apart, for fewer" : "");
	}
	page__end_line(page);
}

static void note_runs(struct page *page, const struct diff *diff)
{
	const struct diff_run *first = &diff->sides[0].runs[0];
	bool kernels = false, tiers = false, lost = false, cut = false;

	for (int side = 0; side < 2; side++) {
		for (size_t i = 0; i < diff->sides[side].count; i++) {
			const struct diff_run *run = &diff->sides[side].runs[i];

			tiers |= run->tier != first->tier;
			lost |= !run->conserved || run->lost > 0;
			cut |= run->cut;
			kernels |= run->kernel && first->kernel &&
				   strcmp(run->kernel, first->kernel) != 0;
		}
	}
	if (tiers)
		note(page, "runs of both tiers: what only the full tier knows (syscalls, requests, "
			   "loops) is not compared");
	if (kernels)
		note(page, "the runs are of different kernels");
	if (cut)
		note(page, "some of the recordings were cut off: what was after that is not in "
			   "their figures, and how the threads ended is not known");
	if (lost)
		note(page, "events were lost in some of the runs (see their audit)");
}

void diff__notes(struct page *page, const struct diff *diff)
{
	page__title(page, "How far this can be trusted", NULL);
	note_statistic(page, diff);
	note_runs(page, diff);
	for (size_t i = 0; i < diff->renamed_count; i++) {
		page__begin_line(page, 2);
		page__name(page, diff->renamed[i].a);
		page__say(page, NULL, " of A is compared with ");
		page__name(page, diff->renamed[i].b);
		page__say(page, NULL, " of B");
		page__end_line(page);
	}
}

/* What was asked for by --by has an answer, whatever it is. */
static void say_none(struct page *page, const struct diff_report *report)
{
	const struct diff *diff = report->diff;
	bool any = strcmp(report->by, "model") == 0 && diff->verdict_count > 0;

	for (size_t i = 0; i < diff->change_count && !any; i++)
		any = !strcmp(report->by, "finding") && is_finding(&diff->changes[i]);
	if (any)
		return;
	page__title(page, "No change", report->by);
}

int render__diff_text(FILE *stream, const struct diff_report *report,
		      const struct render_options *options)
{
	const struct diff *diff = report->diff;
	struct page page;

	page__begin(&page, stream, options);
	say_headline(&page, diff);
	if (!report->by)
		diff__sentences(&page, diff);
	if (!report->by || !strcmp(report->by, "finding"))
		diff__found(&page, diff);
	if (!report->by || !strcmp(report->by, "model"))
		diff__models(&page, diff);
	diff__tables(&page, diff, report->by);
	if (report->by && (!strcmp(report->by, "model") || !strcmp(report->by, "finding")))
		say_none(&page, report);
	say_conditions(&page, report);
	diff__notes(&page, diff);
	return page__finish(&page);
}
