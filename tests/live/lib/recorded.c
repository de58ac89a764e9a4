// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <unistd.h>

#include "tests/live/lib/recorded.h"

#define OPTIONS_MOST 24

/* The words, and the options behind them. */
static struct program *run(const char *words[OPTIONS_MOST], const char *const *options)
{
	struct program *program;
	size_t count = 0;

	while (words[count])
		count++;
	while (*options && count < OPTIONS_MOST - 1)
		words[count++] = *options++;
	assert_null(*options);
	program__run(&program, words, LIVE_TIMEOUT_MS * 2);
	return program;
}

struct program *recorded__run(const char *file, const char *const *options)
{
	const char *words[OPTIONS_MOST] = {live__waitscope(), "record", "-o", file};

	return run(words, options);
}

static struct program *record(const char *file, const char *const *options)
{
	struct program *program = recorded__run(file, options);

	if (program->status)
		live__fail("record: status %d, %s", program->status, program__errors(program));
	return program;
}

const char *recorded__new(struct program **program, const char *const *options)
{
	const char *file = live__disk_scratch("run.rec");
	struct program *recorder = record(file, options);

	if (program)
		*program = recorder;
	return file;
}

int recorded__for_group(const char *name, const char *const *options)
{
	record(live__disk_file(name), options);
	return live__end_test(NULL);
}

int recorded__remove(const char *name)
{
	unlink(live__disk_file(name));
	return live__end_test(NULL);
}

struct json_object *recorded__part(const char *file, const char *const *options)
{
	const char *out = live__scratch("report.json");
	const char *words[OPTIONS_MOST] = {live__waitscope(), "report", "--json", "-o", out, file};
	struct program *program = run(words, options);

	if (program->status)
		live__fail("report says %s", program__errors(program));
	return json__parse(live__read_file(out, NULL));
}

struct json_object *recorded__report(const char *file)
{
	return recorded__part(file, WORDS(NULL));
}

void recorded__middle(const char *file, const char **from, const char **to)
{
	long long window = json__integer(recorded__report(file), "window_ns");

	*from = live__text("%lldns", window / 4);
	*to = live__text("%lldns", window / 4 * 3);
}
