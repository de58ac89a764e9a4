// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "judge/compare_match.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The process of that name in the first run that has one; NULL if no run of the side has. */
static const struct diff_process *find(const struct diff_side *side, const char *name)
{
	for (size_t i = 0; i < side->count; i++) {
		const struct diff_run *run = &side->runs[i];
		size_t low = 0, high = run->process_count;

		while (low < high) {
			size_t middle = (low + high) / 2;
			int order = strcmp(run->processes[middle].name, name);

			if (!order)
				return &run->processes[middle];
			if (order < 0)
				low = middle + 1;
			else
				high = middle;
		}
	}
	return NULL;
}

static const char *file_of(const struct diff_process *process)
{
	const char *slash = process->exe ? strrchr(process->exe, '/') : NULL;

	return slash ? slash + 1 : process->exe;
}

/* Do two processes of different names do the same? */
static bool are_alike(const struct diff_process *a, const struct diff_process *b)
{
	const char *file_a = file_of(a), *file_b = file_of(b);

	return (a->command && b->command) || (file_a && file_b && !strcmp(file_a, file_b));
}

static int replace(char **text, const char *from, const char *to)
{
	char *copy;

	if (!*text || strcmp(*text, from) != 0)
		return 0;
	copy = strdup(to);
	if (!copy)
		return -ENOMEM;
	free(*text);
	*text = copy;
	return 0;
}

static int rename_in(struct diff_side *side, const char *from, const char *to)
{
	for (size_t i = 0; i < side->count; i++) {
		struct diff_run *run = &side->runs[i];

		for (size_t j = 0; j < run->value_count; j++)
			if (replace(&run->values[j].process, from, to))
				return -ENOMEM;
		for (size_t j = 0; j < run->process_count; j++)
			if (replace(&run->processes[j].name, from, to))
				return -ENOMEM;
		diff_run__settle(run);
	}
	return 0;
}

static int note_renamed(struct diff *diff, const char *a, const char *b)
{
	struct diff_renamed *renamed =
		reallocarray(diff->renamed, diff->renamed_count + 1, sizeof(*diff->renamed));

	if (!renamed)
		return -ENOMEM;
	diff->renamed = renamed;
	renamed = &diff->renamed[diff->renamed_count];
	renamed->a = strdup(a);
	renamed->b = strdup(b);
	diff->renamed_count++;
	return renamed->a && renamed->b ? 0 : -ENOMEM;
}

/* The only process of `side` that is like `process` and has no namesake on the `other` side. */
static const struct diff_process *only_alike(const struct diff_side *side,
					     const struct diff_side *other,
					     const struct diff_process *process)
{
	const struct diff_process *found = NULL;

	for (size_t i = 0; i < side->count; i++) {
		for (size_t j = 0; j < side->runs[i].process_count; j++) {
			const struct diff_process *one = &side->runs[i].processes[j];

			if (!are_alike(process, one) || find(other, one->name))
				continue;
			if (found && strcmp(found->name, one->name) != 0)
				return NULL;
			found = one;
		}
	}
	return found;
}

/* Renaming is for a few: where this many have no namesake, the sides are no runs of one program. */
#define RENAMED_MOST 16

int match__processes(struct diff *diff, struct diff_side sides[2])
{
	struct diff_side *a = &sides[0], *b = &sides[1];
	size_t lonely = 0;

	for (size_t i = 0; i < a->count; i++) {
		for (size_t j = 0; j < a->runs[i].process_count; j++) {
			const struct diff_process *process = &a->runs[i].processes[j], *other;

			if (find(b, process->name))
				continue;
			if (lonely++ >= RENAMED_MOST)
				return 0;
			other = only_alike(b, a, process);
			if (!other || only_alike(a, b, other) == NULL)
				continue;
			if (note_renamed(diff, process->name, other->name) ||
			    rename_in(b, diff->renamed[diff->renamed_count - 1].b, process->name))
				return -ENOMEM;
		}
	}
	return 0;
}

/* --- verdicts ----------------------------------------------------------------------------------
 */

static int note_verdict(struct diff *diff, const struct diff_process *a,
			const struct diff_process *b)
{
	struct diff_verdict *verdicts;

	if ((diff->verdict_count & (diff->verdict_count - 1)) == 0) {
		verdicts = reallocarray(diff->verdicts,
					diff->verdict_count ? diff->verdict_count * 2 : 1,
					sizeof(*verdicts));
		if (!verdicts)
			return -ENOMEM;
		diff->verdicts = verdicts;
	}
	diff->verdicts[diff->verdict_count++] = (struct diff_verdict){
		.process = a ? a->name : b->name,
		.io_model = {a ? a->io_model : NULL, b ? b->io_model : NULL},
		.structure = {a ? a->structure : NULL, b ? b->structure : NULL},
	};
	return 0;
}

static bool differ(const char *a, const char *b)
{
	return !a || !b || strcmp(a, b) != 0;
}

/* Is the verdict the same in all runs of the side? One that wavers is no change. */
static bool is_steady(const struct diff_side *side, const struct diff_process *process)
{
	for (size_t i = 0; i < side->count; i++) {
		struct diff_side one = {&side->runs[i], 1};
		const struct diff_process *other = find(&one, process->name);

		if (!other || differ(other->io_model, process->io_model) ||
		    differ(other->structure, process->structure))
			return false;
	}
	return true;
}

static bool is_other(const struct diff *diff, const struct diff_process *a,
		     const struct diff_process *b)
{
	return (differ(a->io_model, b->io_model) || differ(a->structure, b->structure)) &&
	       is_steady(&diff->sides[0], a) && is_steady(&diff->sides[1], b);
}

int match__verdicts(struct diff *diff)
{
	for (int side = 0; side < 2; side++) {
		const struct diff_side *here = &diff->sides[side], *there = &diff->sides[!side];

		for (size_t i = 0; i < here->count; i++) {
			struct diff_side before = {here->runs, i};

			for (size_t j = 0; j < here->runs[i].process_count; j++) {
				const struct diff_process *one = &here->runs[i].processes[j];
				const struct diff_process *other = find(there, one->name);

				if (find(&before, one->name) || (side && other) ||
				    (other && !is_other(diff, one, other)))
					continue;
				if (note_verdict(diff, side ? NULL : one, side ? one : other))
					return -ENOMEM;
			}
		}
	}
	return 0;
}
