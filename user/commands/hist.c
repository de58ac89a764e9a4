// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* waitscope hist: distributions of any latency. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "commands/commands.h"
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

#define EXIT_NO_VALUES 3

enum long_option {
	OPTION_BY = 512,
	OPTION_COUNT,
	OPTION_UNIT,
	OPTION_LINEAR,
	OPTION_LOG,
	OPTION_LOG2,
	OPTION_PERCENTILES,
	OPTION_MAX,
	OPTION_HEATMAP,
	OPTION_CSV,
	OPTION_OPENMETRICS,
	OPTION_HDR,
};

enum format { FORMAT_TEXT, FORMAT_HEATMAP, FORMAT_CSV, FORMAT_OPENMETRICS, FORMAT_HDR };

static const struct argp_option table[] = {
	{NULL, 0, NULL, 0, "What to show of it:", 4},
	{"by", OPTION_BY, "WHAT", 0,
	 "One for each process, thread, syscall, class, object, waker, opcode, device, cpu, cgroup",
	 4},
	{"interval", 'i', "TIME", 0, "A histogram each TIME", 4},
	{"count", OPTION_COUNT, "N", 0, "Stop after N intervals", 4},
	{"percentiles", OPTION_PERCENTILES, "LIST", 0, "Which (default 50,90,99,99.9)", 4},
	{"linear", OPTION_LINEAR, NULL, 0, "Rows of the same width", 4},
	{"log", OPTION_LOG, NULL, 0, "Rows of the same factor", 4},
	{"log2", OPTION_LOG2, NULL, 0, "A row for each power of two", 4},
	{"max", OPTION_MAX, "TIME", 0, "Zoom: values above are counted, not drawn; so --min below",
	 4},
	{"unit", OPTION_UNIT, "ns|us|ms|s", 0, "All times in this unit", 4},
	{"heatmap", OPTION_HEATMAP, NULL, 0,
	 "Latency against time; -o FILE.svg makes a picture of it", 4},
	{"csv", OPTION_CSV, NULL, 0, "Buckets as CSV", 4},
	{"openmetrics", OPTION_OPENMETRICS, NULL, 0, "OpenMetrics text", 4},
	{"hdr", OPTION_HDR, NULL, 0, "HdrHistogram's log", 4},
	{0},
};

struct options {
	struct trace_options trace;
	struct hist_options hist;
	struct measuring measuring;
	enum format format;
	const char *format_option; /* the option that set it */
	const char *by;
	uint64_t count; /* of intervals; 0: no end */
};

static void set_format(struct options *options, enum format format, const char *option,
		       struct argp_state *state)
{
	if (options->format != FORMAT_TEXT && options->format != format)
		option__refuse(state, "%s and %s cannot be combined", options->format_option,
			       option);
	options->format = format;
	options->format_option = option;
}

static void set_axis(struct options *options, enum axis_kind axis, struct argp_state *state)
{
	if (options->hist.axis != AXIS_FIT && options->hist.axis != axis)
		option__refuse(state, "only one of --linear, --log and --log2 can be had");
	options->hist.axis = axis;
}

static uint64_t unit_of(const char *text, struct argp_state *state)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {{"ns", 1}, {"us", 1000}, {"ms", 1000000}, {"s", 1000000000}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(units[i].name, text))
			return units[i].ns;
	option__refuse(state, "--unit %s: is ns, us, ms or s", text);
}

/* "50,99,99.9": ascending, each above 0 and below 100. */
static void parse_percentiles(struct hist_options *options, const char *list,
			      struct argp_state *state)
{
	const char *at = list;
	double before = 0;

	options->percentile_count = 0;
	while (*at) {
		char *end;
		double value = strtod(at, &end);

		if (end == at || (*end && *end != ',') || (*end == ',' && !end[1]) ||
		    !(value > before) || !(value < 100))
			option__refuse(state,
				       "--percentiles %s: must be numbers between 0 and "
				       "100, ascending, with commas between",
				       list);
		if (options->percentile_count == HIST_PERCENTILES)
			option__refuse(state, "--percentiles %s: at most %d", list,
				       HIST_PERCENTILES);
		options->percentiles[options->percentile_count++] = before = value;
		at = *end ? end + 1 : end;
	}
	if (!options->percentile_count)
		option__refuse(state, "--percentiles: needs at least one");
}

