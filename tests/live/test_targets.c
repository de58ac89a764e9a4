// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Who is traced, from when until when: each target of the command line, and the window's edges. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/live/lib/live.h"
#include "tests/live/lib/role.h"

/* --- programs that are traced --------------------------------------------------------------------
 */

static void *read_forever(void *context)
{
	char byte;

	while (read(*(int *)context, &byte, 1) >= 0)
		;
	return NULL;
}

static void *nap_forever(void *context)
{
	(void)context;
	for (;;)
		role__nap(2000);
	return NULL;
}

#define NAPS 20

static void *nap_for_a_while(void *context)
{
	(void)context;
	for (int i = 0; i < NAPS; i++)
		role__nap(1000);
	return NULL;
}

static void make_child(void)
{
	pid_t child = role__check(fork(), "fork");

	if (child == 0) {
		nap_for_a_while(NULL);
		_exit(0);
	}
	waitpid(child, NULL, 0);
	role__say("made child=%d.\n", child);
}

/* A thread that never wakes up, one that naps, and a main thread that does what it is told. */
static int run_family(int argc, char **argv)
{
	int ends[2];
	pid_t reader, napper, late;
	struct stat status;
	char line[32];

	(void)argc, (void)argv;
	role__check(pipe(ends), "pipe");
	fstat(ends[0], &status);
	role__thread("reader", read_forever, &ends[0], &reader);
	role__thread("napper", nap_forever, NULL, &napper);
	role__say("reader=%d. napper=%d. inode=%lu. ready\n", reader, napper,
		  (unsigned long)status.st_ino);
	while (role__hear(line, sizeof(line))) {
		if (strcmp(line, "child") == 0)
			make_child();
		if (strcmp(line, "thread") == 0) {
			pthread_join(role__thread("late", nap_for_a_while, NULL, &late), NULL);
			role__say("made thread=%d.\n", late);
		}
	}
	return 0;
}

/* A process with a child and a grandchild; the grandchild does what it is told. */
static int run_tree(int argc, char **argv)
{
	char line[32];
	pid_t child;

	(void)argc, (void)argv;
	child = role__check(fork(), "fork");
	if (child) {
		waitpid(child, NULL, 0);
		return 0;
	}
	child = role__check(fork(), "fork");
	if (child) {
		waitpid(child, NULL, 0);
		return 0;
	}
	role__say("child=%d. grandchild=%d. ready\n", getppid(), getpid());
	while (role__hear(line, sizeof(line)))
		make_child();
	return 0;
}

static int run_naps(int argc, char **argv)
{
	(void)argc, (void)argv;
	role__say("ready\n");
	nap_forever(NULL);
	return 0;
}

/* --- tests --------------------------------------------------------------------------------------
 */

static struct program *start_family(void)
{
	struct program *family = program__start_role(WORDS("family"));

	task__await_state(family->pid, family->pid, "S");
	task__await_state(family->pid, program__value(family, "reader"), "S");
	return family;
}

static void tell(struct program *program, const char *what)
{
	program__say(program, live__text("%s\n", what));
	program__await_output(program, live__text("made %s=", what));
}

static struct trace *trace_pid(struct program *program, const char *option)
{
	struct trace *trace = trace__start(WORDS(option, live__text("%d", program->was_pid)));

	trace__await_attached(trace);
	return trace;
}

static void stop(struct trace *trace)
{
	program__signal(trace->program, SIGINT);
	trace__finish(trace, LIVE_TIMEOUT_MS);
	assert_count(trace->status, 0);
	assert_conserved(trace->profile);
	assert_nothing_lost(trace->profile);
}

static size_t threads_in(struct json_object *profile)
{
	struct json_object *process;
	size_t count = 0;

	json__each (process, profile, "processes")
		count += json__length(process, "threads");
	return count;
}

