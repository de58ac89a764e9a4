// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* waitscope diff: what changed between two profiles or recordings, or between two sets of them. */
#define _GNU_SOURCE
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "commands/commands.h"
#include "commands/diff_source.h"
#include "commands/options.h"
#include "commands/output_options.h"
#include "names/nearest.h"
#include "render/diff.h"

static const char documentation[] =
	"Says what changed between two profiles (waitscope profile --json -o FILE) or recordings "
	"(waitscope record -o FILE), or between repeats of two: by process, wait class, syscall, object, I/O model, findings. The "
	"biggest change comes first; with repeats, what is within noise comes last and is called "
	"so."
	"\v"
	"Examples:\n"
	"  waitscope diff before.json after.json\n"
	"  waitscope diff a1.json a2.json a3.json : b1.json b2.json b3.json\n"
	"  waitscope diff before.rec after.rec\n"
	"  waitscope diff --fail-if 'blocked.lock>+10%' before.json after.json\n"
	"  waitscope diff --by syscall --top 20 before.json after.json\n"
	"\n"
	"CONDITION is FIGURE>LIMIT or FIGURE<LIMIT. FIGURE is as in the JSON (blocked, "
	"blocked.lock, syscall.read.p99, nginx:runnable). LIMIT: +10%, -10%: change, of what A "
	"has; +5ms, -100: change; 5ms, 100: what B has.\n"
	"\n"
	"Exit status: 0 done, 1 failed, 2 wrong usage, 3 a condition is met.";

enum long_option {
	OPTION_FAIL_IF = 256,
	OPTION_BY,
	OPTION_PER,
};

static const struct argp_option table[] = {
	{"by", OPTION_BY, "WHAT", 0,
	 "Only this: process, class, wait, object, syscall, request, loop, cost, finding, model",
	 1},
	{"per", OPTION_PER, "WHAT", 0,
	 "Totals of a run, or for each second or (I/O) operation (run; windows: second)", 1},
	{"fail-if", OPTION_FAIL_IF, "CONDITION", 0, "Exit status 3 if it is met; repeatable", 1},
	{0},
};

struct options {
	char **files; /* of both sides, without the colon */
	size_t file_count, a_count;
	bool colon;
	struct condition *conditions;
	size_t condition_count;
	const char *by;
	bool has_per;
	enum diff_per per;
	struct output_options output;
};

static void *one_more(void *array, size_t count, size_t size, const struct argp_state *state)
{
	void *grown = reallocarray(array, count + 1, size);

	if (!grown)
		argp_failure(state, EXIT_FAILED, ENOMEM, "arguments");
	return grown;
}

static void add_file(struct options *options, char *word, const struct argp_state *state)
{
	if (!strcmp(word, ":")) {
		if (options->colon)
			option__refuse(state, "there are two sides, so only one ':'");
		options->colon = true;
		options->a_count = options->file_count;
		return;
	}
	options->files =
		one_more(options->files, options->file_count, sizeof(*options->files), state);
	options->files[options->file_count++] = word;
}

static void add_condition(struct options *options, const char *text, const struct argp_state *state)
{
	struct condition *condition;
	const char *why;
	int err;

	options->conditions = one_more(options->conditions, options->condition_count,
				       sizeof(*options->conditions), state);
	condition = &options->conditions[options->condition_count];
	err = condition__parse(text, condition, &why);
	if (err)
		option__refuse(state, "--fail-if %s: %s", text,
			       err == -EINVAL ? why : strerror(-err));
	options->condition_count++;
}

static const char *by_of(const char *text, const struct argp_state *state)
{
	struct nearest nearest = {.wanted = text};

	for (size_t i = 0; diff_by__name(i); i++) {
		if (!strcmp(diff_by__name(i), text))
			return diff_by__name(i);
		nearest__offer(&nearest, diff_by__name(i));
	}
	option__refuse(state, "--by %s: there is no such part; the nearest is '%s'", text,
		       nearest.best);
}

static enum diff_per per_of(const char *text, const struct argp_state *state)
{
	for (enum diff_per per = DIFF_PER_RUN; per <= DIFF_PER_OPERATION; per++)
		if (!strcmp(diff_per__name(per), text))
			return per;
	option__refuse(state, "--per %s: is 'run', 'second' or 'operation'", text);
}

