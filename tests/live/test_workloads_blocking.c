// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Each row of workloads/blocking under trace, in both tiers: one figure against the other. The
 * tests are made from `blocking --list`, so that a new row is tested as soon as it is there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/live/lib/live.h"
#include "tests/live/lib/truth.h"

struct scene {
	char what[32], file[128];
	const char *tier;
	const char *words[12];
	char name[64];
};

#define ROWS_MAX 64

/* One operation takes a second there, whatever the delay. */
static bool is_slow(const char *what)
{
	return strcmp(what, "connect-full") == 0;
}

static const char *operations(const char *what)
{
	return is_slow(what) ? "1" : live__emulated() ? "20" : "50";
}

/* Each child that the partner forks write-protects the waiter's pages once more, and it touches
 * them between its look at the clock and its call: up to 250 us in a virtual machine, of which the
 * call knows nothing. Longer waits make them less than 2%. */
static const char *delay(const char *what)
{
	return strcmp(what, "waitpid") == 0 ? "20ms" : "1ms";
}

static void check_counts(struct trace *trace)
{
	/* emulated, a second may not be enough for the waiter to fall asleep */
	if (json__has(trace->truth, "released_awake") && live__emulated() &&
	    json__integer(trace->truth, "released_awake") > 0)
		live__skip("the partner had to release a waiter that was awake");
	if (json__has(trace->truth, "released_awake"))
		assert_count(json__integer(trace->truth, "released_awake"), 0);
	truth__check_waits(trace->truth, truth__waiter(trace));
}

static const char *times_differ(struct trace *trace)
{
	struct json_object *waiter = truth__waiter(trace);
	const char *syscall = json__string(trace->truth, "syscall");
	double blocked = waits_total(waiter, json__string(trace->truth, "class"), syscall);
	bool sleeps = json__has(trace->truth, "sleep_count") &&
		      json__integer(trace->truth, "sleep_count") > 0;
	const char *difference;
	double low = 0;

	/* without a partner there is only the delay that was asked for */
	if (sleeps)
		low = json__number(trace->truth,
				   json__has(trace->truth, "held_ns") ? "held_ns" : "slept_ns");
	difference = bounds__differ(blocked, low, json__number(trace->truth, "latency.sum_ns"),
				    "blocked");
	/* The latency is that of one call per operation; a mutex and a file lock take two. */
	if (!difference && trace__is_full(trace) &&
	    truth__calls(trace->truth, syscall) == json__integer(trace->truth, "operations"))
		difference =
			distribution__differs(json__at(the_syscall(waiter, syscall), "latency"),
					      json__at(trace->truth, "latency"));
	return difference;
}

static void row_agrees_with_its_truth(void **state)
{
	const struct scene *scene = *state;

	truth__compare(scene->tier, scene->words, check_counts, times_differ);
}

static void set_words(struct scene *scene)
{
	const char *what = scene->what;
	bool takes_file = strncmp(what, "file", 4) == 0 || strcmp(what, "fsync") == 0 ||
			  strcmp(what, "flock") == 0;
	const char *const words[] = {
		"blocking",	  "--what",  what,	  "--ops",
		operations(what), "--delay", delay(what), takes_file ? "--file" : NULL,
		scene->file,	  NULL};

	snprintf(scene->file, sizeof(scene->file), "%s", live__disk_file("blocking"));
	memcpy(scene->words, words, sizeof(words));
	trace__announce(scene->tier, scene->words);
}

static void add_scene(struct scene *scene, struct CMUnitTest *test, const char *what,
		      const char *tier)
{
	scene->tier = tier;
	snprintf(scene->what, sizeof(scene->what), "%s", what);
	snprintf(scene->name, sizeof(scene->name), "blocking_%s_in_tier_%s", what, tier);
	for (char *at = scene->name; *at; at++)
		if (*at == '-')
			*at = '_';
	set_words(scene);
	*test = (struct CMUnitTest){.name = scene->name,
				    .test_func = row_agrees_with_its_truth,
				    .teardown_func = live__end_test,
				    .initial_state = scene};
}

int main(int argc, char **argv)
{
	static struct scene scenes[ROWS_MAX * 2];
	static struct CMUnitTest tests[ROWS_MAX * 2];
	struct program *lister;
	size_t count = 0;
	char *rest, *line;

	live__begin(argc, argv, NULL);
	if (program__run(&lister, WORDS(live__workload("blocking"), "--list"), LIVE_TIMEOUT_MS))
		return 1;
	rest = program__output(lister);
	while ((line = strsep(&rest, "\n")) && count + 2 <= ROWS_MAX * 2) {
		line[strcspn(line, " ")] = '\0';
		if (!*line)
			continue;
		add_scene(&scenes[count], &tests[count], line, "full");
		count++;
		add_scene(&scenes[count], &tests[count], line, "waits");
		count++;
	}
	live__end_test(NULL);
	if (count == 0)
		return 1;
	return _cmocka_run_group_tests("tests", tests, count, NULL, NULL);
}
