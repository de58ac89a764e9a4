// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A short run of each fuzzer (tests/fuzz); `make fuzz` has the long one. */
#define _GNU_SOURCE
#include <string.h>

#include "tests/live/lib/real.h"

#define TIMEOUT_MS 120000

/* `corpus`: what it begins with. */
static void fuzz(const char *name, const char *corpus, unsigned int runs)
{
	struct program *program;
	int status = program__run(&program,
				  WORDS(live__text("%s/fuzz/fuzz_%s", live__build(), name),
					live__text("-runs=%u", runs), "-seed=1", "-max_len=8192",
					live__text("-artifact_prefix=%s/", real__directory()),
					real__directory(),
					live__source(live__text("tests/fuzz/corpus/%s", corpus))),
				  TIMEOUT_MS);

	if (status)
		live__fail("status %d: %s", status, program__errors(program));
	assert_non_null(strstr(program__errors(program), live__text("Done %u", runs)));
}

static void no_bytes_upset_the_reader_of_profiles(void **state)
{
	(void)state;
	fuzz("profile_reader", "profile_reader", 1500);
}

static void no_bytes_upset_the_converters_of_recordings(void **state)
{
	static const char *const converters[] = {"report",   "hist",  "sqlite",	 "html",
						 "perfetto", "trace", "anatomy", "path"};

	(void)state;
	for (size_t i = 0; i < sizeof(converters) / sizeof(converters[0]); i++)
		fuzz(live__text("recording_%s", converters[i]), "recording", 400);
}

static void no_bytes_upset_what_reads_stacks(void **state)
{
	(void)state;
	fuzz("stack_rows", "stack_rows", 400);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(no_bytes_upset_the_reader_of_profiles),
		LIVE_TEST(no_bytes_upset_the_converters_of_recordings),
		LIVE_TEST(no_bytes_upset_what_reads_stacks),
	};

	real__begin(argc, argv, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