static void finish(struct options *options, struct argp_state *state)
{
	char reason[HIST_REASON];

	if (options->by && hist_kinds__by(options->by, &options->measuring, reason))
		option__refuse(state, "%s", reason);
	if (options->count && !options->measuring.interval)
		option__refuse(state, "--count needs --interval");
	if (options->trace.json && options->format != FORMAT_TEXT)
		option__refuse(state, "--json and %s cannot be combined", options->format_option);
	if (options->count && options->trace.duration)
		option__refuse(state, "--count and --duration cannot be combined: it is so many "
				      "intervals");
	if (options->hist.low >= options->hist.high)
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
	case OPTION_UNIT:
		options->hist.unit = unit_of(text, state);
		return 0;
	case OPTION_LINEAR:
		set_axis(options, AXIS_LINEAR, state);
		return 0;
	case OPTION_LOG:
		set_axis(options, AXIS_LOG, state);
		return 0;
	case OPTION_LOG2:
		set_axis(options, AXIS_LOG2, state);
		return 0;
	case OPTION_PERCENTILES:
		parse_percentiles(&options->hist, text, state);
		return 0;
	case OPTION_MAX:
		options->hist.high = option__time("--max", text, state);
		return 0;
	case OPTION_HEATMAP:
		set_format(options, FORMAT_HEATMAP, "--heatmap", state);
		return 0;
	case OPTION_CSV:
		set_format(options, FORMAT_CSV, "--csv", state);
		return 0;
	case OPTION_OPENMETRICS:
		set_format(options, FORMAT_OPENMETRICS, "--openmetrics", state);
		return 0;
	case OPTION_HDR:
		set_format(options, FORMAT_HDR, "--hdr", state);
		return 0;
	case ARGP_KEY_SUCCESS:
		options->hist.low = options->trace.min;
		finish(options, state);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/* -------------------------------------------------------------------------------- output */

static bool wants_svg(const struct options *options)
{
	const char *path = options->trace.output;
	size_t length = path ? strlen(path) : 0;

	return length > 4 && !strcmp(path + length - 4, ".svg");
}

static int render(const struct options *options, FILE *stream,
		  const struct distributions *distributions)
{
	if (options->trace.json)
		return render__hist_json(stream, distributions, &options->hist);
	switch (options->format) {
	case FORMAT_HEATMAP:
		if (wants_svg(options))
			return render__heatmap_svg(stream, distributions, &options->hist);
		return render__heatmap_text(stream, distributions, &options->hist);
	case FORMAT_CSV:
		return render__hist_csv(stream, distributions, &options->hist);
	case FORMAT_OPENMETRICS:
		return render__hist_openmetrics(stream, distributions, &options->hist);
	case FORMAT_HDR:
		return render__hist_hdr(stream, distributions, &options->hist);
	default:
		return render__hist_text(stream, distributions, &options->hist);
	}
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
	return options->measuring.interval && options->format == FORMAT_TEXT &&
	       !options->trace.json;
}

/* How many looks a heat map takes: about the columns of a terminal, or 100 ms each. */
#define HEATMAP_COLUMNS	 64
#define HEATMAP_INTERVAL 100000000ULL

static void choose_intervals(struct options *options)
{
	struct measuring *measuring = &options->measuring;

	measuring->keep_slices = !is_live(options);
	if (options->format != FORMAT_HEATMAP || measuring->interval)
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

	status = output__begin(showing->output, options->trace.output);
	options->hist.page = output__style(showing->output, options->trace.no_colour);
	options->hist.page.top = options->trace.top;
	options->hist.page.verbose = options->trace.verbose;
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
	const struct argp_child children[] = {{&trace_argp, 0, NULL, 0}, {0}};
	const struct argp verb = {
		.options = table,
		.parser = parse,
		.args_doc = "WHAT [-- COMMAND [ARG...]]",
		.doc = documentation,
		.children = children,
	};
	struct options options = {
		.hist = {.percentiles = {50, 90, 99, 99.9},
			 .percentile_count = 4,
			 .high = UINT64_MAX},
	};
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
