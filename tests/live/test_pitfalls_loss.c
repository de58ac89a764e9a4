// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Maps that are full: what was lost is counted by its cause, and what is there is right. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/live/lib/live.h"
#include "tests/live/lib/role.h"

#define ENTRIES "16"
#define THREADS 60
#define NAPS	10

/* --- more threads than rows
 * ------------------------------------------------------------------------ */

static void *nap_here(void *context)
{
	(void)context;
	for (int i = 0; i < NAPS; i++)
		role__nap(1000);
	return NULL;
}

static int run_crowd(int argc, char **argv)
{
	pthread_t threads[THREADS];

	(void)argc, (void)argv;
	for (int i = 0; i < THREADS; i++)
		threads[i] = role__thread("napper", nap_here, NULL, NULL);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	return 0;
}

static struct trace *run_small(const char *role)
{
	struct trace *trace = trace__run(
		WORDS("--map-entries", ENTRIES, "--", live__self(), "--as", role), LIVE_TIMEOUT_MS);

	assert_count(trace->status, 0);
	assert_conserved(trace->profile);
	return trace;
}

/* A row has all that it should have, or there was no room for it, and that is said. */
static void check_whole_or_lost(struct trace *trace, uint64_t count, const char *cause)
{
	if (count == 0)
		assert_true(json__integer(trace->profile, live__text("audit.lost.%s", cause)) > 0);
	else
		assert_count(count, NAPS);
}

static void threads_without_a_row_are_counted_and_the_others_are_right(void **state)
{
	struct trace *trace = run_small("crowd");
	struct json_object *process, *thread;
	size_t rows = 0;

	(void)state;
	assert_true(json__integer(trace->profile, "audit.lost.threads") > 0);
	json__each (process, trace->profile, "processes") {
		json__each (thread, process, "threads") {
			rows++;
			if (strcmp(json__string(thread, "comm"), "napper") != 0 ||
			    thread__was_hit(trace, thread))
				continue;
			check_whole_or_lost(trace, waits_count(thread, "timer", NULL), "waits");
			check_whole_or_lost(trace, syscall_calls(thread, "clock_nanosleep"),
					    "syscalls");
			assert_count(json__integer(thread, "ledger.unknown_ns"), 0);
		}
	}
	/* one row for each thread that was made, or a loss: none is missing without a word */
	assert_true(rows < 1 + THREADS);
	assert_true(rows + json__integer(trace->profile, "audit.lost.threads") >= 1 + THREADS);
}

/* --- more objects than rows
 * ------------------------------------------------------------------------ */

#define PIPES 400

static int run_pipes(int argc, char **argv)
{
	struct rlimit limit = {4096, 4096};
	static int ends[PIPES][2];
	char byte;

	(void)argc, (void)argv;
	setrlimit(RLIMIT_NOFILE, &limit);
	for (int i = 0; i < PIPES; i++)
		role__check(pipe(ends[i]), "pipe");
	if (role__check(fork(), "fork") == 0) {
		for (int i = 0; i < PIPES; i++) {
			do
				role__nap(200);
			while (task__state(getppid(), getppid()) != 'S');
			role__check(write(ends[i][1], "x", 1), "write");
		}
		_exit(0);
	}
	for (int i = 0; i < PIPES; i++)
		role__check(read(ends[i][0], &byte, 1), "read");
	role__say("{\"pid\": %d}\n", getpid());
	wait(NULL);
	return 0;
}

static int64_t all_losses(struct json_object *profile)
{
	int64_t sum = 0;

	json_object_object_foreach (json__at(profile, "audit.lost"), cause, count) {
		if (strcmp(cause, "transitions") != 0)
			sum += json_object_get_int64(count);
	}
	return sum;
}

static void waits_without_a_row_are_counted_and_none_is_put_in_a_wrong_one(void **state)
{
	struct trace *trace = run_small("pipes");
	struct json_object *process, *wait;
	int64_t named = 0, total = 0;

	(void)state;
	process = the_process(trace->profile, json__integer(trace->truth, "pid"));
	assert_true(all_losses(trace->profile) > 0);
	json__each (wait, process, "waits") {
		const char *object = json__string(wait, "object");
		const char *syscall = json__string(wait, "syscall");

		total += json__integer(wait, "total_ns");
		if (!syscall || strcmp(syscall, "read") != 0 || !object ||
		    strncmp(object, "pipe:[", 6) != 0)
			continue;
		/* each pipe was waited for once */
		assert_count(json__integer(wait, "count"), 1);
		named++;
	}
	assert_in_range(named, 1, PIPES - 1);
	/* the blocked time is all there, with or without a name */
	assert_count(total, json__integer(process, "ledger.blocked_ns"));
}

/* The other losses do not go unsaid either: a report without --json tells them. */
static void the_report_says_that_it_is_incomplete(void **state)
{
	struct program *program;

	(void)state;
	program__run(&program,
		     WORDS(live__waitscope(), "profile", "--map-entries", ENTRIES, "--",
			   live__self(), "--as", "crowd"),
		     LIVE_TIMEOUT_MS);
	assert_count(program->status, 0);
	if (!strstr(program__output(program), "lost"))
		live__fail("it does not say what was lost: %s", program__output(program));
}

int main(int argc, char **argv)
{
	static const struct live_role roles[] = {{"crowd", run_crowd}, {"pipes", run_pipes}, {0}};
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(threads_without_a_row_are_counted_and_the_others_are_right),
		LIVE_TEST(waits_without_a_row_are_counted_and_none_is_put_in_a_wrong_one),
		LIVE_TEST(the_report_says_that_it_is_incomplete),
	};

	live__begin(argc, argv, roles);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
