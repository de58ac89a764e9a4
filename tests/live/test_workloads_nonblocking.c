// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* workloads/nonblocking: answers of EAGAIN and EINPROGRESS, counted one by one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/live/lib/live.h"
#include "tests/live/lib/truth.h"

struct scene {
	char what[32];
	const char *mode; /* NULL: the connects have none */
	const char *tier;
	const char *words[8];
	char name[64];
};

#define SCENES_MAX 96

static const char *operations(const char *what)
{
	return strcmp(what, "connect-full") == 0 ? "1" : live__emulated() ? "10" : "20";
}

/* What it did between the tries, as far as that sleeps: the pauses of the back-off, and the polls
 * of a connection that is not made at once. */
static void check_pauses(struct trace *trace)
{
	struct json_object *waiter = truth__waiter(trace), *pause, *wait;
	const char *syscall;
	int64_t pauses;

	if (!json__has(trace->truth, "wait"))
		return;
	pause = json__at(trace->truth, "wait");
	syscall = json__string(pause, "syscall");
	if (!json__has(pause, "waker")) /* returns at once */
		return;
	pauses = waits_count(waiter, json__string(pause, "class"), syscall);
	/* on a slow or busy machine a pause may be over before its thread is asleep; then the
	 * kernel counts no switch either (truth__check_switches()) */
	assert_true(pauses <= json__integer(pause, "count"));
	if (!live__emulated())
		assert_true(pauses * 20 >= json__integer(pause, "count") * 19 - 20);
	json__each (wait, waiter, "waits") {
		const char *name = json__string(wait, "syscall");

		if (!name || strcmp(name, syscall) != 0)
			continue;
		assert_string_equal(json__string(wait, "class"), json__string(pause, "class"));
		assert_string_equal(json__string(wait, "sleep"), "interruptible");
		assert_count(waker_count(wait, json__string(pause, "waker"), 0),
			     json__integer(wait, "count"));
	}
}

/* A try that finds nothing returns; if it sleeps at all, then for a lock inside the kernel. */
static void check_tries(struct trace *trace)
{
	const char *syscall = json__string(trace->truth, "syscall");
	struct json_object *wait;

	json__each (wait, truth__waiter(trace), "waits") {
		const char *name = json__string(wait, "syscall");

		if (name && strcmp(name, syscall) == 0)
			assert_string_equal(json__string(wait, "sleep"), "uninterruptible");
	}
}

/* Adds up a number of the waiter's rows of refused calls of the measured kind. */
static int64_t attempts_sum(struct trace *trace, const char *member)
{
	const char *syscall = json__string(trace->truth, "syscall");
	struct json_object *row;
	int64_t sum = 0;

	json__each (row, truth__waiter(trace), "attempts")
		if (strcmp(json__string(row, "syscall"), syscall) == 0)
			sum += json__integer(row, member);
	return sum;
}

static int64_t longest_retry(struct trace *trace)
{
	struct json_object *row;
	int64_t longest = 0;

	json__each (row, truth__waiter(trace), "attempts")
		if (json__has(row, "retry.max_ns") && json__integer(row, "retry.max_ns") > longest)
			longest = json__integer(row, "retry.max_ns");
	return longest;
}

/*
 * A run ends where the thread is on a CPU for 1 ms between two tries. It never works for so long
 * there, but what a hypervisor takes away counts as running: then runs may be more.
 */
static void check_runs(struct trace *trace)
{
	const char *syscall = json__string(trace->truth, "syscall");
	int64_t runs = attempts_sum(trace, "spin_runs");
	int64_t said = json__integer(trace->truth, "spin_runs");
	struct json_object *waiter = truth__waiter(trace);

	assert_count(json__integer(the_syscall(waiter, syscall), "spin_runs"), runs);
	if (strcmp(json__string(trace->truth, "mode"), "spin") == 0) {
		if (longest_retry(trace) < 1000000)
			assert_count(runs, said);
		assert_true(runs >= said);
		return;
	}
	/* a pause without a sleep ends no run */
	assert_true(runs <= said);
	assert_true(runs + json__integer(waiter, "early_wakeups") >=
		    (int64_t)waits_count(waiter, "timer", NULL));
}

/* Every refusal, every next try, every success that follows. */
static void check_attempts(struct trace *trace)
{
	struct json_object *truth = trace->truth, *call;
	int64_t eagain = json__integer(truth, "eagain");

	if (!trace__is_full(trace)) {
		assert_count(json__length(truth__waiter(trace), "attempts"), 0);
		return;
	}
	call = the_syscall(truth__waiter(trace), json__string(truth, "syscall"));
	assert_count(json__integer(call, "nonblocking"), json__integer(truth, "attempts"));
	assert_count(attempts_sum(trace, "eagain"), eagain);
	assert_count(attempts_sum(trace, "einprogress"), json__integer(truth, "einprogress"));
	assert_count(attempts_sum(trace, "empty"), 0);
	assert_count(attempts_sum(trace, "retry.count"), eagain);
	assert_count(attempts_sum(trace, "readiness.count"),
		     json__integer(truth, "readiness.count"));
	if (json__has(truth, "spin_runs"))
		check_runs(trace);
}

