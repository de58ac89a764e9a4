// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* waitscope report: what a recorded file says. */
#define _GNU_SOURCE
#include <argp.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "commands/commands.h"
#include "commands/critical_path.h"
#include "commands/exporting.h"
#include "commands/html_file.h"
#include "commands/hist_format.h"
#include "commands/hist_kinds.h"
#include "commands/options.h"
#include "commands/output.h"
#include "commands/replaying.h"
#include "commands/report_filter.h"
#include "commands/report_sqlite.h"
#include "names/units.h"
#include "render/render.h"

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
	"\n"
	"--from and --to count from the begin of the window. Of a part of it, event loops, refused "
	"calls and requests are left out: they are kept for the whole only. Exit status: 0 done, 1 failed "
	"(--check: or something differs), 2 wrong usage.";

enum {
	OPTION_FROM = 512,
	OPTION_TO,
	OPTION_CHECK,
	OPTION_PERFETTO,
	OPTION_CHROME,
	OPTION_HTML,
	OPTION_CRITICAL_PATH,
	OPTION_JSON,
	OPTION_BUCKETS,
	OPTION_TOP,
	OPTION_MIN,
	OPTION_NO_COLOR,
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
	 "Instead of the report, write the timeline to OUT, for https://ui.perfetto.dev", 2},
	{"chrome", OPTION_CHROME, "OUT", 0, "The same as Chrome's trace events, in JSON", 2},
	{"html", OPTION_HTML, "OUT", 0,
	 "Instead of the report, write it to OUT as a page for a browser, with the timeline", 2},
	{"critical-path", OPTION_CRITICAL_PATH, NULL, 0,
	 "What the command's end waited for, back to its exec, by thread and cause", 1},
	{"hist", OPTION_HIST, "WHAT", 0,
	 "Distributions of WHAT, as 'waitscope hist WHAT' would have shown them", 1},
	{"by", OPTION_BY, "WHAT", 0, "... one for each process, thread, syscall, class ...", 1},
	{"sqlite", OPTION_SQLITE, "OUT.db", 0,
	 "Everything as tables of SQLite: threads, waits, calls, wakings ...", 3},
	{"output", 'o', "FILE", 0, "Results to FILE, whole or not at all", 3},
	{"json", OPTION_JSON, NULL, 0, "JSON instead of the report", 3},
	{"buckets", OPTION_BUCKETS, NULL, 0, "JSON with the buckets of every distribution", 3},
	{"top", OPTION_TOP, "N", 0, "Rows in each table", 3},
	{"min", OPTION_MIN, "TIME", 0, "Leave out rows below TIME", 3},
	{"verbose", 'v', NULL, 0, "Everything: threads, wakers, the audit row by row", 3},
	{"no-color", OPTION_NO_COLOR, NULL, 0, "No colours", 3},
	{0},
};

struct report_options {
	struct replaying_options replaying;
	struct row_filter filter;
	struct measuring measuring;
	struct hist_format format;
	const char *hist, *by, *sqlite;
	const char *output, *html, *exports[EXPORT_FORMATS];
	bool check, critical_path, json, buckets, verbose, no_colour;
	uint64_t top, min;
};

static bool has_export(const struct report_options *options)
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
	if (options->check || options->buckets)
		option__refuse(state, "--hist and --check or --buckets cannot be combined");
	if (options->filter.classes)
		option__refuse(state, "--hist: not every value is of a wait; --by class has them");
	if (hist_kinds__find(options->hist, &options->measuring, reason) ||
	    (options->by && hist_kinds__by(options->by, &options->measuring, reason)))
		option__refuse(state, "%s", reason);
	if (options->json && options->format.format != FORMAT_TEXT)
		option__refuse(state, "--json and %s cannot be combined", options->format.option);
	options->format.hist.low = options->min;
	if (options->format.hist.low >= options->format.hist.high)
		option__refuse(state, "--min must be below --max");
	options->replaying.measuring = &options->measuring;
}

