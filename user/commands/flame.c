// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* waitscope flame: folded stacks, its own or anybody's, as a flame graph; or two of them compared.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "commands/commands.h"
#include "commands/options.h"
#include "commands/output.h"
#include "render/flame.h"

static const char documentation[] =
	"Folded stacks as a flame graph: one SVG file that needs nothing else. With two files, the "
	"second compared with the first: red grew, blue shrank, as shares of the whole."
	"\v"
	"Examples:\n"
	"  waitscope flame blocked.folded -o blocked.svg\n"
	"  waitscope flame before.folded after.folded -o change.svg\n"
	"\n"
	"A line of a folded file is 'frame;frame;frame WEIGHT', as stackcollapse-*.pl and "
	"'waitscope profile --folded' write it.";

enum long_option {
	OPTION_UNIT = 256,
	OPTION_TITLE,
};

static const struct argp_option table[] = {
	{"output", 'o', "FILE", 0, "Results to FILE, whole or not at all", 1},
	{"unit", OPTION_UNIT, "ns|samples|count", 0, "What weights are (default ns)", 1},
	{"title", OPTION_TITLE, "TEXT", 0, "What is written above", 1},
	{0},
};

struct options {
	const char *files[2];
	size_t count;
	const char *output, *title;
	enum flame_unit unit;
};

static enum flame_unit unit_of(const char *text, const struct argp_state *state)
{
	if (!strcmp(text, "ns"))
		return FLAME_NS;
	if (!strcmp(text, "samples"))
		return FLAME_SAMPLES;
	if (strcmp(text, "count") != 0)
		option__refuse(state, "--unit %s: is 'ns', 'samples' or 'count'", text);
	return FLAME_COUNT;
}

static error_t parse(int key, char *text, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'o':
		options->output = text;
		return 0;
	case OPTION_UNIT:
		options->unit = unit_of(text, state);
		return 0;
	case OPTION_TITLE:
		options->title = text;
		return 0;
	case ARGP_KEY_ARG:
		if (options->count == 2)
			option__refuse(state, "%s: two files are compared, not more", text);
		options->files[options->count++] = text;
		return 0;
	case ARGP_KEY_END:
		if (!options->count)
			option__refuse(state, "a folded file is needed");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/* Says what is wrong with a file. Returns 0 or an exit status. */
static int read_file(struct folded *folded, const char *path)
{
	FILE *file = fopen(path, "re");
	size_t line = 0;
	int err;

	if (!file) {
		complain("%s: %s", path, strerror(errno));
		return EXIT_FAILED;
	}
	errno = 0;
	err = folded__read(folded, file, &line);
	if (err == -EIO && errno)
		err = -errno;
	fclose(file);
	if (!err)
		return 0;
	if (err != -EINVAL)
		complain("%s: %s", path, strerror(-err));
	else if (line)
		complain("%s: line %zu is no folded stack ('frame;frame WEIGHT')", path, line);
	else
		complain("%s: has no stacks", path);
	return EXIT_FAILED;
}

static int draw(const struct options *options, const struct folded *files)
{
	struct flame_options flame = {
		.title = options->title,
		.subtitle = options->files[options->count - 1],
		.unit = options->unit,
	};
	const struct folded *before = options->count == 2 ? &files[0] : NULL;
	struct output output = {0};
	int status = output__begin(&output, options->output);

	if (!flame.title)
		flame.title = before ? "What changed" : "Flame graph";
	if (!status) {
		errno = 0;
		status = output__conclude(&output, render__flame_svg(output.stream,
								     &files[options->count - 1],
								     before, &flame));
	}
	output__close(&output);
	return status;
}

int command_flame(int argc, char **argv)
{
	const struct argp verb = {.options = table,
				  .parser = parse,
				  .args_doc = "FOLDED [FOLDED]",
				  .doc = documentation};
	struct options options = {0};
	struct folded files[2] = {0};
	int status = 0;

	options__parse(&verb, argc, argv, &options);
	for (size_t i = 0; i < options.count && !status; i++)
		status = read_file(&files[i], options.files[i]);
	if (!status)
		status = draw(&options, files);
	folded__clear(&files[0]);
	folded__clear(&files[1]);
	return status;
}