static void check_counts(struct trace *trace)
{
	check_tries(trace);
	check_pauses(trace);
	check_attempts(trace);
}

/* Of one object the whole distribution; each connection is an object of its own. */
static const char *readiness_differs(struct trace *trace)
{
	struct json_object *waiter = truth__waiter(trace), *truth = trace->truth;

	if (json__length(waiter, "attempts") == 1)
		return distribution__differs(
			json__at(json_object_array_get_idx(json__at(waiter, "attempts"), 0),
				 "readiness"),
			json__at(truth, "readiness"));
	return bounds__differ(attempts_sum(trace, "readiness.sum_ns"),
			      json__number(truth, "readiness.sum_ns"),
			      json__number(truth, "measured_ns"), "readiness");
}

/* On a CPU all the time from the first refusal on, but for what others took of it. */
static const char *spin_differs(struct trace *trace)
{
	struct json_object *ledger = json__at(truth__waiter(trace), "ledger");
	double ready = json__number(trace->truth, "readiness.sum_ns");
	double off_cpu = json__number(ledger, "lifetime_ns") - json__number(ledger, "running_ns");

	if (strcmp(json__string(trace->truth, "mode"), "spin") != 0)
		return NULL;
	return bounds__differ(attempts_sum(trace, "spin_cpu_ns"), ready - off_cpu,
			      json__number(ledger, "running_ns"), "CPU burned");
}

static const char *times_differ(struct trace *trace)
{
	struct json_object *waiter = truth__waiter(trace), *pause, *call;
	const char *difference;

	if (!trace__is_full(trace))
		return NULL;
	call = the_syscall(waiter, json__string(trace->truth, "syscall"));
	difference = bounds__differ(json__number(call, "total_ns"), 0,
				    json__number(trace->truth, "measured_ns"), "time in tries");
	if (!difference)
		difference = readiness_differs(trace);
	if (!difference)
		difference = spin_differs(trace);
	if (difference || !json__has(trace->truth, "wait"))
		return difference;
	pause = json__at(trace->truth, "wait");
	if (!json__integer(pause, "count"))
		return NULL;
	call = the_syscall(waiter, json__string(pause, "syscall"));
	return bounds__differ(json__number(call, "total_ns"), 0, json__number(pause, "total_ns"),
			      "time in pauses");
}

static void row_agrees_with_its_truth(void **state)
{
	const struct scene *scene = *state;

	truth__compare(scene->tier, scene->words, check_counts, times_differ);
}

static void set_words(struct scene *scene)
{
	const char *const words[] = {"nonblocking",
				     "--what",
				     scene->what,
				     "--ops",
				     operations(scene->what),
				     scene->mode ? "--mode" : NULL,
				     scene->mode,
				     NULL};

	memcpy(scene->words, words, sizeof(words));
	trace__announce(scene->tier, scene->words);
}

static struct scene scenes[SCENES_MAX];
static struct CMUnitTest tests[SCENES_MAX];
static size_t count;

static void add_scene(const char *what, const char *mode, const char *tier)
{
	struct scene *scene = &scenes[count];

	if (count >= SCENES_MAX)
		exit(1);
	scene->tier = tier;
	scene->mode = mode;
	snprintf(scene->what, sizeof(scene->what), "%s", what);
	snprintf(scene->name, sizeof(scene->name), "nonblocking_%s%s%s_in_tier_%s", what,
		 mode ? "_" : "", mode ? mode : "", tier);
	for (char *at = scene->name; *at; at++)
		if (*at == '-')
			*at = '_';
	set_words(scene);
	tests[count++] = (struct CMUnitTest){.name = scene->name,
					     .test_func = row_agrees_with_its_truth,
					     .teardown_func = live__end_test,
					     .initial_state = scene};
}

static void add_row(const char *what)
{
	if (strncmp(what, "connect", 7) == 0) {
		add_scene(what, NULL, "full");
		return;
	}
	add_scene(what, "spin", "full");
	add_scene(what, "backoff", "full");
	add_scene(what, "backoff", "waits");
}

int main(int argc, char **argv)
{
	struct program *lister;
	char *rest, *line;

	live__begin(argc, argv, NULL);
	if (program__run(&lister, WORDS(live__workload("nonblocking"), "--list"), LIVE_TIMEOUT_MS))
		return 1;
	rest = program__output(lister);
	while ((line = strsep(&rest, "\n"))) {
		line[strcspn(line, " ")] = '\0';
		if (*line)
			add_row(line);
	}
	live__end_test(NULL);
	if (count == 0)
		return 1;
	return _cmocka_run_group_tests("tests", tests, count, NULL, NULL);
}
