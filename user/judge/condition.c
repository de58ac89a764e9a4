// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include "judge/condition.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/findings.h"
#include "names/nearest.h"
#include "names/syscalls.h"
#include "names/units.h"

int condition__parse(const char *text, struct condition *condition, const char **why)
{
	const char *above = strrchr(text, '>'), *below = strrchr(text, '<');
	const char *sign = above && (!below || above > below) ? above : below, *limit;
	size_t length;

	*why = "is no condition, such as 'blocked.lock>+10%' or 'syscall.read.p99>2ms'";
	if (!sign || sign == text || !sign[1])
		return -EINVAL;
	limit = sign + 1;
	*condition = (struct condition){.text = text, .above = *sign == '>'};
	condition->kind = CONDITION_VALUE;
	if (*limit == '+' || *limit == '-') {
		condition->kind = CONDITION_CHANGE;
		condition->negative = *limit == '-';
		limit++;
	}
	length = strlen(limit);
	if (!length || *limit < '0' || *limit > '9')
		return -EINVAL;
	if (limit[length - 1] == '%') {
		condition->kind = CONDITION_PERCENT;
		if (strspn(limit, "0123456789.") != length - 1 ||
		    (strchr(limit, '.') != strrchr(limit, '.')))
			return -EINVAL;
	}
	condition->limit = limit;
	condition->path = strndup(text, (size_t)(sign - text));
	return condition->path ? 0 : -ENOMEM;
}

/* --- names -------------------------------------------------------------------------------------
 */

/* Names that a figure can have, whether it is in a profile or not. */
struct search {
	struct nearest nearest;
	char *best; /* a copy of nearest.best */
	const char *path;
	bool found;
};

static void offer(struct search *search, const struct diff_value *value)
{
	char *path = diff_value__path(value);
	const char *before = search->nearest.best;

	if (!path)
		return;
	search->found |= !strcmp(path, search->path);
	nearest__offer(&search->nearest, path);
	if (search->nearest.best == before) {
		free(path);
		return;
	}
	free(search->best);
	search->best = path;
}

/* Figures of `subject` with that name, of the process (NULL: all). */
static void offer_all(struct search *search, enum diff_subject subject, const char *process,
		      const char *name)
{
	for (enum diff_figure figure = 0; figure < DIFF_FIGURES; figure++) {
		struct diff_value value = {
			.figure = figure, .process = (char *)process, .name = (char *)name};

		if (diff_kinds[figure].subject == subject)
			offer(search, &value);
	}
}

static void offer_vocabulary(struct search *search, const char *process)
{
	size_t rule_count;
	const struct finding_rule *rules = findings__rules(&rule_count);

	offer_all(search, DIFF_OF_TIME, process, NULL);
	offer_all(search, DIFF_OF_COST, process, NULL);
	offer_all(search, DIFF_OF_FINDING, process, NULL);
	for (int class = 0; class < CLASSES; class ++)
		offer_all(search, DIFF_OF_CLASS, process, wait_class__name(class));
	for (size_t i = 0; i < rule_count; i++)
		offer_all(search, DIFF_OF_FINDING, process, rules[i].id);
	for (uint16_t i = 0; i < SYSCALL_TABLE; i++)
		if (strncmp(syscalls__name(i), "syscall_", strlen("syscall_")) != 0)
			offer_all(search, DIFF_OF_SYSCALL, process, syscalls__name(i));
}

/* The process of the path, if one of the runs has one of that name; its copy. NULL: none. */
static char *process_of(const char *path, const struct diff *diff)
{
	for (int side = 0; side < 2; side++) {
		for (size_t i = 0; i < diff->sides[side].count; i++) {
			const struct diff_run *run = &diff->sides[side].runs[i];

			for (size_t j = 0; j < run->process_count; j++) {
				size_t length = strlen(run->processes[j].name);

				if (!strncmp(path, run->processes[j].name, length) &&
				    path[length] == ':')
					return strdup(run->processes[j].name);
			}
		}
	}
	return NULL;
}

/* Is it the name of a figure that the runs just do not have? Else `nearest` is the best guess. */
static bool could_be(const char *path, const struct diff *diff, char **nearest)
{
	struct search search = {.nearest = {.wanted = path}, .path = path};
	char *process = process_of(path, diff);

	for (size_t i = 0; i < diff->change_count; i++)
		offer(&search, diff->changes[i].of);
	offer_vocabulary(&search, process);
	free(process);
	*nearest = search.best;
	return search.found;
}

