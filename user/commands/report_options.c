// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the command line of waitscope report asks for. */
#include <argp.h>
#include <string.h>

#include "commands/commands.h"
#include "commands/options.h"
#include "commands/report_filter.h"
#include "commands/report_options.h"

static const char documentation[] =
	"What 'waitscope profile' would have said of a recorded run, from its events and by the same "
	"state machine."
	"\v"
	"Examples:\n"
	"  waitscope report dd.rec\n"
	"  waitscope report --from 2s --to 3s --json nginx.rec\n"
	"  waitscope report -n nginx --class disk,lock nginx.rec\n"
	"  waitscope report --hist syscall:read --by process nginx.rec\n"
	"  waitscope report --sqlite nginx.db nginx.rec\n"
	"  waitscope report --check dd.rec\n"
	"  waitscope report --perfetto dd.pftrace dd.rec\n"
	"  waitscope report --html dd.html dd.rec\n"
	"  waitscope report --critical-path make.rec\n"
	"  waitscope report --flame blocked.svg -n nginx nginx.rec\n"
	"\n"
	"--from and --to count from the begin of the window. Of a part of it, event loops, refused "
	"calls, requests and stacks are left out: they are kept for the whole only. Exit status: 0 done, 1 failed "
	"(--check: or something differs), 2 wrong usage.";

enum {
	OPTION_FROM = 512,
	OPTION_TO,
	OPTION_CHECK,
	OPTION_PERFETTO,
	OPTION_CHROME,
	OPTION_HTML,
	OPTION_CRITICAL_PATH,
	OPTION_BUCKETS,
	OPTION_HIST,
	OPTION_BY,
	OPTION_SQLITE
};

static const struct argp_option table[] = {
	{"from", OPTION_FROM, "TIME", 0, "Only what came later than TIME after the begin", 1},
	{"to", OPTION_TO, "TIME", 0, "Only what came earlier than TIME after the begin", 1},
	{"check", OPTION_CHECK, NULL, 0,
	 "Compare what the events add up to with what was counted while they were recorded", 1},
	{"perfetto", OPTION_PERFETTO, "OUT", 0,
	 "Instead of the report, write the timeline to OUT, for https://ui.perfetto.dev", 3},
	{"chrome", OPTION_CHROME, "OUT", 0, "The timeline as Chrome's trace events, in JSON", 3},
	{"html", OPTION_HTML, "OUT", 0,
	 "Instead of the report, write it to OUT as a page for a browser, with the timeline", 3},
	{"critical-path", OPTION_CRITICAL_PATH, NULL, 0,
	 "What the command's end waited for, back to its exec, by thread and cause", 1},
	{"hist", OPTION_HIST, "WHAT", 0,
	 "Distributions of WHAT, as 'waitscope hist WHAT' would have shown them", 1},
	{"by", OPTION_BY, "WHAT", 0, "... one for each process, thread, syscall, class ...", 1},
	{NULL, 0, NULL, 0, "Output:", 3},
	{"sqlite", OPTION_SQLITE, "OUT.db", 0,
	 "Everything as tables of SQLite: threads, waits, calls, wakings ...", 3},
	{"buckets", OPTION_BUCKETS, NULL, 0, "JSON with the buckets of every distribution", 3},
	{0},
};

bool report_options__exports(const struct report_options *options)
{
	return options->exports[EXPORT_PERFETTO] || options->exports[EXPORT_CHROME];
}

static bool is_filtered(const struct report_options *options)
{
	return row_filter__selects(&options->filter) || options->filter.classes;
}

static void finish_hist(struct report_options *options, const struct argp_state *state)
{
	char reason[HIST_REASON];

	if (!options->hist && (options->by || options->format.given))
		option__refuse(state, "--by and what distributions look like go with --hist");
	if (!options->hist)
		return;
	if (options->check || options->output.buckets)
		option__refuse(state, "--hist and --check or --buckets cannot be combined");
	if (options->filter.classes)
		option__refuse(state, "--hist: not every value is of a wait; --by class has them");
	if (hist_kinds__find(options->hist, &options->measuring, reason) ||
	    (options->by && hist_kinds__by(options->by, &options->measuring, reason)))
		option__refuse(state, "%s", reason);
	if (options->output.json && options->format.format != FORMAT_TEXT)
		option__refuse(state, "--json and %s cannot be combined", options->format.option);
	options->format.hist.low = options->output.min;
	if (options->format.hist.low >= options->format.hist.high)
		option__refuse(state, "--min must be below --max");
	options->replaying.measuring = &options->measuring;
}

static void finish_sqlite(const struct report_options *options, const struct argp_state *state)
{
	if (!options->sqlite)
		return;
	if (options->hist || options->check || options->output.json || options->output.path ||
	    options->html || options->critical_path || report_options__exports(options))
		option__refuse(state, "--sqlite makes a file of its own, and nothing else");
	if (options->filter.classes)
		option__refuse(state,
			       "--sqlite: the tables have all classes, and a column for them");
}

