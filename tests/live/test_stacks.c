// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Stacks against programs that wait, wake and run in functions of known names, a known number of
 * times (lib/walks.h).
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/live/lib/live.h"
#include "tests/live/lib/said.h"
#include "tests/live/lib/schema.h"
#include "tests/live/lib/stacked.h"
#include "tests/live/lib/walks.h"

/* --- what is found --------------------------------------------------------------------------- */

#define RUNS 10

/* `waitscope profile OPTIONS`, again if a kernel that hides tasks hid events of these. */
static struct trace *run_traced(const char *const *options)
{
	for (int i = 0; i < RUNS; i++) {
		struct trace *trace = trace__run(options, 2 * LIVE_TIMEOUT_MS);

		assert_count(trace->status, 0);
		if (!trace__was_hit(trace))
			return trace;
	}
	live__skip("events were hidden in each of %d runs", RUNS);
}

/* Waits whose user stack has `name` just outside of nap_inside(). */
static uint64_t naps_below(struct trace *trace, const char *name)
{
	struct json_object *row;
	uint64_t count = 0;

	json__each (row, trace->profile, "stacks")
		if (!strcmp(stacked__frame(row, "user", 0), "nap_inside") &&
		    !strcmp(stacked__frame(row, "user", 1), name) &&
		    !strcmp(stacked__frame(row, "user", 2), "walk_paths"))
			count += (uint64_t)json__integer(row, "count");
	return count;
}

static void waits_are_counted_by_the_functions_that_led_to_them(void **state)
{
	struct trace *trace = run_traced(WORDS("--stacks", "--", live__self(), "--as", "paths"));

	(void)state;
	stacked__check(trace->profile);
	assert_count(json__integer(trace->profile, "stack_sums.without_stack_ns"), 0);
	/* a thread that is kept from its CPU on its way to sleep may find the time over: no wait */
	assert_true(naps_below(trace, "path_one") <= ONES && naps_below(trace, "path_two") <= TWOS);
	assert_count(naps_below(trace, "path_one") + naps_below(trace, "path_two"),
		     stacked__naps(trace->profile));
	assert_true(stacked__naps(trace->profile) > (ONES + TWOS) * 8 / 10);
}

static void the_kernels_part_says_how_it_slept(void **state)
{
	struct trace *trace =
		run_traced(WORDS("--stacks=kernel", "--", live__self(), "--as", "paths"));
	struct json_object *row;
	uint64_t count = 0;

	(void)state;
	stacked__check(trace->profile);
	if (json__boolean(trace->profile, "stack_sums.kernel_hidden"))
		live__skip("this kernel hides its addresses");
	json__each (row, trace->profile, "stacks") {
		assert_count(json__length(row, "user"), 0);
		if (!stacked__has_frame(row, "kernel", "do_nanosleep"))
			continue;
		count += (uint64_t)json__integer(row, "count");
		/* nothing of what we do ourselves there */
		assert_null(strstr(stacked__frame(row, "kernel", 0), "bpf"));
		assert_string_equal(json__string(row, "class"), "timer");
	}
	assert_count(count, stacked__naps(trace->profile));
}

static void folded_stacks_add_up_to_the_blocked_time(void **state)
{
	const char *path = live__scratch("blocked.folded");
	struct trace *trace =
		run_traced(WORDS("--folded", path, "--", live__self(), "--as", "paths"));

	(void)state;
	stacked__check(trace->profile);
	assert_count(stacked__folded_total(path), stacked__blocked(trace->profile));
	assert_non_null(strstr(live__read_file(path, NULL), ";walk_paths;path_one;nap_inside;"));
}

static void who_ends_a_wait_is_found_where_it_did(void **state)
{
	const char *path = live__scratch("waker.folded");
	struct trace *trace = run_traced(
		WORDS("--view", "waker", "--folded", path, "--", live__self(), "--as", "fed"));

	(void)state;
	stacked__check(trace->profile);
	assert_count(stacked__folded_total(path), stacked__blocked(trace->profile));
	stacked__check_fed(trace->profile);
}

static void an_interrupt_does_not_show_what_it_interrupted(void **state)
{
	struct trace *trace =
		run_traced(WORDS("--view", "waker", "--flame", live__scratch("waker.svg"), "--",
				 live__self(), "--as", "paths"));
	struct json_object *row;
	uint64_t timers = 0;

	(void)state;
	json__each (row, trace->profile, "stacks") {
		if (!json__has(row, "waker") || json__string(row, "waker.name")[0] != '[')
			continue;
		assert_count(json__length(row, "waker.user"), 0);
		assert_false(stacked__has_frame(row, "waker.kernel", "do_syscall_64"));
		if (!strcmp(json__string(row, "waker.name"), "[timer]"))
			timers += (uint64_t)json__integer(row, "count");
	}
	stacked__check(trace->profile);
	assert_true(live__emulated() || timers >= (ONES + TWOS) / 2);
}

