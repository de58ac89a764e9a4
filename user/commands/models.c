// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* waitscope models: every way to wait, each by a bundled program under trace, side by side. */
#define _GNU_SOURCE
#include <argp.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "commands/commands.h"
#include "commands/models_limits.h"
#include "commands/models_run.h"
#include "commands/models_table.h"
#include "commands/options.h"
#include "commands/output_options.h"
#include "names/units.h"

#define OPS_DEFAULT   200
#define OPS_QUICK     40
#define DELAY_DEFAULT 1000000 /* ns */
#define SIZE_DEFAULT  64

static const char documentation[] =
	"Runs the bundled programs, each of which waits in a way of its own, under trace, and "
	"prints side by side what each way costs: the same task by every I/O model, the same "
	"service by every structure, threads that only wait, and what asynchronous and parallel "
	"each give."
	"\v"
	"Examples:\n"
	"  waitscope models --quick\n"
	"  waitscope models --only receive,file --delay 5ms\n"
	"  waitscope models --only loop,thread --json -o servers.json\n"
	"\n"
	"All of it takes a minute or two, and memory for 10,000 processes and 30,000 threads; what "
	"this machine has no room for is left out, and said. Exit status: 0 done, 1 a run failed, "
	"2 wrong usage.";

enum long_option {
	OPTION_ONLY = 256,
	OPTION_QUICK,
	OPTION_OPS,
	OPTION_DELAY,
	OPTION_SIZE,
	OPTION_LIST,
};

static const struct argp_option table[] = {
	{"only", OPTION_ONLY, "NAMES", 0, "Only these runs or groups; commas", 1},
	{"list", OPTION_LIST, NULL, 0, "Names for --only, and what each of them runs", 1},
	{"quick", OPTION_QUICK, NULL, 0, "Less of everything: some 15 seconds", 1},
	{"ops", OPTION_OPS, "N", 0, "Blocks to receive or to read (default 200; --quick 40)", 1},
	{"delay", OPTION_DELAY, "TIME", 0,
	 "From one block to the next, and until a service answers (default 1ms)", 1},
	{"size", OPTION_SIZE, "BYTES", 0,
	 "Of a block that is received, and of a request "
	 "(default 64)",
	 1},
	{"quiet", 'q', NULL, 0, "No progress line", 2},
	{0},
};

struct options {
	struct models_numbers numbers;
	bool *chosen; /* of models_runs */
	struct output_options output;
	bool quiet, list;
};

static void choose(struct options *options, const char *names, const struct argp_state *state)
{
	char message[256];

	if (!models_choose(names, options->chosen, message, sizeof(message)))
		option__refuse(state, "--only %s: %s", names, message);
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct options *options = state->input;
	struct models_numbers *numbers = &options->numbers;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->output;
		return 0;
	case OPTION_ONLY:
		choose(options, text, state);
		return 0;
	case OPTION_LIST:
		options->list = true;
		return 0;
	case OPTION_QUICK:
		numbers->quick = true;
		return 0;
	case OPTION_OPS:
		numbers->ops = option__count("--ops", text, 1, 100000, state);
		return 0;
	case OPTION_DELAY:
		numbers->delay = option__time("--delay", text, state);
		if (numbers->delay < 1000 || numbers->delay > 1000000000)
			option__refuse(state, "--delay %s: is 1us to 1s", text);
		return 0;
	case OPTION_SIZE:
		numbers->size = option__size("--size", text, 1, 65536, state);
		return 0;
	case 'q':
		options->quiet = true;
		return 0;
	case ARGP_KEY_ARG:
		option__refuse(state, "%s: there is nothing to name here but by --only", text);
	}
	return ARGP_ERR_UNKNOWN;
}

static void settle(struct options *options)
{
	struct models_numbers *numbers = &options->numbers;
	bool any = false;

	for (size_t i = 0; i < models_run_count; i++)
		any |= options->chosen[i];
	for (size_t i = 0; i < models_run_count && !any; i++)
		options->chosen[i] = true;
	if (!numbers->ops)
		numbers->ops = numbers->quick ? OPS_QUICK : OPS_DEFAULT;
	if (!numbers->delay)
		numbers->delay = DELAY_DEFAULT;
	if (!numbers->size)
		numbers->size = SIZE_DEFAULT;
}

static int list(void)
{
	for (size_t i = 0; i < models_run_count; i++) {
		const struct models_run *run = &models_runs[i];

		printf("%-8s %-18s", models_group__name(run->group), run->name);
		for (size_t j = 0; j < MODELS_WORDS && run->words[j]; j++)
			printf(" %s", run->words[j]);
		putchar('\n');
	}
	return EXIT_DONE;
}

/* --- running -----------------------------------------------------------------------------------
 */

struct progress {
	bool shown;
	size_t done, all;
};

static void show_progress(const struct progress *progress, const struct models_run *run,
			  uint64_t scale)
{
	char text[UNITS_TEXT];

	if (!progress->shown)
		return;
	fprintf(stderr, "\r%zu of %zu: %s", progress->done + 1, progress->all, run->name);
	if (scale)
		fprintf(stderr, " %s", units__count(scale, text));
	fputs(" (Ctrl-C ends it)\033[K", stderr);
	fflush(stderr);
}

static void end_progress(const struct progress *progress)
{
	if (progress->shown)
		fputs("\r\033[K", stderr);
}

