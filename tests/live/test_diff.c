// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * `waitscope diff` on real profiles: a difference that is known comes first, a run is equal to
 * itself, repeats of the same differ by noise; scripts get their exit status; files that are no
 * profiles are refused.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/live/lib/real.h"
#include "tests/live/lib/said.h"
#include "tests/live/lib/schema.h"

#define DIFFERS(text, ...) said__check(said__run(WORDS("diff", __VA_ARGS__)), 1, text, false)
#define WRONG(text, ...)   said__check(said__run(WORDS("diff", __VA_ARGS__)), 2, text, false)

/* A profile of so many operations `what`, each of which is made to wait for `delay`. */
static const char *profile_of(const char *what, const char *operations, const char *delay)
{
	return trace__workload("full", WORDS("blocking", "--what", what, "--ops", operations,
					     "--delay", delay))
		->path;
}

/* Runs `waitscope diff --json WORDS...`, which ends with `status`; its document. */
static struct json_object *diff(int status, const char *const *words)
{
	const char *all[32] = {live__waitscope(), "diff", "--json", "-o"}, *path;
	struct program *program;
	struct json_object *document;
	size_t count = 4;

	path = all[count++] = live__scratch("diff.json");
	for (; *words; words++)
		all[count++] = *words;
	all[count] = NULL;
	program__run(&program, all, LIVE_TIMEOUT_MS);
	if (program->status != status)
		live__fail("status %d, not %d: %s", program->status, status,
			   program__errors(program));
	schema__check("diff.schema.json", path);
	document = json__parse(live__read_file(path, NULL));
	assert_non_null(document);
	return document;
}

static struct json_object *find_change(struct json_object *document, const char *figure)
{
	struct json_object *change;

	json__each (change, document, "changes")
		if (!strcmp(json__string(change, "figure"), figure))
			return change;
	return NULL;
}

/* The first change of a class of waits of a process. */
static struct json_object *the_first_class(struct json_object *document)
{
	struct json_object *change;

	json__each (change, document, "changes")
		if (!strcmp(json__string(change, "subject"), "class") &&
		    json__has(change, "process"))
			return change;
	live__fail("no class of waits has changed");
	return NULL;
}

/* 300 more sleeps of 1 ms: 300 ms, and more than whatever else there is. */
static void a_known_difference_comes_first(void **state)
{
	const char *a = profile_of("nanosleep", "100", "1ms");
	const char *b = profile_of("nanosleep", "400", "1ms");
	struct json_object *document = diff(0, WORDS(a, b)), *change = the_first_class(document);
	struct program *program = said__run(WORDS("diff", a, b));

	(void)state;
	assert_string_equal(json__string(change, "figure"), "blocking:blocked.timer");
	assert_true(json__number(change, "difference") > 250e6);
	change = find_change(document, "syscall.nanosleep.calls");
	assert_non_null(change);
	assert_count((int64_t)json__number(change, "difference"), 300);
	assert_string_equal(json__string(document, "per"), "run");
	assert_count(program->status, 0);
	assert_non_null(strstr(program__output(program), "timer:     process `blocking` waited "
							 "longer: +"));
}

/* A lock that is held for twice as long: the lock, and who holds it asleep, and nothing before. */
static void more_time_for_a_lock_is_said_to_be_that(void **state)
{
	const char *a = profile_of("mutex", "50", "1ms");
	const char *b = profile_of("mutex", "50", "5ms");
	struct json_object *document = diff(3, WORDS("--fail-if", "blocked.lock>+100%", a, b));
	struct json_object *change = find_change(document, "blocking:blocked.lock");
	const char *first = json__string(the_first_class(document), "name");

	(void)state;
	assert_non_null(change);
	assert_true(json__number(change, "difference") > 150e6);
	assert_true(!strcmp(first, "lock") || !strcmp(first, "timer"));
	assert_non_null(find_change(document, "object.futex.blocked"));
}

static void a_profile_is_equal_to_itself(void **state)
{
	const char *a = profile_of("pipe", "50", "1ms");
	struct json_object *document =
		diff(0, WORDS("--fail-if", "blocked>+0%", "--fail-if", "window>+0%", a, a));

	(void)state;
	assert_count(json__length(document, "changes"), 0);
	assert_true(json__integer(document, "equal") > 50);
}

