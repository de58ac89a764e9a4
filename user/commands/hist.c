// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* waitscope hist: distributions of any latency. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "commands/commands.h"
#include "commands/hist_format.h"
#include "commands/hist_kinds.h"
#include "commands/options.h"
#include "commands/output.h"
#include "commands/tracing.h"
#include "names/units.h"
#include "render/hist.h"

static const char documentation[] =
	"Distributions of a latency: what one value is, how they are spread, where they gather."
	"\v"
	"Examples:\n"
	"  waitscope hist blocked --by class -- make\n"
	"  waitscope hist syscall:read -p 4711 -d 10s --percentiles 50,99,99.99\n"
	"  waitscope hist runqueue -a -i 1s -d 10s\n"
	"  waitscope hist block --by device -a -d 30s --heatmap -o disks.svg\n"
	"\n"
	"'waitscope hist list' has all that can be measured. Times take units (250us, 1.5ms, 2s). "
	"With a command, its exit status is passed on if it is not 0; else 0 done, 1 failed, 2 wrong "
	"usage, 3 there are no values (why is said).";

enum long_option {
	OPTION_BY = 512,
	OPTION_COUNT,
	OPTION_HEATMAP,
};

static const struct argp_option table[] = {
	{NULL, 0, NULL, 0, "What to show of it:", 4},
	{"by", OPTION_BY, "WHAT", 0,
	 "One for each process, thread, syscall, class, object, waker, opcode, device, cpu, cgroup",
	 4},
	{"interval", 'i', "TIME", 0, "A histogram each TIME", 4},
	{"count", OPTION_COUNT, "N", 0, "Stop after N intervals", 4},
	{"heatmap", OPTION_HEATMAP, NULL, 0,
	 "Latency against time; -o FILE.svg makes a picture of it", 4},
	{0},
};

struct options {
	struct trace_options trace;
	struct hist_format format;
	struct measuring measuring;
	const char *by;
	uint64_t count; /* of intervals; 0: no end */
};

