// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The audit in two lines: do the books balance, do they agree with the kernel's, what was lost,
 * and what did the tracing itself cost. A third one where something of a program cannot be seen.
 */
#include <math.h>
#include <string.h>

#include "names/units.h"
#include "render/text.h"

static void say_error(struct page *page, const char *what, double error, bool known)
{
	page__say(page, NULL, "%s ", what);
	if (!known || !isfinite(error))
		page__say(page, STYLE_DIM, "not comparable");
	else if (fabs(error) < 0.00005)
		page__keep(page, NULL, "0%%");
	else
		page__keep(page, NULL, "%.2f%%", 100 * fabs(error));
}

static void say_conservation(struct page *page, const struct audit *audit)
{
	char time[UNITS_TEXT];
	uint64_t size =
		audit->residual < 0 ? 0 - (uint64_t)audit->residual : (uint64_t)audit->residual;

	if (audit->conserved) {
		page__say(page, STYLE_GOOD, "conserved");
		return;
	}
	page__say(page, STYLE_BAD, "NOT CONSERVED");
	page__say(page, NULL, ": states and lifetimes differ by ");
	page__keep(page, NULL, "%s%s", audit->residual < 0 ? "-" : "", text__time(size, time));
	page__say(page, NULL, ", which is a bug in waitscope: please report it");
}

static void say_books(struct page *page, const struct audit *audit)
{
	char time[UNITS_TEXT];

	if (!audit->comparable) {
		page__say(page, NULL, "; no thread could be compared with the kernel's own books");
		return;
	}
	page__say(page, NULL, "; off the kernel's books: ");
	say_error(page, "run", audit->runtime_error, true);
	say_error(page, ", delay", audit->rundelay_error, audit->rundelay_known);
	if (audit->rundelay_known && audit->rundelay_per_wakeup >= 1) {
		page__say(page, STYLE_DIM, " (");
		page__keep(page, STYLE_DIM, "%s", text__time(audit->rundelay_per_wakeup, time));
		page__say(page, STYLE_DIM, " a wakeup)");
	}
	if (audit->rundelay_known)
		say_error(page, ", both", audit->together_error, true);
	say_error(page, ", switches", audit->switches_error, true);
}

/* "histogram_chunks" is for machines */
static void say_cause(struct page *page, const char *cause)
{
	char words[64];

	snprintf(words, sizeof(words), "%s", cause);
	for (char *at = strchr(words, '_'); at; at = strchr(at, '_'))
		*at = ' ';
	page__keep(page, NULL, "%s", words);
}

static void say_lost(struct page *page, const struct profile *profile)
{
	const struct audit *audit = &profile->audit;
	char count[UNITS_TEXT];
	size_t causes = 0;

	for (size_t i = 0; i < audit->lost_count; i++) {
		if (!audit->lost[i].count)
			continue;
		page__say(page, STYLE_BAD, causes++ ? ", " : "lost: ");
		page__keep(page, STYLE_BAD, "%s ", units__count(audit->lost[i].count, count));
		say_cause(page, audit->lost[i].cause);
	}
	if (!causes)
		page__say(page, STYLE_GOOD, "nothing lost");
	else
		page__say(page, NULL, " (what this touches is shown as unknown)");
}

static void say_maps(struct page *page, const struct audit *audit)
{
	const struct map_use *fullest = NULL;
	char percent[PERCENT_TEXT];

	for (size_t i = 0; i < audit->map_count; i++) {
		const struct map_use *map = &audit->maps[i];

		if (map->capacity &&
		    (!fullest || (double)map->used / (double)map->capacity >
					 (double)fullest->used / (double)fullest->capacity))
			fullest = map;
	}
	if (!fullest)
		return;
	page__say(page, NULL, "; fullest map (");
	say_cause(page, fullest->name);
	page__say(page, NULL, ") %s", text__percent(fullest->used, fullest->capacity, percent));
}

static void say_overhead(struct page *page, const struct profile *profile)
{
	const struct audit *audit = &profile->audit;
	char time[UNITS_TEXT], percent[PERCENT_TEXT];

	page__say(page, NULL, "; our own CPU ");
	page__keep(page, NULL, "%s", text__time(audit->tool_cpu, time));
	page__say(page, NULL, " (%s of one)",
		  text__percent(audit->tool_cpu, profile->window, percent));
	if (!audit->programs_known)
		return;
	page__say(page, NULL, ", programs ");
	page__keep(page, NULL, "%s", text__time(audit->programs, time));
}

/* There is no C library in them to put a probe into; their own copy is found if it has a name. */
static void say_static(struct page *page, const struct profile *profile)
{
	const struct process *first = NULL;
	char name[64], number[UNITS_TEXT];
	size_t count = 0;

	for (size_t i = 0; i < profile->process_count; i++) {
		if (!profile->processes[i].static_binary)
			continue;
		if (!first)
			first = &profile->processes[i];
		count++;
	}
	if (!count || profile->tier != TIER_FULL)
		return;
	text__copy(name, sizeof(name), first->comm, page->unicode);
	page__begin_line(page, 2);
	page__say(page, NULL,
		  "static binaries, whose POSIX AIO is seen only if they have symbols: ");
	page__keep(page, NULL, "%d `%s`", first->pid, name);
	if (count > 1)
		page__say(page, NULL, " and %s more", units__count(count - 1, number));
	page__end_line(page);
}

void text__audit(struct page *page, const struct profile *profile)
{
	page__title(page, "Audit", "how far these figures can be trusted");
	page__begin_line(page, 2);
	say_conservation(page, &profile->audit);
	say_books(page, &profile->audit);
	page__end_line(page);
	page__begin_line(page, 2);
	say_lost(page, profile);
	say_maps(page, &profile->audit);
	say_overhead(page, profile);
	page__end_line(page);
	say_static(page, profile);
}