/* Without a colon there are two files. */
static void check_sides(struct options *options, const struct argp_state *state)
{
	if (!options->colon && options->file_count == 2)
		options->a_count = 1;
	else if (!options->colon)
		option__refuse(
			state,
			"two profiles or recordings are needed, or several on each side of a ':' "
			"(A1 A2 A3 : B1 B2 B3)");
	if (!options->a_count || options->a_count == options->file_count)
		option__refuse(state, "there is no file on side %s of the ':'",
			       options->a_count ? "B" : "A");
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->output;
		return 0;
	case OPTION_BY:
		options->by = by_of(text, state);
		return 0;
	case OPTION_PER:
		options->per = per_of(text, state);
		options->has_per = true;
		return 0;
	case OPTION_FAIL_IF:
		add_condition(options, text, state);
		return 0;
	case ARGP_KEY_ARG:
		add_file(options, text, state);
		return 0;
	case ARGP_KEY_END:
		check_sides(options, state);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/* --- doing it ----------------------------------------------------------------------------------
 */

static int read_runs(const struct options *options, struct diff_run *runs)
{
	int status = EXIT_DONE;

	for (size_t i = 0; i < options->file_count && !status; i++)
		status = diff_source__read(options->files[i], &runs[i]);
	return status;
}

/* Decides all conditions. Returns an exit status: EXIT_DONE, or of the worst of them. */
static int decide(const struct options *options, const struct diff *diff,
		  struct condition_outcome *outcomes)
{
	int status = EXIT_DONE;

	for (size_t i = 0; i < options->condition_count; i++) {
		condition__decide(&options->conditions[i], diff, &outcomes[i]);
		switch (outcomes[i].result) {
		case CONDITION_UNKNOWN_FIGURE:
		case CONDITION_WRONG_LIMIT:
			complain("--fail-if %s: %s", options->conditions[i].text,
				 outcomes[i].reason);
			return EXIT_USAGE;
		case CONDITION_UNDECIDED:
			complain("--fail-if %s: %s", options->conditions[i].text,
				 outcomes[i].reason);
			status = EXIT_FAILED;
			break;
		case CONDITION_MET:
			status = status == EXIT_DONE ? EXIT_MET : status;
			break;
		case CONDITION_UNMET:
			break;
		}
	}
	return status;
}

static int write_report(const struct options *options, struct output *output,
			const struct diff_report *report)
{
	struct render_options render = output_options__page(&options->output, output);
	int err;

	errno = 0;
	err = options->output.json ? render__diff_json(output->stream, report, &render)
				   : render__diff_text(output->stream, report, &render);
	return output__conclude(output, err);
}

static int report(const struct options *options, const struct diff *diff)
{
	struct condition_outcome *outcomes =
		calloc(options->condition_count + 1, sizeof(*outcomes));
	struct diff_report report = {diff, options->by, options->conditions, outcomes,
				     options->condition_count};
	struct output output = {0};
	int status, written;

	if (!outcomes) {
		complain("%s", strerror(ENOMEM));
		return EXIT_FAILED;
	}
	status = decide(options, diff, outcomes);
	if (status != EXIT_USAGE) {
		written = output__begin(&output, options->output.path);
		if (!written)
			written = write_report(options, &output, &report);
		status = written ? written : status;
	}
	output__close(&output);
	free(outcomes);
	return status;
}

/* A result takes the place of an older file of its name: not of one that it is made of. */
static bool spares_files(const struct options *options)
{
	for (size_t i = 0; i < options->file_count; i++)
		if (!output__spares(options->output.path, options->files[i])) {
			complain("%s: is one of those to compare: nothing is written",
				 options->output.path);
			return false;
		}
	return true;
}

static int compare(const struct options *options)
{
	struct diff_run *runs = calloc(options->file_count, sizeof(*runs));
	struct diff_side sides[2] = {
		{runs, options->a_count},
		{runs + options->a_count, options->file_count - options->a_count}};
	const char *why = NULL;
	struct diff *diff = NULL;
	int status = EXIT_FAILED;

	if (!runs) {
		complain("%s", strerror(ENOMEM));
		return EXIT_FAILED;
	}
	if (spares_files(options) && !read_runs(options, runs)) {
		diff = diff__new(sides, options->has_per ? options->per : diff__usual_per(sides),
				 &why);
		if (!diff)
			complain("cannot compare: %s", why ? why : strerror(ENOMEM));
		else
			status = report(options, diff);
	}
	diff__free(diff);
	for (size_t i = 0; i < options->file_count; i++)
		diff_run__clear(&runs[i]);
	free(runs);
	return status;
}

int command_diff(int argc, char **argv)
{
	const struct argp_child children[] = {{&output_rows_argp, 0, NULL, 0}, {0}};
	const struct argp verb = {.options = table,
				  .parser = parse,
				  .args_doc = "A B\nA1 A2 ... : B1 B2 ...",
				  .doc = documentation,
				  .children = children};
	struct options options = {0};
	int status;

	options__parse(&verb, argc, argv, &options);
	status = compare(&options);
	for (size_t i = 0; i < options.condition_count; i++)
		free(options.conditions[i].path);
	free(options.conditions);
	free(options.files);
	return status;
}