static void finish_sqlite(const struct report_options *options, const struct argp_state *state)
{
	if (!options->sqlite)
		return;
	if (options->hist || options->check || options->json || options->output || options->html ||
	    options->critical_path || has_export(options))
		option__refuse(state, "--sqlite makes a file of its own, and nothing else");
	if (options->filter.classes)
		option__refuse(state,
			       "--sqlite: the tables have all classes, and a column for them");
}

static void check_words(const struct report_options *options, struct argp_state *state)
{
	const char *perfetto = options->exports[EXPORT_PERFETTO];
	const char *chrome = options->exports[EXPORT_CHROME];

	if (!options->replaying.path)
		option__refuse(state, "name a recording (waitscope record makes one)");
	if (options->replaying.to && options->replaying.to <= options->replaying.from)
		option__refuse(state, "--to has to be later than --from");
	if (has_export(options) && (options->check || options->json || options->output))
		option__refuse(state, "--perfetto and --chrome write the timeline, and no report "
				      "beside it");
	if (perfetto && chrome && !strcmp(perfetto, chrome))
		option__refuse(state, "--perfetto and --chrome take a file each");
	if (options->check && (options->replaying.from || options->replaying.to))
		option__refuse(state, "--check is of the whole window");
	if (options->check && is_filtered(options))
		option__refuse(state, "--check is of all threads and waits");
	if ((is_filtered(options) || options->hist) &&
	    (has_export(options) || options->html || options->critical_path))
		option__refuse(state, "a timeline, a page and a path are of all threads, without "
				      "--hist");
}

/* It is written beside or after others, which are not to be the same file. */
static void check_page(const struct report_options *options, struct argp_state *state)
{
	if (!options->html)
		return;
	if (options->check || options->json || options->output)
		option__refuse(state, "--html writes a page, and no report beside it");
	for (int i = 0; i < EXPORT_FORMATS; i++)
		if (options->exports[i] && !strcmp(options->exports[i], options->html))
			option__refuse(state, "--html takes a file of its own");
}

static void check_path(const struct report_options *options, struct argp_state *state)
{
	if (options->critical_path && (options->replaying.from || options->replaying.to ||
				       options->check || options->html || has_export(options)))
		option__refuse(state, "--critical-path is of the whole window, and alone");
}

/* A result takes the place of an older file of its name: not of the one that it is made of. */
static int spare_recording(const struct report_options *options)
{
	const char *path = options->replaying.path;
	bool spared = output__spares(options->output, path) &&
		      output__spares(options->html, path) && output__spares(options->sqlite, path);

	for (int i = 0; i < EXPORT_FORMATS; i++)
		spared = spared && output__spares(options->exports[i], path);
	if (spared)
		return 0;
	complain("%s: is the recording itself: nothing is written", path);
	return EXIT_FAILED;
}

static error_t parse_window(int key, char *text, struct argp_state *state)
{
	struct report_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		options->replaying.filter = &options->filter;
		state->child_inputs[0] = &options->filter;
		state->child_inputs[1] = &options->format;
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
	case 'o':
		options->output = text;
		return 0;
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
		options->buckets = true;
		/* fall through */
	case OPTION_JSON:
		options->json = true;
		return 0;
	case OPTION_TOP:
		options->top = option__count("--top", text, 1, 1000000, state);
		return 0;
	case OPTION_MIN:
		options->min = option__time("--min", text, state);
		return 0;
	case 'v':
		options->verbose = true;
		return 0;
	case OPTION_NO_COLOR:
		options->no_colour = true;
		return 0;
	}
	return parse_window(key, text, state);
}

/* The programs count each value for which they had no bucket; a histogram that they had no room for
 * is counted once, for all its values. */
static bool is_short_of_told(const struct rebuild_check *check, const uint64_t losses[LOSSES])
{
	return check->without_bucket > losses[LOSS_CHUNKS] && !losses[LOSS_HISTOGRAMS];
}

