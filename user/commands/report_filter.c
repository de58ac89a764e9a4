// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <string.h>

#include "collect/target.h"
#include "commands/options.h"
#include "commands/report_filter.h"
#include "commands/trace_filter.h"

enum { OPTION_CLASS = 1536 };

static const struct argp_option table[] = {
	{NULL, 0, NULL, 0, "What it is about (all of it without these):", 2},
	{"pid", 'p', "PID", 0, "These processes; repeatable, commas allowed", 2},
	{"tid", 't', "TID", 0, "These threads; likewise", 2},
	{"name", 'n', "COMM", 0, "Processes of that name; repeatable", 2},
	{"class", OPTION_CLASS, "NAMES", 0, "Waits of these classes (disk, lock ...), with commas",
	 2},
	{0},
};

static void add_ids(struct ids *ids, const char *option, const char *list,
		    const struct argp_state *state)
{
	struct target target = {.ids = ids->ids, .id_count = ids->count};
	const char *why = NULL;
	int err = target__add_ids(&target, list, &why);

	*ids = (struct ids){target.ids, target.id_count};
	if (err)
		option__refuse(state, "%s %s: %s", option, list, why ? why : strerror(-err));
}

static void add_name(struct row_filter *filter, const char *name, const struct argp_state *state)
{
	if (!*name || strlen(name) >= RECORDS_COMM)
		option__refuse(state, "--name %s: names of processes have 1 to %d characters", name,
			       RECORDS_COMM - 1);
	if (filter->name_count == ROW_FILTER_NAMES)
		option__refuse(state, "--name: at most %d", ROW_FILTER_NAMES);
	filter->names[filter->name_count++] = name;
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct row_filter *filter = state->input;
	struct trace_filter classes = {0};
	char reason[TRACE_FILTER_REASON];

	switch (key) {
	case 'p':
		add_ids(&filter->pids, "--pid", text, state);
		return 0;
	case 't':
		add_ids(&filter->tids, "--tid", text, state);
		return 0;
	case 'n':
		add_name(filter, text, state);
		return 0;
	case OPTION_CLASS:
		if (trace_filter__classes(&classes, text, reason))
			option__refuse(state, "--class %s: %s", text, reason);
		filter->classes |= classes.classes;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

const struct argp report_filter_argp = {.options = table, .parser = parse};