/* What the recording has to have for it. */
static void finish_stacks(struct report_options *options, const struct argp_state *state)
{
	const struct stack_options *stacks = &options->stacks;
	uint32_t needed = stacks->mode || stacks->folded || stacks->flame ? REPLAY_STACKS : 0;

	if (!needed)
		return;
	if (options->hist || options->check || options->sqlite || options->critical_path ||
	    report_options__exports(options))
		option__refuse(state, "--stacks, --flame and --folded go with a report or a page");
	if (options->html && (stacks->folded || stacks->flame))
		option__refuse(state, "--html has the flame graphs in it: --flame and --folded go "
				      "with a report");
	if (options->replaying.from || options->replaying.to)
		option__refuse(state,
			       "stacks are of all of the window only, without --from and --to");
	if (stacks->mode == STACK_OF_KERNEL)
		needed |= REPLAY_KERNEL;
	if (stacks->mode == STACK_OF_USER)
		needed |= REPLAY_USER;
	if (stacks->view == STACK_VIEW_WAKER)
		needed |= REPLAY_WAKERS;
	if (stacks->view == STACK_VIEW_CPU)
		needed |= REPLAY_SAMPLES;
	options->replaying.stacks = needed;
}

static void check_words(const struct report_options *options, struct argp_state *state)
{
	const char *perfetto = options->exports[EXPORT_PERFETTO];
	const char *chrome = options->exports[EXPORT_CHROME];

	if (!options->replaying.path)
		option__refuse(state, "name a recording (waitscope record makes one)");
	if (options->replaying.to && options->replaying.to <= options->replaying.from)
		option__refuse(state, "--to has to be later than --from");
	if (report_options__exports(options) &&
	    (options->check || options->output.json || options->output.path))
		option__refuse(state, "--perfetto and --chrome write the timeline, and no report "
				      "beside it");
	if (perfetto && chrome && !strcmp(perfetto, chrome))
		option__refuse(state, "--perfetto and --chrome take a file each");
	if (options->check && (options->replaying.from || options->replaying.to))
		option__refuse(state, "--check is of the whole window");
	if (options->check && is_filtered(options))
		option__refuse(state, "--check is of all threads and waits");
	if ((is_filtered(options) || options->hist) &&
	    (report_options__exports(options) || options->html || options->critical_path))
		option__refuse(state, "a timeline, a page and a path are of all threads, without "
				      "--hist");
}

/* It is written beside or after others, which are not to be the same file. */
static void check_page(const struct report_options *options, struct argp_state *state)
{
	if (!options->html)
		return;
	if (options->check || options->output.json || options->output.path)
		option__refuse(state, "--html writes a page, and no report beside it");
	for (int i = 0; i < EXPORT_FORMATS; i++)
		if (options->exports[i] && !strcmp(options->exports[i], options->html))
			option__refuse(state, "--html takes a file of its own");
}

static void check_path(const struct report_options *options, struct argp_state *state)
{
	if (options->critical_path &&
	    (options->replaying.from || options->replaying.to || options->check || options->html ||
	     report_options__exports(options)))
		option__refuse(state, "--critical-path is of the whole window, and alone");
}

static error_t parse_window(int key, char *text, struct argp_state *state)
{
	struct report_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		options->replaying.filter = &options->filter;
		state->child_inputs[0] = &options->filter;
		state->child_inputs[1] = &options->format;
		state->child_inputs[2] = &options->output;
		state->child_inputs[3] = state->child_inputs[4] = &options->stacks;
		return 0;
	case OPTION_FROM:
		options->replaying.from = option__time("--from", text, state);
		return 0;
	case OPTION_TO:
		options->replaying.to = option__time("--to", text, state);
		if (!options->replaying.to)
			option__refuse(state, "--to %s: nothing is before the begin", text);
		return 0;
	case OPTION_CHECK:
		options->check = true;
		return 0;
	case OPTION_CRITICAL_PATH:
		options->critical_path = true;
		return 0;
	case ARGP_KEY_ARG:
		if (options->replaying.path)
			option__refuse(state, "one recording at a time: %s and %s",
				       options->replaying.path, text);
		options->replaying.path = text;
		return 0;
	case OPTION_HIST:
		options->hist = text;
		return 0;
	case OPTION_SQLITE:
		options->sqlite = text;
		return 0;
	case OPTION_BY:
		options->by = text;
		return 0;
	case ARGP_KEY_SUCCESS: /* options of children are read by now */
		finish_stacks(options, state);
		finish_sqlite(options, state);
		finish_hist(options, state);
		return 0;
	case ARGP_KEY_END:
		check_words(options, state);
		check_page(options, state);
		check_path(options, state);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct report_options *options = state->input;

	switch (key) {
	case OPTION_PERFETTO:
		options->exports[EXPORT_PERFETTO] = text;
		return 0;
	case OPTION_CHROME:
		options->exports[EXPORT_CHROME] = text;
		return 0;
	case OPTION_HTML:
		options->html = text;
		return 0;
	case OPTION_BUCKETS:
		options->output.json = options->output.buckets = true;
		return 0;
	}
	return parse_window(key, text, state);
}

void report_options__parse(struct report_options *options, int argc, char **argv)
{
	const struct argp_child children[] = {
		{&report_filter_argp, 0, NULL, 0}, {&hist_format_argp, 0, NULL, 0},
		{&output_rows_argp, 0, NULL, 0},   {&stacks_argp, 0, NULL, 0},
		{&stack_files_argp, 0, NULL, 0},   {0}};
	const struct argp verb = {.options = table,
				  .parser = parse,
				  .args_doc = "FILE",
				  .doc = documentation,
				  .children = children};

	*options = (struct report_options){.format = HIST_FORMAT_DEFAULT};
	options__parse(&verb, argc, argv, options);
}

void report_options__clear(struct report_options *options)
{
	row_filter__clear(&options->filter);
}