static void a_wait_that_is_open_at_both_ends_is_counted_and_censored(void **state)
{
	struct program *family = start_family();
	struct trace *trace = trace__run(WORDS("-p", live__text("%d", family->pid), "-d", "300ms"),
					 LIVE_TIMEOUT_MS);
	struct json_object *thread = the_thread(trace->profile, program__value(family, "reader"));
	struct json_object *wait = the_wait(
		thread, "ipc", "read", live__text("pipe:[%ld]", program__value(family, "inode")));
	int64_t window = json__integer(trace->profile, "window_ns");

	(void)state;
	assert_conserved(trace->profile);
	assert_count(json__length(thread, "waits"), 1);
	assert_count(json__integer(wait, "count"), 1);
	assert_count(json__integer(wait, "censored"), 1);
	assert_count(json__integer(wait, "duration.count"), 0);
	assert_string_equal(json__string(wait, "sleep"), "interruptible");
	assert_count(json__integer(thread, "ledger.blocked_ns"),
		     json__integer(thread, "ledger.lifetime_ns") -
			     json__integer(thread, "ledger.unknown_ns"));
	assert_time_near(json__number(thread, "ledger.blocked_ns"), window);
	assert_count(json__integer(thread, "ledger.running_ns"), 0);
}

static void a_wait_that_was_open_at_the_start_ends_by_its_waker(void **state)
{
	struct program *family = start_family();
	struct trace *trace = trace_pid(family, "-p");
	struct json_object *thread, *wait;

	(void)state;
	tell(family, "thread");
	task__await_state(family->pid, family->pid, "S");
	stop(trace);
	thread = the_thread(trace->profile, family->was_pid);
	wait = the_wait(thread, "ipc", "read", NULL);
	/* one from before, one that is still open; and nothing else was told to it */
	assert_count(json__integer(wait, "censored"), 2);
	assert_in_range(json__integer(wait, "count"), 2, 2 + strlen("thread\n"));
	assert_count(json__integer(wait, "duration.count"), json__integer(wait, "count") - 2);
	assert_count(waker_count(wait, "thread", getpid()), json__integer(wait, "count") - 1);
}

static void what_a_process_creates_is_followed(void **state)
{
	struct program *family = start_family();
	struct trace *trace = trace_pid(family, "-p");
	struct json_object *child, *late;

	(void)state;
	tell(family, "thread");
	tell(family, "child");
	stop(trace);
	assert_count(json__length(trace->profile, "processes"), 2);
	assert_count(threads_in(trace->profile), 5);
	late = the_thread(trace->profile, program__value(family, "made thread"));
	assert_string_equal(json__string(late, "comm"), "late");
	child = the_process(trace->profile, program__value(family, "made child"));
	assert_count(json__integer(child, "ppid"), family->was_pid);
	if (trace__was_hit(trace))
		return;
	assert_count(waits_count(late, "timer", "clock_nanosleep"), NAPS);
	assert_count(waits_count(child, "timer", "clock_nanosleep"), NAPS);
	assert_nothing_unknown(child);
}

static void a_single_thread_is_traced_without_siblings_and_children(void **state)
{
	struct program *family = start_family();
	struct trace *trace = trace_pid(family, "-t");

	(void)state;
	tell(family, "thread");
	tell(family, "child");
	stop(trace);
	assert_count(json__length(trace->profile, "processes"), 1);
	assert_count(threads_in(trace->profile), 1);
	the_thread(trace->profile, family->was_pid);
	assert_string_equal(json__string(trace->profile, "target.kind"), "tid");
}

static void a_thread_that_does_not_lead_can_be_named(void **state)
{
	struct program *family = start_family();
	int napper = program__value(family, "napper");
	struct trace *trace =
		trace__run(WORDS("-t", live__text("%d", napper), "-d", "200ms"), LIVE_TIMEOUT_MS);

	(void)state;
	assert_count(threads_in(trace->profile), 1);
	assert_true(waits_count(the_thread(trace->profile, napper), "timer", NULL) > 2);
	the_process(trace->profile, family->was_pid);
}

static void a_tree_has_all_its_descendants(void **state)
{
	struct program *tree = program__start_role(WORDS("tree"));
	struct trace *trace = trace_pid(tree, "-P");

	(void)state;
	program__say(tree, "child\n");
	program__await_output(tree, "made child=");
	stop(trace);
	assert_count(json__length(trace->profile, "processes"), 4);
	the_process(trace->profile, tree->was_pid);
	the_process(trace->profile, program__value(tree, "child"));
	the_process(trace->profile, program__value(tree, "grandchild"));
	the_process(trace->profile, program__value(tree, "made child"));
}

static void a_process_is_traced_without_the_children_it_had(void **state)
{
	struct program *tree = program__start_role(WORDS("tree"));
	struct trace *trace = trace__run(WORDS("-p", live__text("%d", tree->pid), "-d", "100ms"),
					 LIVE_TIMEOUT_MS);

	(void)state;
	assert_count(json__length(trace->profile, "processes"), 1);
}