#define RATE 997

static void samples_find_where_the_time_on_a_cpu_goes(void **state)
{
	struct trace *trace = run_traced(
		WORDS(live__text("--sample=%d", RATE), "--", live__self(), "--as", "spin"));
	struct json_object *row;
	uint64_t spinning = 0, samples, expected;

	(void)state;
	stacked__check(trace->profile);
	json__each (row, trace->profile, "stacks")
		if (!strcmp(json__string(row, "kind"), "cpu") &&
		    stacked__has_frame(row, "user", "spin_in_here"))
			spinning += (uint64_t)json__integer(row, "count");
	samples = (uint64_t)json__integer(trace->profile, "stack_sums.samples");
	/* the kernel may slow the clock down under load: no more than what was asked for */
	expected = (uint64_t)(json__integer(json_object_array_get_idx(
						    json__at(trace->profile, "processes"), 0),
					    "ledger.running_ns") /
			      1e9 * RATE);
	assert_true(live__emulated() || samples > expected / 2);
	assert_true(samples <= expected + expected / 10 + 5);
	if (!live__emulated())
		assert_true(spinning > samples * 8 / 10);
}

/* The kernel does not walk the user stack of another task than the one that runs. */
static void waits_that_are_open_at_the_edges_have_their_stacks(void **state)
{
	struct program *program = program__start_role(WORDS("open"));
	const char *pid = live__text("%d", program->pid);
	struct trace *trace;
	struct json_object *row;
	uint64_t begun = 0, ended = 0;

	(void)state;
	task__await_state(program->pid, program->pid, "S");
	trace = trace__start(WORDS("--stacks", "-p", pid, "-d", "1s"));
	trace__await_attached(trace);
	program__say(program, "x");
	trace__finish(trace, LIVE_TIMEOUT_MS);
	assert_count(trace->status, 0);
	stacked__check(trace->profile);
	json__each (row, trace->profile, "stacks") {
		if (stacked__has_frame(row, "user", "wait_for_input"))
			ended += (uint64_t)json__integer(row, "count");
		else if (!json__length(row, "user") && json__length(row, "kernel"))
			begun += (uint64_t)json__integer(row, "count");
	}
	if (trace__was_hit(trace))
		live__skip("an event was hidden");
	assert_count(begun, 1);
	/* on PREEMPT_RT the call may sleep on a lock of the kernel's own as well */
	assert_true(ended >= 1 && ended <= 3);
}

static void what_finds_no_room_is_said_and_stays_in_the_sum(void **state)
{
	struct trace *trace = run_traced(WORDS("--stacks=user", "--map-entries", "16", "--",
					       live__self(), "--as", "depths", "100"));

	(void)state;
	stacked__check(trace->profile);
	assert_true(json__integer(trace->profile, "audit.lost.stacks") > 0);
	assert_true(json__integer(trace->profile, "stack_sums.without_stack_ns") > 0);
}

/* A stack map of the kernel's would lose some of a few hundred: those that share a place. */
static void many_stacks_are_all_kept(void **state)
{
	struct trace *trace =
		run_traced(WORDS("--stacks=user", "--", live__self(), "--as", "depths", "110"));
	struct json_object *row;
	size_t rows = 0;

	(void)state;
	stacked__check(trace->profile);
	assert_count(json__integer(trace->profile, "audit.lost.stacks"), 0);
	assert_count(json__integer(trace->profile, "audit.lost.stack_rows"), 0);
	json__each (row, trace->profile, "stacks")
		if (!strcmp(stacked__frame(row, "user", 0), "descend")) {
			rows++;
			assert_count(json__integer(row, "count"), 1);
		}
	assert_count(rows, stacked__naps(trace->profile));
	assert_true(rows > 90);
}

static void threads_that_make_room_for_others_leave_their_stacks(void **state)
{
	struct trace *trace = run_traced(WORDS("--stacks", "--map-entries", "64", "--",
					       live__self(), "--as", "crowd", "300"));
	struct json_object *row;
	uint64_t waits = 0;

	(void)state;
	stacked__check(trace->profile);
	json__each (row, trace->profile, "stacks")
		if (!strcmp(stacked__frame(row, "user", 0), "wait_briefly"))
			waits += (uint64_t)json__integer(row, "count");
	if (json__integer(trace->profile, "audit.lost.stack_rows"))
		live__skip("not reaped in time");
	assert_count(waits, stacked__naps(trace->profile));
	assert_true(waits > 100); /* more than there is room for at once */
}

#define CHILDREN "20"