static const struct diff_change *find(const char *path, const struct diff *diff)
{
	for (size_t i = 0; i < diff->change_count; i++) {
		char *other = diff_value__path(diff->changes[i].of);
		bool same = other && !strcmp(path, other);

		free(other);
		if (same)
			return &diff->changes[i];
	}
	return NULL;
}

/* --- limits ------------------------------------------------------------------------------------
 */

/* In the figure's own unit; percent as a fraction. Returns 0 or -EINVAL with the reason. */
static int limit_of(const struct condition *condition, enum diff_unit unit, double *limit,
		    const char **why)
{
	uint64_t whole = 0;
	int err = 0;

	if (condition->kind == CONDITION_PERCENT)
		*limit = strtod(condition->limit, NULL) / 100;
	else if (unit == DIFF_NS)
		err = units__parse_time(condition->limit, &whole, why);
	else if (unit == DIFF_SIZE)
		err = units__parse_size(condition->limit, &whole, why);
	else
		err = units__parse_count(condition->limit, 0, UINT64_MAX, &whole, why);
	if (condition->kind != CONDITION_PERCENT)
		*limit = (double)whole;
	if (condition->negative)
		*limit = -*limit;
	return err;
}

static enum diff_unit unit_of(const char *path, const struct diff_change *change)
{
	const char *dot = strrchr(path, '.');

	if (change)
		return diff_kinds[change->of->figure].unit;
	for (enum diff_figure figure = 0; dot && figure < DIFF_FIGURES; figure++)
		if (!strcmp(dot + 1, diff_kinds[figure].name))
			return diff_kinds[figure].unit;
	return strstr(path, "waits.") ? DIFF_COUNT : DIFF_NS;
}

/* Is it a total, so that a run without it has 0 of it? */
static bool is_total(const char *path, const struct diff *diff)
{
	const char *dot = strrchr(path, '.');
	const char *last = dot ? dot + 1 : path;

	if (!diff->full && strstr(path, "syscall."))
		return false;
	for (enum diff_figure figure = 0; figure < DIFF_FIGURES; figure++)
		if (!strcmp(last, diff_kinds[figure].name) &&
		    diff_kinds[figure].merge == DIFF_EITHER)
			return false;
	return true;
}

static bool passes(const struct condition *condition, const struct diff_change *change,
		   double limit)
{
	double value;

	switch (condition->kind) {
	case CONDITION_PERCENT:
		value = change ? diff_change__relative(change) : 0;
		break;
	case CONDITION_CHANGE:
		value = change ? diff_change__difference(change) : 0;
		break;
	default:
		value = change ? change->b.median : 0;
	}
	return condition->above ? value > limit : value < limit;
}

static void refuse(struct condition_outcome *outcome, enum condition_result result,
		   const char *reason, const char *name)
{
	char *clean = name ? units__escape(name) : NULL;

	outcome->result = result;
	snprintf(outcome->reason, sizeof(outcome->reason), "%s%.150s%s", reason, clean ? clean : "",
		 name ? "'" : "");
	free(clean);
}

void condition__decide(const struct condition *condition, const struct diff *diff,
		       struct condition_outcome *outcome)
{
	const char *why = NULL;
	char *nearest = NULL;
	double limit = 0;

	*outcome = (struct condition_outcome){.change = find(condition->path, diff)};
	if (!outcome->change && !could_be(condition->path, diff, &nearest)) {
		refuse(outcome, CONDITION_UNKNOWN_FIGURE, "is no figure of these; the nearest is '",
		       nearest ? nearest : "");
	} else if (limit_of(condition, unit_of(condition->path, outcome->change), &limit, &why)) {
		refuse(outcome, CONDITION_WRONG_LIMIT, why, NULL);
	} else if (outcome->change ? outcome->change->few : !is_total(condition->path, diff)) {
		refuse(outcome, CONDITION_UNDECIDED,
		       outcome->change ? "rests on too few values to be compared"
				       : "is not known of both sides",
		       NULL);
	} else if (passes(condition, outcome->change, limit)) {
		outcome->noise = condition->kind != CONDITION_VALUE && outcome->change &&
				 outcome->change->noise == DIFF_NOISE_WITHIN &&
				 diff_change__difference(outcome->change) != 0;
		outcome->result = outcome->noise ? CONDITION_UNMET : CONDITION_MET;
	}
	free(nearest);
}
