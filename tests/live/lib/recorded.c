// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "tests/live/lib/recorded.h"

#define OPTIONS_MOST 24

struct program *recorded__run(const char *file, const char *const *options)
{
	const char *words[OPTIONS_MOST] = {live__waitscope(), "record", "-o", file};
	struct program *program;
	size_t count = 4;

	while (*options && count < OPTIONS_MOST - 1)
		words[count++] = *options++;
	assert_null(*options);
	program__run(&program, words, LIVE_TIMEOUT_MS * 2);
	return program;
}

struct json_object *recorded__report(const char *file)
{
	const char *out = live__scratch("report.json");
	struct program *program;

	if (program__run(&program, WORDS(live__waitscope(), "report", "--json", "-o", out, file),
			 LIVE_TIMEOUT_MS))
		live__fail("report says %s", program__errors(program));
	return json__parse(live__read_file(out, NULL));
}