static int show_check(FILE *stream, const struct rebuild_check *check,
		      const uint64_t losses[LOSSES])
{
	char compared[UNITS_TEXT], different[UNITS_TEXT], without[UNITS_TEXT];

	if (!check->compared) {
		complain("--check: the recording does not have what was counted");
		return EXIT_FAILED;
	}
	fprintf(stream, "%s threads, waits and syscalls compared",
		units__count(check->compared, compared));
	if (!check->different && is_short_of_told(check, losses)) {
		fprintf(stream,
			"; %s values are in no bucket, of which only %s were counted as lost\n",
			units__count(check->without_bucket, without),
			units__count(losses[LOSS_CHUNKS], different));
		return EXIT_FAILED;
	}
	if (!check->different) {
		fputs(": all are the same", stream);
		if (check->without_bucket)
			fprintf(stream, ", but for values that there had no room in buckets: %s",
				units__count(check->without_bucket, without));
		fputc('\n', stream);
		return EXIT_DONE;
	}
	fprintf(stream, "; %s differ: %s\n", units__count(check->different, different),
		check->first);
	return EXIT_FAILED;
}

static int show_hist(const struct report_options *options, const struct render_options *page,
		     const struct replaying *replaying, FILE *stream)
{
	struct hist_format format = options->format;

	format.hist.page = *page;
	format.hist.page.min = 0;
	return hist_format__render(&format, options->json, options->output, stream,
				   replaying__distributions(replaying));
}

static int show(const struct report_options *options, const struct replaying *replaying)
{
	struct output output = {0};
	struct render_options render;
	int status = output__begin(&output, options->output), verdict = EXIT_DONE, err = 0;

	if (status)
		return status;
	render = output__style(&output, options->no_colour);
	render.top = options->top;
	render.min = options->min;
	render.verbose = options->verbose;
	render.buckets = options->buckets;
	errno = 0;
	if (options->check)
		verdict = show_check(output.stream, replaying__check(replaying),
				     replaying__story(replaying)->facts.losses);
	else if (options->hist)
		err = show_hist(options, &render, replaying, output.stream);
	else if (options->json)
		err = render__json(output.stream, replaying__profile(replaying), &render);
	else
		err = render__text(output.stream, replaying__profile(replaying), &render);
	status = output__conclude(&output, err);
	output__close(&output);
	if (options->hist && !verdict && replaying__distributions(replaying)->why_empty)
		verdict = EXIT_NO_VALUES;
	return status ? status : verdict;
}

static int show_critical_path(const struct report_options *options)
{
	return critical_path__show(&(struct critical_path_options){
		.path = options->replaying.path,
		.output = options->output,
		.json = options->json,
		.verbose = options->verbose,
		.no_colour = options->no_colour,
		.top = options->top,
		.min = options->min,
	});
}

int command_report(int argc, char **argv)
{
	const struct argp_child children[] = {
		{&report_filter_argp, 0, NULL, 0}, {&hist_format_argp, 0, NULL, 0}, {0}};
	const struct argp verb = {.options = table,
				  .parser = parse,
				  .args_doc = "FILE",
				  .doc = documentation,
				  .children = children};
	struct report_options options = {.format = HIST_FORMAT_DEFAULT};
	struct replaying *replaying;
	int status;

	options__parse(&verb, argc, argv, &options);
	status = spare_recording(&options);
	if (status)
		return status;
	if (has_export(&options))
		status = exporting__run(&options.replaying, options.exports);
	if (!status && options.html)
		status = html_file__of_recording(&options.replaying, options.html);
	if (has_export(&options) || options.html)
		return status;
	if (options.critical_path)
		return show_critical_path(&options);
	if (options.sqlite) {
		status = report__sqlite(&options.replaying, options.sqlite);
		row_filter__clear(&options.filter);
		return status;
	}
	status = replaying__new(&replaying, &options.replaying);
	if (!status)
		status = show(&options, replaying);
	replaying__free(replaying);
	row_filter__clear(&options.filter);
	return status;
}