static void several_processes_can_be_named(void **state)
{
	struct program *one = program__start_role(WORDS("naps"));
	struct program *two = program__start_role(WORDS("naps"));
	struct program *other = program__start_role(WORDS("naps"));
	struct trace *trace =
		trace__run(WORDS("-p", live__text("%d,%d", one->pid, two->pid), "-d", "100ms"),
			   LIVE_TIMEOUT_MS);

	(void)state;
	assert_count(json__length(trace->profile, "processes"), 2);
	the_process(trace->profile, one->pid);
	the_process(trace->profile, two->pid);
	assert_null(find_process(trace->profile, other->pid));
}

/* A program of another name: a link to this one. */
static const char *link_named(const char *name)
{
	const char *path = live__text("/tmp/%s", name);

	unlink(path);
	if (symlink(live__self(), path))
		live__fail("%s cannot be made", path);
	return path;
}

static void a_name_takes_those_that_are_there_and_those_that_come(void **state)
{
	const char *path = link_named("ws-by-name");
	struct program *before = program__start(WORDS(path, "--as", "naps"));
	struct program *execs = program__start(
		WORDS("sh", "-c", live__text("echo ready; read x; exec %s --as naps", path)));
	struct program *after;
	struct trace *trace;

	(void)state;
	program__await_output(before, "ready");
	program__await_output(execs, "ready");
	trace = trace__start(WORDS("-n", "ws-by-name"));
	trace__await_attached(trace);
	after = program__start(WORDS(path, "--as", "naps"));
	program__say(execs, "go\n");
	program__await_output(after, "ready");
	program__await_output(execs, "ready\nready");
	unlink(path);
	live__sleep_ms(500);
	stop(trace);
	assert_count(json__length(trace->profile, "processes"), 3);
	for (int i = 0; i < 3; i++) {
		pid_t pid = (struct program *[]){before, after, execs}[i]->was_pid;

		assert_true(waits_count(the_process(trace->profile, pid), "timer", NULL) > 0);
	}
}

static void the_window_is_as_long_as_was_asked_for(void **state)
{
	struct program *naps = program__start_role(WORDS("naps"));
	struct trace *trace = trace__run(WORDS("-p", live__text("%d", naps->pid), "-d", "250ms"),
					 LIVE_TIMEOUT_MS);

	(void)state;
	assert_true(json__integer(trace->profile, "window_ns") >= 250000000);
	assert_count(trace->status, 0);
}

static void a_run_ends_with_its_last_target(void **state)
{
	struct program *one = program__start(WORDS("sh", "-c", "echo ready; read x; exit 7"));
	struct program *two = program__start(WORDS("sh", "-c", "echo ready; read x; sleep 0.2"));
	struct trace *trace;

	(void)state;
	program__await_output(one, "ready");
	program__await_output(two, "ready");
	trace = trace__start(WORDS("-p", live__text("%d,%d", one->pid, two->pid)));
	trace__await_attached(trace);
	program__say(one, "go\n");
	program__wait(one, LIVE_TIMEOUT_MS);
	program__say(two, "go\n");
	program__wait(two, LIVE_TIMEOUT_MS);
	trace__finish(trace, LIVE_TIMEOUT_MS);
	assert_count(trace->status, 0);
	assert_true(json__is_null(trace->profile, "exit_status"));
	assert_conserved(trace->profile);
}

int main(int argc, char **argv)
{
	static const struct live_role roles[] = {
		{"family", run_family}, {"tree", run_tree}, {"naps", run_naps}, {0}};
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(a_wait_that_is_open_at_both_ends_is_counted_and_censored),
		LIVE_TEST(a_wait_that_was_open_at_the_start_ends_by_its_waker),
		LIVE_TEST(what_a_process_creates_is_followed),
		LIVE_TEST(a_single_thread_is_traced_without_siblings_and_children),
		LIVE_TEST(a_thread_that_does_not_lead_can_be_named),
		LIVE_TEST(a_tree_has_all_its_descendants),
		LIVE_TEST(a_process_is_traced_without_the_children_it_had),
		LIVE_TEST(several_processes_can_be_named),
		LIVE_TEST(a_name_takes_those_that_are_there_and_those_that_come),
		LIVE_TEST(the_window_is_as_long_as_was_asked_for),
		LIVE_TEST(a_run_ends_with_its_last_target),
	};

	live__begin(argc, argv, roles);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