static void finish(struct options *options, struct argp_state *state)
{
	char reason[HIST_REASON];

	if (options->by && hist_kinds__by(options->by, &options->measuring, reason))
		option__refuse(state, "%s", reason);
	if (options->count && !options->measuring.interval)
		option__refuse(state, "--count needs --interval");
	if (options->trace.output.json && options->format.format != FORMAT_TEXT)
		option__refuse(state, "--json and %s cannot be combined", options->format.option);
	if (options->count && options->trace.duration)
		option__refuse(state, "--count and --duration cannot be combined: it is so many "
				      "intervals");
	if (options->format.hist.low >= options->format.hist.high)
		option__refuse(state, "--min must be below --max");
	if (options->trace.tier == TIER_WAITS && options->measuring.tier == TIER_FULL)
		option__refuse(state, "--tier waits: '%s' takes the full tier",
			       options->measuring.what);
	options->trace.tier = options->measuring.tier;
	if (options->count)
		options->trace.duration = options->count * options->measuring.interval;
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->trace;
		state->child_inputs[1] = &options->format;
		return 0;
	case OPTION_BY:
		options->by = text;
		return 0;
	case 'i':
		options->measuring.interval = option__time("--interval", text, state);
		if (options->measuring.interval < 1000000)
			option__refuse(state, "--interval %s: must be 1ms or more", text);
		return 0;
	case OPTION_COUNT:
		options->count = option__count("--count", text, 1, 1000000, state);
		return 0;
	case OPTION_HEATMAP:
		hist_format__set(&options->format, FORMAT_HEATMAP, "--heatmap", state);
		return 0;
	case ARGP_KEY_SUCCESS:
		options->format.hist.low = options->trace.output.min;
		finish(options, state);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/* -------------------------------------------------------------------------------- output */

static int render(const struct options *options, FILE *stream,
		  const struct distributions *distributions)
{
	return hist_format__render(&options->format, options->trace.output.json,
				   options->trace.output.path, stream, distributions);
}

struct showing {
	const struct options *options;
	struct output *output;
	uint64_t shown; /* intervals */
	int err;	/* of a renderer: negative errno */
};

/* ns; between the last interval and the end: nothing happened */
#define REST 1000000

static void show_interval(void *context, const struct distributions *latest)
{
	struct showing *showing = context;
	uint64_t count = showing->options->count;

	/* the rest of the window, of nearly no length */
	if ((count && showing->shown == count) || (latest->window < REST && !latest->series_count))
		return;
	showing->shown++;
	if (!showing->err)
		showing->err = render(showing->options, showing->output->stream, latest);
	fputc('\n', showing->output->stream);
	fflush(showing->output->stream);
}

/* Histograms for people are shown as each interval ends; all else is one document. */
static bool is_live(const struct options *options)
{
	return options->measuring.interval && options->format.format == FORMAT_TEXT &&
	       !options->trace.output.json;
}

/* How many looks a heat map takes: about the columns of a terminal, or 100 ms each. */
#define HEATMAP_COLUMNS	 64
#define HEATMAP_INTERVAL 100000000ULL

static void choose_intervals(struct options *options)
{
	struct measuring *measuring = &options->measuring;

	measuring->keep_slices = !is_live(options);
	if (options->format.format != FORMAT_HEATMAP || measuring->interval)
		return;
	measuring->merge_slices = true;
	measuring->interval = HEATMAP_INTERVAL;
	if (options->trace.duration)
		measuring->interval = options->trace.duration / HEATMAP_COLUMNS;
	if (measuring->interval < 10000000)
		measuring->interval = 10000000;
}

static int trace(struct options *options, struct tracing *tracing, struct showing *showing)
{
	const struct profile *profile;
	int status;

	status = output__begin(showing->output, options->trace.output.path);
	options->format.hist.page = output_options__page(&options->trace.output, showing->output);
	options->format.hist.page.min = 0;
	if (!status)
		status = tracing__run(tracing, &profile);
	if (status)
		return status;
	errno = 0;
	if (!showing->err)
		showing->err =
			render(options, showing->output->stream, tracing__distributions(tracing));
	status = output__conclude(showing->output, showing->err);
	if (!status)
		status = tracing__conclude(tracing);
	if (!status && tracing__distributions(tracing)->why_empty)
		status = EXIT_NO_VALUES;
	return status;
}

static int run(struct options *options)
{
	struct tracing_options tracing_options = trace_options__tracing(&options->trace);
	struct output output = {0};
	struct showing showing = {.options = options, .output = &output};
	struct tracing *tracing;
	int status;

	choose_intervals(options);
	tracing_options.measuring = &options->measuring;
	tracing_options.on_interval = is_live(options) ? show_interval : NULL;
	tracing_options.context = &showing;
	status = tracing__new(&tracing, &tracing_options);
	if (!status)
		status = trace(options, tracing, &showing);
	tracing__free(tracing);
	output__close(&output);
	return status;
}

/* The first word is what to measure: it comes before the options of a command would be read. */
static int take_what(struct options *options, int argc, char **argv)
{
	char reason[HIST_REASON];

	if (argc > 1 && !strcmp(argv[1], "list")) {
		hist_kinds__list(stdout);
		exit(EXIT_DONE);
	}
	if (argc > 1 && argv[1][0] == '-')
		return argc; /* --help, or a mistake that argp explains */
	if (argc < 2) {
		complain("hist: say what to measure; 'waitscope hist list' has all there is");
		exit(EXIT_USAGE);
	}
	if (hist_kinds__find(argv[1], &options->measuring, reason)) {
		complain("%s", reason);
		exit(EXIT_USAGE);
	}
	memmove(&argv[1], &argv[2], (size_t)(argc - 1) * sizeof(*argv));
	return argc - 1;
}

int command_hist(int argc, char **argv)
{
	const struct argp_child children[] = {
		{&trace_argp, 0, NULL, 0}, {&hist_format_argp, 0, NULL, 0}, {0}};
	const struct argp verb = {
		.options = table,
		.parser = parse,
		.args_doc = "WHAT [-- COMMAND [ARG...]]",
		.doc = documentation,
		.children = children,
	};
	struct options options = {.format = HIST_FORMAT_DEFAULT};
	int status;

	argc = take_what(&options, argc, argv);
	options__parse(&verb, argc, argv, &options);
	if (!options.measuring.what) {
		complain(
			"hist: what to measure comes first; 'waitscope hist list' has all there is");
		status = EXIT_USAGE;
	} else {
		status = run(&options);
	}
	trace_options__clear(&options.trace);
	return status;
}