/* Repeats of one thing, and two of the runs on both sides: whatever the machine did, no change. */
static void repeats_of_the_same_do_not_differ(void **state)
{
	const char *runs[4];
	struct json_object *document, *change;

	(void)state;
	for (int i = 0; i < 4; i++)
		runs[i] = profile_of("pipe", "40", "1ms");
	/* two runs are on both sides, so the ranges overlap or touch */
	document = diff(0, WORDS("--fail-if", "blocked>+0%", runs[0], runs[1], runs[2], ":",
				 runs[3], runs[2], runs[1]));
	assert_true(json__boolean(document, "noise.known"));
	json__each (change, document, "changes")
		if (!strcmp(json__string(change, "noise"), "beyond"))
			live__fail("taken for a change: %s", json__show(change));
}

static void a_real_change_stands_out_of_the_noise(void **state)
{
	const char *a[3], *b[3];
	struct json_object *document, *change;

	(void)state;
	for (int i = 0; i < 3; i++) {
		a[i] = profile_of("nanosleep", "40", "1ms");
		b[i] = profile_of("nanosleep", "120", "1ms");
	}
	document = diff(3, WORDS("--fail-if", "syscall.nanosleep.calls>+100%", a[0], a[1], a[2],
				 ":", b[0], b[1], b[2]));
	change = find_change(document, "syscall.nanosleep.calls");
	assert_non_null(change);
	assert_string_equal(json__string(change, "noise"), "beyond");
	assert_count((int64_t)json__number(change, "a.median"), 40);
	assert_count((int64_t)json__number(change, "b.median"), 120);
}

static void the_tiers_can_be_compared_as_far_as_both_know(void **state)
{
	const char *full = profile_of("pipe", "40", "1ms");
	struct trace *trace = trace__workload(
		"waits", WORDS("blocking", "--what", "pipe", "--ops", "40", "--delay", "1ms"));
	struct json_object *document, *change;

	(void)state;
	document = diff(0, WORDS(full, trace->path));
	json__each (change, document, "changes")
		assert_string_not_equal(json__string(change, "subject"), "syscall");
}

static void files_that_are_no_profiles_are_refused(void **state)
{
	const char *good = profile_of("file", "3", "1ms"), *bad = live__scratch("bad.json");
	const char *text = live__read_file(good, NULL);

	(void)state;
	DIFFERS("Is a directory", good, "/tmp");
	DIFFERS("No such file", good, bad);
	live__write_file(bad, "");
	DIFFERS("is empty", good, bad);
	live__write_file(bad, "profile");
	DIFFERS("is no JSON", bad, good);
	live__write_file(bad, live__text("%.*s", (int)strlen(text) / 2, text));
	DIFFERS("was cut off", good, bad);
	live__write_file(bad, "{\"schema\":\"waitscope-profile/9\"}");
	DIFFERS("version 9", good, ":", good, bad);
	DIFFERS("cannot write", "-o", "/dev/full", good, good);
}

static void wrong_usage_is_said_in_one_line(void **state)
{
	const char *good = profile_of("file", "3", "1ms");

	(void)state;
	WRONG("two profiles or recordings are needed", good);
	WRONG("two profiles or recordings are needed", good, good, good);
	WRONG("no file on side A", ":", good);
	WRONG("no file on side B", good, ":");
	WRONG("only one ':'", good, ":", good, ":", good);
	WRONG("nearest is 'syscall'", "--by", "sycalls", good, good);
	WRONG("--per hour", "--per", "hour", good, good);
	WRONG("is no condition", "--fail-if", "blocked", good, good);
	WRONG("nearest is 'blocked.lock'", "--fail-if", "blocked.lok>+1%", good, good);
	WRONG("is not a whole number", "--fail-if", "switches>5ms", good, good);
	WRONG("--top 0", "--top", "0", good, good);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(a_known_difference_comes_first),
		LIVE_TEST(more_time_for_a_lock_is_said_to_be_that),
		LIVE_TEST(a_profile_is_equal_to_itself),
		LIVE_TEST(repeats_of_the_same_do_not_differ),
		LIVE_TEST(a_real_change_stands_out_of_the_noise),
		LIVE_TEST(the_tiers_can_be_compared_as_far_as_both_know),
		LIVE_TEST(files_that_are_no_profiles_are_refused),
		LIVE_TEST(wrong_usage_is_said_in_one_line),
	};

	real__begin(argc, argv, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
