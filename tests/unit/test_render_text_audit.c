// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The report for people: whether it can be trusted, and its figures line by line. */
#define _GNU_SOURCE
#include <math.h>

#include "tests/unit/render_text_steps.h"

static void verbose_tells_wakers_and_the_books_of_each_thread(void **state)
{
	struct profile *profile = sample__profile();
	char *text = render_flat(profile, &(struct render_options){.verbose = true, .width = 140});

	(void)state;
	assert_says(text, "woken by the disk interrupt (210), by thread 813 `flusher` (2), 212");
	assert_says(text, "Syscalls of each thread");
	assert_says(text, "812 worker 1 ms +300 ns 2 us +100 ns 90 ns 70 ns 212 0 31 0 0");
	assert_says(text, "histogram_chunks 4,000 32,768 12%");
	free(text);
	profile__free(profile);
}

static void the_audit_takes_two_lines(void **state)
{
	struct profile *profile = sample__profile();
	char *text = render_flat(profile, &(struct render_options){0});

	(void)state;
	assert_says(text, "conserved; off the kernel's books: run 0.02%, delay 1.10%, both 0%, "
			  "switches 0%");
	assert_says(text, "nothing lost; fullest map (histogram chunks) 12%");
	free(text);
	profile__free(profile);
}

static void losses_and_breaches_are_said_aloud(void **state)
{
	struct profile *profile = sample__profile();
	char *text;

	(void)state;
	profile->audit.conserved = false;
	profile->audit.residual = -1500;
	profile->audit.lost[1].count = 1204;
	profile->audit.rundelay_known = false;
	profile->audit.runtime_error = NAN;
	text = render_flat(profile, &(struct render_options){0});
	assert_says(text, "NOT CONSERVED: states and lifetimes differ by -1.5");
	assert_says(text, "lost: 1,204 waits (");
	assert_says_not(text, "nothing lost");
	assert_says(text, "run not comparable, delay not comparable");
	free(text);
	profile__free(profile);
}

static void static_binaries_are_named(void **state)
{
	struct profile *profile = sample__profile();
	char *text = render_flat(profile, &(struct render_options){0});

	(void)state;
	assert_says_not(text, "static binaries");
	free(text);
	profile->processes[0].static_binary = profile->processes[1].static_binary = true;
	text = render_flat(profile, &(struct render_options){0});
	assert_says(text, "static binaries, whose POSIX AIO is seen only if they have symbols: ");
	assert_says(text, "` and 1 more");
	free(text);
	profile->tier = TIER_WAITS; /* no POSIX AIO of anybody is seen there */
	text = render_flat(profile, &(struct render_options){0});
	assert_says_not(text, "static binaries");
	free(text);
	profile__free(profile);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(verbose_tells_wakers_and_the_books_of_each_thread),
		cmocka_unit_test(the_audit_takes_two_lines),
		cmocka_unit_test(losses_and_breaches_are_said_aloud),
		cmocka_unit_test(static_binaries_are_named),
	};

	return cmocka_run_group_tests(tests, use_utf8, NULL);
}
