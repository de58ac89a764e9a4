// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* waitscope report: what a recorded file says. */
#include <errno.h>
#include <stdio.h>

#include "commands/commands.h"
#include "commands/critical_path.h"
#include "commands/html_file.h"
#include "commands/output.h"
#include "commands/report_options.h"
#include "commands/report_sqlite.h"
#include "names/units.h"
#include "render/render.h"

/* A result takes the place of an older file of its name: not of the one that it is made of. */
static int spare_recording(const struct report_options *options)
{
	const char *path = options->replaying.path;
	bool spared = output__spares(options->output.path, path) &&
		      output__spares(options->html, path) &&
		      output__spares(options->sqlite, path) &&
		      output__spares(options->stacks.folded, path) &&
		      output__spares(options->stacks.flame, path);

	for (int i = 0; i < EXPORT_FORMATS; i++)
		spared = spared && output__spares(options->exports[i], path);
	if (spared)
		return 0;
	complain("%s: is the recording itself: nothing is written", path);
	return EXIT_FAILED;
}

/* The programs count each value for which they had no bucket; a histogram that they had no room for
 * is counted once, for all its values. */
static bool is_short_of_told(const struct rebuild_check *check, const uint64_t losses[LOSSES])
{
	return check->without_bucket > losses[LOSS_CHUNKS] && !losses[LOSS_HISTOGRAMS];
}

static int show_check(FILE *stream, const struct replaying *replaying)
{
	const struct rebuild_check *check = replaying__check(replaying);
	const uint64_t *losses = replaying__story(replaying)->facts.losses;
	bool stacks = replaying__profile(replaying)->stacks;
	char compared[UNITS_TEXT], different[UNITS_TEXT], without[UNITS_TEXT];

	if (!check->compared) {
		complain("--check: the recording does not have what was counted");
		return EXIT_FAILED;
	}
	fprintf(stream, "%s threads, waits%s and syscalls compared",
		units__count(check->compared, compared), stacks ? ", stacks" : "");
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
	return hist_format__render(&format, options->output.json, options->output.path, stream,
				   replaying__distributions(replaying));
}

static int show(const struct report_options *options, const struct replaying *replaying)
{
	struct output output = {0};
	struct render_options render;
	int status = output__begin(&output, options->output.path), verdict = EXIT_DONE, err = 0;

	if (status)
		return status;
	render = output_options__page(&options->output, &output);
	errno = 0;
	if (options->check)
		verdict = show_check(output.stream, replaying);
	else if (options->hist)
		err = show_hist(options, &render, replaying, output.stream);
	else if (options->output.json)
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
	return critical_path__show(options->replaying.path, &options->output);
}

static int show_report(struct report_options *options)
{
	struct replaying *replaying = NULL;
	int status = stack_options__begin(&options->stacks);

	if (!status)
		status = replaying__new(&replaying, &options->replaying);
	if (!status)
		status = show(options, replaying);
	if (!status)
		status = stack_options__conclude(&options->stacks, replaying__profile(replaying));
	replaying__free(replaying);
	stack_options__close(&options->stacks);
	return status;
}

/* A timeline and a page may both be wanted; else it is one thing. */
static int report(struct report_options *options)
{
	bool exports = report_options__exports(options);
	int status = 0;

	if (exports)
		status = exporting__run(&options->replaying, options->exports);
	if (!status && options->html)
		status = html_file__of_recording(&options->replaying, options->html);
	if (exports || options->html)
		return status;
	if (options->critical_path)
		return show_critical_path(options);
	if (options->sqlite)
		return report__sqlite(&options->replaying, options->sqlite);
	return show_report(options);
}

int command_report(int argc, char **argv)
{
	struct report_options options;
	int status;

	report_options__parse(&options, argc, argv);
	status = spare_recording(&options);
	if (!status)
		status = report(&options);
	report_options__clear(&options);
	return status;
}
