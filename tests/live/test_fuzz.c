// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A short run of each fuzzer (tests/fuzz); `make fuzz` has the long one. */
#define _GNU_SOURCE
#include <string.h>

#include "tests/live/lib/real.h"

#define RUNS	   "-runs=1500"
#define TIMEOUT_MS 120000

static void fuzz(const char *name)
{
	const char *corpus = live__source(live__text("tests/fuzz/corpus/%s", name));
	struct program *program;
	int status = program__run(&program,
				  WORDS(live__text("%s/fuzz/fuzz_%s", live__build(), name), RUNS,
					"-seed=1", "-max_len=16384",
					live__text("-artifact_prefix=%s/", real__directory()),
					real__directory(), corpus),
				  TIMEOUT_MS);

	if (status)
		live__fail("status %d: %s", status, program__errors(program));
	assert_non_null(strstr(program__errors(program), "Done 1"));
}

static void no_bytes_upset_the_reader_of_profiles(void **state)
{
	(void)state;
	fuzz("profile_reader");
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(no_bytes_upset_the_reader_of_profiles),
	};

	real__begin(argc, argv, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
