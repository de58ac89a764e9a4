// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Stacks in recordings: what is read back is what was added up while it was recorded, thread by
 * thread, to the nanosecond; of programs that wait, wake and run in functions of known names.
 */
#define _GNU_SOURCE
#include <string.h>

#include "tests/live/lib/recorded.h"
#include "tests/live/lib/said.h"
#include "tests/live/lib/schema.h"
#include "tests/live/lib/stacked.h"
#include "tests/live/lib/walks.h"

#define OPTIONS_MOST 24

static const char *record(const char *const *options)
{
	const char *file = live__disk_scratch("stacks.rec");
	struct program *program = recorded__run(file, options);

	if (program->status)
		live__fail("record: status %d, %s", program->status, program__errors(program));
	return file;
}

/* `waitscope report --json OPTIONS FILE`. */
static struct json_object *report(const char *file, const char *const *options)
{
	const char *out = live__scratch("report.json");
	const char *words[OPTIONS_MOST] = {live__waitscope(), "report", "--json", "-o", out, file};
	struct program *program;
	size_t count = 6;

	while (*options && count < OPTIONS_MOST - 1)
		words[count++] = *options++;
	if (program__run(&program, words, LIVE_TIMEOUT_MS))
		live__fail("report says %s", program__errors(program));
	return json__parse(live__read_file(out, NULL));
}

#define WHOLE ((const char *const[]){NULL})

/* The stacks of each thread are the sum of what the events say that it was blocked. */
static void check_threads(const char *file)
{
	struct program *program;

	program__run(&program, WORDS(live__waitscope(), "report", "--check", file),
		     LIVE_TIMEOUT_MS);
	if (program->status)
		live__fail("%s%s", program__output(program), program__errors(program));
	assert_non_null(strstr(program__output(program), ", stacks and syscalls compared: all"));
}

static uint64_t blocked_in_stacks(struct json_object *profile)
{
	return (uint64_t)json__integer(profile, "stack_sums.blocked_ns");
}

static void a_recording_has_the_stacks_that_were_taken(void **state)
{
	const char *file = record(WORDS("--waker-stacks", "--", live__self(), "--as", "fed"));
	const char *out = live__scratch("stacks.json");
	struct json_object *profile = report(file, WHOLE);

	(void)state;
	check_threads(file);
	stacked__check(profile);
	assert_count(program__run(NULL,
				  WORDS(live__waitscope(), "report", "--json", "-o", out, file),
				  LIVE_TIMEOUT_MS),
		     0);
	schema__check("profile.schema.json", out);
	stacked__check_fed(profile);
}

static void threads_and_classes_add_up(void **state)
{
	static const char *const classes[] = {"ipc",   "timer", "lock", "disk",
					      "child", "fault", "other"};
	const char *file = record(WORDS("--stacks", "--", live__self(), "--as", "fed"));
	struct json_object *whole = report(file, WHOLE), *process, *thread;
	uint64_t by_thread = 0, by_class = 0;

	(void)state;
	check_threads(file);
	json__each (process, whole, "processes")
		json__each (thread, process, "threads") {
			const char *tid = live__text("%d", (int)json__integer(thread, "tid"));
			struct json_object *part = report(file, WORDS("-t", tid));

			stacked__check(part);
			assert_count(blocked_in_stacks(part),
				     json__integer(thread, "ledger.blocked_ns"));
			by_thread += blocked_in_stacks(part);
		}
	assert_count(by_thread, blocked_in_stacks(whole));
	assert_true(json__length(json_object_array_get_idx(json__at(whole, "processes"), 0),
				 "threads") == 2);
	for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++)
		by_class += blocked_in_stacks(report(file, WORDS("--class", classes[i])));
	assert_count(by_class, blocked_in_stacks(whole));
	assert_true(blocked_in_stacks(report(file, WORDS("--class", "ipc"))) > 0);
}

static void rows_that_change_hands_keep_their_stacks(void **state)
{
	const char *file = record(WORDS("--stacks=user", "--map-entries", "64", "--", live__self(),
					"--as", "crowd", "300"));
	struct json_object *profile = report(file, WHOLE), *row;
	uint64_t waits = 0;

	(void)state;
	if (json__integer(profile, "audit.lost.threads"))
		live__skip("not reaped in time");
	check_threads(file);
	stacked__check(profile);
	json__each (row, profile, "stacks")
		if (!strcmp(stacked__frame(row, "user", 0), "wait_briefly"))
			waits += (uint64_t)json__integer(row, "count");
	if (json__integer(profile, "audit.lost.stack_rows") == 0)
		assert_count(waits, stacked__naps(profile));
	assert_true(waits > 100);
}