static void begin_row(struct models_row *row, const struct models_run *run, uint64_t scale)
{
	models_row__begin(row, run->group, run->name, scale);
	row->expected_model = run->model;
	row->expected_structure = run->structure;
}

#define ATTEMPTS     3
#define REPEAT_BELOW 5000 /* connections or threads */

/*
 * On some machines single switches are hidden from every tracer (docs/definitions.md, "unknown"),
 * and a thread that lost one has no verdict. Another run is as good, and most have none.
 */
static bool is_hit(const struct models_row *row)
{
	return row->outcome == OUTCOME_RAN && row->lost && row->scale < REPEAT_BELOW &&
	       ((row->expected_model != MODEL_UNKNOWN && row->model == MODEL_UNKNOWN) ||
		(row->expected_structure != STRUCTURE_UNKNOWN &&
		 row->structure == STRUCTURE_UNKNOWN));
}

/* One run at one scale. */
static enum models_run_end run_one(struct models_report *report, const struct options *options,
				   const struct models_limits *limits, const struct models_run *run,
				   uint64_t scale)
{
	struct models_row *row = models_report__add(report);
	enum models_run_end end = RUN_DONE;
	char line[256];

	if (!row) {
		complain("%s", strerror(ENOMEM));
		return RUN_IMPOSSIBLE;
	}
	begin_row(row, run, scale);
	if (!models_limits__allow(limits, run, scale, line, sizeof(line))) {
		row->outcome = OUTCOME_LEFT_OUT;
		row->problem = strdup(line);
		if (models_report__note(report, line))
			complain("%s", strerror(ENOMEM));
		return RUN_DONE;
	}
	for (int attempt = 0; attempt < ATTEMPTS && end == RUN_DONE; attempt++) {
		if (attempt && !is_hit(row))
			break;
		models_row__clear(row);
		begin_row(row, run, scale);
		end = models_run__do(run, scale, &options->numbers, row);
	}
	return end;
}

static size_t count_runs(const struct options *options)
{
	size_t count = 0;

	for (size_t i = 0; i < models_run_count; i++) {
		const uint64_t *scale = models_scales(models_runs[i].group, options->numbers.quick);

		if (!options->chosen[i])
			continue;
		do
			count++;
		while (*scale && *++scale);
	}
	return count;
}

static enum models_run_end run_all(struct models_report *report, const struct options *options)
{
	struct progress progress = {.shown = !options->quiet && isatty(STDERR_FILENO),
				    .all = count_runs(options)};
	enum models_run_end end = RUN_DONE;
	struct models_limits limits;

	models_limits__look(&limits);
	for (size_t i = 0; i < models_run_count; i++) {
		const struct models_run *run = &models_runs[i];
		const uint64_t *scale = models_scales(run->group, options->numbers.quick);

		if (!options->chosen[i])
			continue;
		do {
			show_progress(&progress, run, *scale);
			end = run_one(report, options, &limits, run, *scale);
			progress.done++;
		} while (end == RUN_DONE && *scale && *++scale);
		if (end != RUN_DONE)
			break;
	}
	end_progress(&progress);
	return end;
}

static int conclude(const struct models_report *report, enum models_run_end end)
{
	int status = end == RUN_DONE ? EXIT_DONE : EXIT_FAILED;

	for (size_t i = 0; i < report->row_count; i++) {
		const struct models_row *row = &report->rows[i];
		char text[UNITS_TEXT];

		if (row->outcome != OUTCOME_FAILED)
			continue;
		status = EXIT_FAILED;
		complain("%s%s%s failed: %s", row->name, row->scale ? " " : "",
			 row->scale ? units__count(row->scale, text) : "",
			 row->problem ? row->problem : "?");
	}
	return status;
}

static int compare(const struct options *options, struct output *output)
{
	struct models_report report = {.cpus = (int)sysconf(_SC_NPROCESSORS_ONLN),
				       .quick = options->numbers.quick};
	struct render_options render = output_options__page(&options->output, output);
	enum models_run_end end;
	struct utsname name;
	int status, err;

	report.kernel = uname(&name) ? NULL : strdup(name.release);
	end = run_all(&report, options);
	status = EXIT_FAILED;
	if (end != RUN_IMPOSSIBLE) {
		errno = 0;
		err = options->output.json ? render__models_json(output->stream, &report, &render)
					   : render__models_text(output->stream, &report, &render);
		status = output__conclude(output, err);
		if (!status)
			status = conclude(&report, end);
	}
	models_report__clear(&report);
	return status;
}

int command_models(int argc, char **argv)
{
	const struct argp_child children[] = {{&output_argp, 0, NULL, 0}, {0}};
	const struct argp verb = {
		.options = table, .parser = parse, .doc = documentation, .children = children};
	struct options options = {.chosen = calloc(models_run_count, sizeof(bool))};
	struct output output = {0};
	int status = EXIT_FAILED;

	if (!options.chosen) {
		complain("%s", strerror(ENOMEM));
		return EXIT_FAILED;
	}
	options__parse(&verb, argc, argv, &options);
	settle(&options);
	if (options.list)
		status = list();
	else if (!output__begin(&output, options.output.path))
		status = compare(&options, &output);
	output__close(&output);
	free(options.chosen);
	return status;
}