static void processes_that_are_gone_have_names_still(void **state)
{
	const char *script = live__text("for i in $(seq " CHILDREN "); do '%s' --as depths 1; done",
					live__self());
	struct trace *trace = run_traced(WORDS("--stacks", "--", "sh", "-c", script));
	struct json_object *row;
	uint64_t waits = 0;

	(void)state;
	stacked__check(trace->profile);
	json__each (row, trace->profile, "stacks")
		if (!strcmp(stacked__frame(row, "user", 0), "descend"))
			waits += (uint64_t)json__integer(row, "count");
	assert_count(waits, stacked__naps(trace->profile));
	assert_true(waits > (uint64_t)atoi(CHILDREN) / 2);
}

static void without_the_option_there_are_none(void **state)
{
	struct trace *trace = trace__run(WORDS("--", "sleep", "0.01"), LIVE_TIMEOUT_MS);

	(void)state;
	assert_true(json__is_null(trace->profile, "stacks"));
	assert_true(json__is_null(trace->profile, "stack_sums"));
}

/* --- pictures and wrong usage ------------------------------------------------------------------
 */

static void what_is_written_is_well_formed(void **state)
{
	static const char reads[] = "import sys, xml.dom.minidom as m; d = m.parse(sys.argv[1]);"
				    "assert len(d.getElementsByTagName('rect')) > 5";
	const char *path = live__scratch("blocked.svg");
	struct trace *trace;

	(void)state;
	if (access("/usr/bin/python3", X_OK))
		live__skip("there is no Python to read it with"); /* the guests of tests/kernels */
	trace = run_traced(WORDS("--sample", "--view", "waker", "--flame", path, "--", live__self(),
				 "--as", "paths"));
	stacked__check(trace->profile);
	schema__check("profile.schema.json", trace->path);
	assert_count(program__run(NULL, WORDS("python3", "-c", reads, path), LIVE_TIMEOUT_MS), 0);
	assert_non_null(strstr(live__read_file(path, NULL), ">wakes test_stacks</text>"));
}

static void folded_files_become_flame_graphs(void **state)
{
	const char *before = live__scratch("before.folded"), *now = live__scratch("now.folded");
	const char *picture = live__scratch("change.svg");
	char *text;

	(void)state;
	live__write_file(before, "p;f 100\np;g 50\n");
	live__write_file(now, "p;f 10\np;g 50\n");
	assert_count(said__run(WORDS("flame", before, now, "-o", picture))->status, 0);
	text = live__read_file(picture, NULL);
	assert_non_null(strstr(text, "<title>g: 50 ns, 83.33% (before: 50 ns, 33.33%)</title>"));
}

static void wrong_usage_is_refused(void **state)
{
	const char *bad = live__scratch("bad.folded"), *empty = live__scratch("empty.folded");

	(void)state;
	REFUSED("--stacks=all: is 'kernel', 'user' or 'both'", "--stacks=all", "--", "true");
	REFUSED("is 'blocked', 'waker' or 'cpu'", "--view", "top", "--", "true");
	REFUSED("neither is given", "--view", "waker", "--", "true");
	REFUSED("--sample 0", "--sample=0", "--", "true");
	FAILED("/nowhere/x.svg", "--flame", "/nowhere/x.svg", "--", "true");
	live__write_file(bad, "a;b 1\nno weight\n");
	live__write_file(empty, "");
	said__check(said__run(WORDS("flame", bad)), 1, "line 2 is no folded stack", false);
	said__check(said__run(WORDS("flame", empty)), 1, "has no stacks", false);
	said__check(said__run(WORDS("flame", "/nowhere/x")), 1, "No such file", false);
	said__check(said__run(WORDS("flame", "/")), 1, "directory", false);
	said__check(said__run(WORDS("flame")), 2, "a folded file is needed", true);
	said__check(said__run(WORDS("flame", "a", "b", "c")), 2, "two files are compared", true);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(waits_are_counted_by_the_functions_that_led_to_them),
		LIVE_TEST(the_kernels_part_says_how_it_slept),
		LIVE_TEST(folded_stacks_add_up_to_the_blocked_time),
		LIVE_TEST(who_ends_a_wait_is_found_where_it_did),
		LIVE_TEST(an_interrupt_does_not_show_what_it_interrupted),
		LIVE_TEST(samples_find_where_the_time_on_a_cpu_goes),
		LIVE_TEST(waits_that_are_open_at_the_edges_have_their_stacks),
		LIVE_TEST(what_finds_no_room_is_said_and_stays_in_the_sum),
		LIVE_TEST(many_stacks_are_all_kept),
		LIVE_TEST(threads_that_make_room_for_others_leave_their_stacks),
		LIVE_TEST(processes_that_are_gone_have_names_still),
		LIVE_TEST(without_the_option_there_are_none),
		LIVE_TEST(what_is_written_is_well_formed),
		LIVE_TEST(folded_files_become_flame_graphs),
		LIVE_TEST(wrong_usage_is_refused),
	};

	live__begin(argc, argv, walks__roles);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
