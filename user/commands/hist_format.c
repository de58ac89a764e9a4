// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <stdlib.h>
#include <string.h>

#include "commands/hist_format.h"
#include "commands/options.h"

enum {
	OPTION_UNIT = 1024,
	OPTION_LINEAR,
	OPTION_LOG,
	OPTION_LOG2,
	OPTION_PERCENTILES,
	OPTION_MAX,
	OPTION_CSV,
	OPTION_OPENMETRICS,
	OPTION_HDR,
};

static const struct argp_option table[] = {
	{NULL, 0, NULL, 0, "How a distribution is shown:", 5},
	{"percentiles", OPTION_PERCENTILES, "LIST", 0, "Which (default 50,90,99,99.9)", 5},
	{"linear", OPTION_LINEAR, NULL, 0, "Rows of the same width", 5},
	{"log", OPTION_LOG, NULL, 0, "Rows of the same factor", 5},
	{"log2", OPTION_LOG2, NULL, 0, "A row for each power of two", 5},
	{"max", OPTION_MAX, "TIME", 0, "Zoom: values above are counted, not drawn; so --min below",
	 5},
	{"unit", OPTION_UNIT, "ns|us|ms|s", 0, "All times in this unit", 5},
	{"csv", OPTION_CSV, NULL, 0, "Buckets as CSV", 5},
	{"openmetrics", OPTION_OPENMETRICS, NULL, 0, "OpenMetrics text", 5},
	{"hdr", OPTION_HDR, NULL, 0, "HdrHistogram's log", 5},
	{0},
};

void hist_format__set(struct hist_format *format, enum format kind, const char *option,
		      struct argp_state *state)
{
	if (format->format != FORMAT_TEXT && format->format != kind)
		option__refuse(state, "%s and %s cannot be combined", format->option, option);
	format->format = kind;
	format->option = option;
}

static void set_axis(struct hist_format *format, enum axis_kind axis, struct argp_state *state)
{
	if (format->hist.axis != AXIS_FIT && format->hist.axis != axis)
		option__refuse(state, "only one of --linear, --log and --log2 can be had");
	format->hist.axis = axis;
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

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct hist_format *format = state->input;

	switch (key) {
	case OPTION_UNIT:
		format->hist.unit = unit_of(text, state);
		break;
	case OPTION_LINEAR:
		set_axis(format, AXIS_LINEAR, state);
		break;
	case OPTION_LOG:
		set_axis(format, AXIS_LOG, state);
		break;
	case OPTION_LOG2:
		set_axis(format, AXIS_LOG2, state);
		break;
	case OPTION_PERCENTILES:
		parse_percentiles(&format->hist, text, state);
		break;
	case OPTION_MAX:
		format->hist.high = option__time("--max", text, state);
		break;
	case OPTION_CSV:
		hist_format__set(format, FORMAT_CSV, "--csv", state);
		break;
	case OPTION_OPENMETRICS:
		hist_format__set(format, FORMAT_OPENMETRICS, "--openmetrics", state);
		break;
	case OPTION_HDR:
		hist_format__set(format, FORMAT_HDR, "--hdr", state);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	format->given = true;
	return 0;
}

const struct argp hist_format_argp = {.options = table, .parser = parse};

int hist_format__render(const struct hist_format *format, bool json, const char *path, FILE *stream,
			const struct distributions *distributions)
{
	size_t length = path ? strlen(path) : 0;
	bool svg = length > 4 && !strcmp(path + length - 4, ".svg");

	if (json)
		return render__hist_json(stream, distributions, &format->hist);
	switch (format->format) {
	case FORMAT_HEATMAP:
		if (svg)
			return render__heatmap_svg(stream, distributions, &format->hist);
		return render__heatmap_text(stream, distributions, &format->hist);
	case FORMAT_CSV:
		return render__hist_csv(stream, distributions, &format->hist);
	case FORMAT_OPENMETRICS:
		return render__hist_openmetrics(stream, distributions, &format->hist);
	case FORMAT_HDR:
		return render__hist_hdr(stream, distributions, &format->hist);
	default:
		return render__hist_text(stream, distributions, &format->hist);
	}
}