/* Of names of processes, and of processes that are gone. */
static void processes_add_up(void **state)
{
	const char *script =
		live__text("for i in 1 2 3; do '%s' --as depths 3; done; sleep 0.02", live__self());
	const char *file = record(WORDS("--stacks", "--", "sh", "-c", script));
	struct json_object *whole = report(file, WHOLE), *process;
	struct json_object *sleeper = report(file, WORDS("-n", "sleep"));
	uint64_t sum = 0;

	(void)state;
	check_threads(file);
	json__each (process, whole, "processes") {
		const char *pid = live__text("%d", (int)json__integer(process, "pid"));
		struct json_object *part = report(file, WORDS("-p", pid));

		assert_count(blocked_in_stacks(part), json__integer(process, "ledger.blocked_ns"));
		sum += blocked_in_stacks(part);
	}
	assert_count(sum, blocked_in_stacks(whole));
	stacked__check(sleeper);
	assert_true(json__length(sleeper, "stacks") > 0);
	assert_true(blocked_in_stacks(sleeper) < blocked_in_stacks(whole));
}

/* --- files ------------------------------------------------------------------------------------ */

static void the_files_are_those_of_a_profile(void **state)
{
	const char *folded = live__scratch("stacks.folded"), *flame = live__scratch("stacks.svg");
	const char *page = live__scratch("page.html");
	const char *file = record(
		WORDS("--waker-stacks", "--sample=997", "--", live__self(), "--as", "paths"));
	struct json_object *profile = report(file, WHOLE), *kernel, *row;
	struct program *program;

	(void)state;
	program = said__run(WORDS("report", "--folded", folded, "--flame", flame, file));
	assert_count(program->status, 0);
	assert_non_null(strstr(program__output(program), "nap_inside < path_one < walk_paths"));
	assert_count(stacked__folded_total(folded), stacked__blocked(profile));
	assert_non_null(strstr(live__read_file(folded, NULL), ";walk_paths;path_one;nap_inside;"));
	assert_non_null(strstr(live__read_file(flame, NULL), ">path_one</text>"));
	program = said__run(WORDS("report", "--view", "waker", "--folded", folded, file));
	assert_count(program->status, 0);
	assert_count(stacked__folded_total(folded), stacked__blocked(profile));
	assert_non_null(strstr(live__read_file(folded, NULL), ";wakes test_record_st"));
	program = said__run(WORDS("report", "--view", "cpu", "--folded", folded, file));
	assert_count(program->status, 0);
	assert_count(stacked__folded_total(folded), json__integer(profile, "stack_sums.samples"));
	assert_count(said__run(WORDS("report", "--html", page, file))->status, 0);
	assert_non_null(strstr(live__read_file(page, NULL), "<div class=\"flame\" hidden>"));
	kernel = report(file, WORDS("--stacks=kernel"));
	stacked__check(kernel);
	json__each (row, kernel, "stacks")
		assert_count(json__length(row, "user"), 0);
}

static void a_part_of_the_window_has_none_and_says_so(void **state)
{
	const char *file = record(WORDS("--stacks", "--", live__self(), "--as", "paths"));
	struct program *program;

	(void)state;
	program__run(
		&program,
		WORDS(live__waitscope(), "report", "--from", "5ms", "--to", "10ms", "--json", file),
		LIVE_TIMEOUT_MS);
	assert_count(program->status, 0);
	assert_true(json__is_null(json__parse(program__output(program)), "stacks"));
	assert_non_null(strstr(program__errors(program), "stacks are of all of the window only"));
	said__check(said__run(WORDS("report", "--from", "5ms", "--flame", "/tmp/x", file)), 2,
		    "stacks are of all of the window only", false);
}

static void what_is_not_there_is_said(void **state)
{
	const char *none = record(WORDS("--", "true"));
	const char *bare = live__disk_scratch("bare.rec"), *out = live__scratch("out");

	(void)state;
	recorded__run(bare, WORDS("--stacks=user", "--", "true"));
	assert_true(json__is_null(report(none, WHOLE), "stacks"));
	said__check(said__run(WORDS("report", "--stacks", none)), 1, "record --stacks takes them",
		    false);
	said__check(said__run(WORDS("report", "--flame", out, none)), 1, "has no stacks", false);
	assert_false(said__exists(out));
	said__check(said__run(WORDS("report", "--view", "waker", "--flame", out, bare)), 1,
		    "--waker-stacks", false);
	said__check(said__run(WORDS("report", "--view", "cpu", "--flame", out, bare)), 1,
		    "--sample", false);
	said__check(said__run(WORDS("report", "--stacks=kernel", bare)), 1, "of the kernel", false);
	said__check(said__run(WORDS("report", "--view", "waker", bare)), 2, "neither is given",
		    false);
	said__check(said__run(WORDS("report", "--check", "--stacks", bare)), 2, "go with a report",
		    false);
	said__check(said__run(WORDS("report", "--folded", bare, bare)), 1, "the recording itself",
		    false);
	said__check(said__run(WORDS("record", "--stacks", "--last", "1s", "--", "true")), 2,
		    "--last and stacks cannot be combined", false);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(a_recording_has_the_stacks_that_were_taken),
		LIVE_TEST(threads_and_classes_add_up),
		LIVE_TEST(rows_that_change_hands_keep_their_stacks),
		LIVE_TEST(processes_add_up),
		LIVE_TEST(the_files_are_those_of_a_profile),
		LIVE_TEST(a_part_of_the_window_has_none_and_says_so),
		LIVE_TEST(what_is_not_there_is_said),
	};

	live__begin(argc, argv, walks__roles);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
