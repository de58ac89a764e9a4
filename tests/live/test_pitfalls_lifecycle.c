// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Births, deaths and changes of identity: ids that are used again, exec, leaders that die first. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/live/lib/live.h"
#include "tests/live/lib/role.h"

#define NAPS 10

static void take_naps(void)
{
	for (int i = 0; i < NAPS; i++)
		role__nap(1000);
}

static void *nap_here(void *context)
{
	(void)context;
	take_naps();
	return NULL;
}

static int64_t naps_of(struct json_object *owner)
{
	return waits_count(owner, "timer", "clock_nanosleep");
}

static struct json_object *only_process(struct trace *trace)
{
	assert_count(json__length(trace->profile, "processes"), 1);
	return json_object_array_get_idx(json__at(trace->profile, "processes"), 0);
}

/* --- an id that is used again ------------------------------------------------------------------
 */

#define REUSES 20

/* fork(), with the id that is wanted; -1 if the kernel does not do that. */
static pid_t fork_as(pid_t pid)
{
	struct clone_args arguments = {.exit_signal = SIGCHLD};

	if (pid) {
		arguments.set_tid = (uintptr_t)&pid;
		arguments.set_tid_size = 1;
	}
	return syscall(SYS_clone3, &arguments, sizeof(arguments));
}

/* Children that have the same id one after the other, with pauses in between. */
static int run_reuse(int argc, char **argv)
{
	pid_t pid = 0, child;

	(void)argc, (void)argv;
	for (int i = 0; i < REUSES; i++) {
		child = fork_as(pid);
		if (child < 0)
			return 77;
		if (child == 0) {
			take_naps();
			_exit(0);
		}
		pid = child;
		role__check(waitpid(child, NULL, 0), "waitpid");
		role__nap(3000);
	}
	role__say("{\"child\": %d}\n", pid);
	return 0;
}

/* What happened between two holders of an id is the time of neither. */
static void an_id_that_is_used_again_does_not_join_two_lives(void **state)
{
	struct program *probe;
	struct json_object *process, *thread;
	struct trace *trace;
	int64_t lives = 0;
	pid_t pid;

	(void)state;
	if (program__run(&probe, WORDS(live__self(), "--as", "reuse"), LIVE_TIMEOUT_MS) == 77)
		live__skip("this kernel does not let a child's id be chosen");
	trace = trace__role("full", WORDS("reuse"));
	pid = json__integer(trace->truth, "child");
	assert_conserved(trace->profile);
	assert_nothing_lost(trace->profile);
	json__each (process, trace->profile, "processes") {
		if (json__integer(process, "pid") != pid)
			continue;
		json__each (thread, process, "threads") {
			struct json_object *wait = the_wait(thread, "timer", NULL, NULL);

			lives++;
			assert_count(naps_of(thread), NAPS);
			assert_count(json__integer(wait, "duration.count"), NAPS);
			assert_count(json__integer(thread, "ledger.unknown_ns"), 0);
			/* no wait and no call lasts from one life into the next */
			assert_true(json__integer(wait, "duration.sum_ns") <=
				    json__integer(thread, "ledger.lifetime_ns"));
			assert_count(syscall_calls(thread, "clock_nanosleep"), NAPS);
			assert_count(syscall_calls(thread, "wait4"), 0);
		}
	}
	assert_count(lives, REUSES);
}

/* --- exec ------------------------------------------------------------------------------------- */

static int run_naps(int argc, char **argv)
{
	(void)argc, (void)argv;
	take_naps();
	return 0;
}

static void *exec_here(void *context)
{
	(void)context;
	take_naps();
	execl(live__self(), live__self(), "--as", "naps", NULL);
	role__check(-1, "execl");
	return NULL;
}

static void *rest_here(void *context)
{
	(void)context;
	for (;;)
		pause();
	return NULL;
}

/* Three threads, of which one that does not lead becomes another program. */
static int run_execer(int argc, char **argv)
{
	(void)argc, (void)argv;
	role__thread("bystander", rest_here, NULL, NULL);
	role__thread("execer", exec_here, NULL, NULL);
	rest_here(NULL);
	return 1;
}

static void a_thread_that_becomes_the_leader_by_exec_keeps_its_books(void **state)
{
	struct trace *trace = trace__role("full", WORDS("execer"));
	struct json_object *process = only_process(trace), *thread, *survivor = NULL;
	pid_t pid = json__integer(process, "pid");

	(void)state;
	assert_conserved(trace->profile);
	assert_nothing_lost(trace->profile);
	assert_nothing_unknown(process);
	/* the leader and the bystander died of it; the execer has the leader's id now */
	assert_count(json__length(process, "threads"), 3);
	json__each (thread, process, "threads") {
		if (json__integer(thread, "tid") == pid && naps_of(thread))
			survivor = thread;
		else
			assert_true(json__integer(thread, "end_ns") <
				    json__integer(trace->profile, "window_ns"));
	}
	assert_non_null(survivor);
	/* as the execer, and as the program that it became */
	assert_count(naps_of(survivor), 2 * NAPS);
	assert_string_not_equal(json__string(survivor, "comm"), "execer");
	assert_count(syscall_calls(survivor, "execve"), 1);
}

static int run_execs(int argc, char **argv)
{
	(void)argc, (void)argv;
	for (int i = 0; i < 5; i++) {
		execl("/nonexistent/program", "program", NULL);
		if (errno != ENOENT)
			return 1;
	}
	execl("/", "/", NULL);
	if (errno != EACCES)
		return 1;
	take_naps();
	execl(live__self(), live__self(), "--as", "naps", NULL);
	return 1;
}

static void exec_that_fails_is_an_error_and_changes_nothing(void **state)
{
	struct trace *trace = trace__role("full", WORDS("execs"));
	struct json_object *process = only_process(trace);
	struct json_object *call = the_syscall(process, "execve");

	(void)state;
	assert_conserved(trace->profile);
	assert_nothing_unknown(process);
	assert_count(json__integer(call, "errors"), 6);
	assert_count(json__integer(call, "errnos.ENOENT"), 5);
	assert_count(json__integer(call, "errnos.EACCES"), 1);
	/* the one at the end succeeded; the one that began the command is older than its books */
	assert_count(json__integer(call, "calls"), 7);
	assert_count(naps_of(process), 2 * NAPS);
	assert_count(json__length(process, "threads"), 1);
}

/* --- the leader dies first ---------------------------------------------------------------------
 */

static int run_orphan(int argc, char **argv)
{
	(void)argc, (void)argv;
	role__thread("orphan", nap_here, NULL, NULL);
	pthread_exit(NULL);
}

static void a_thread_outlives_its_leader(void **state)
{
	struct trace *trace = trace__role("full", WORDS("orphan"));
	struct json_object *process = only_process(trace), *orphan;
	struct json_object *leader = the_thread(trace->profile, json__integer(process, "pid"));

	(void)state;
	assert_conserved(trace->profile);
	assert_nothing_lost(trace->profile);
	assert_nothing_unknown(process);
	orphan = the_thread_named(process, "orphan");
	assert_count(naps_of(orphan), NAPS);
	assert_true(json__integer(leader, "end_ns") < json__integer(orphan, "end_ns"));
	assert_count(naps_of(leader), 0);
	/* the process is as long as its last thread, and its name is still the leader's */
	assert_true(json__integer(process, "lifetime_ns") >=
		    json__integer(orphan, "ledger.lifetime_ns"));
	assert_string_equal(json__string(process, "comm"), json__string(leader, "comm"));
}

/* --- vfork -------------------------------------------------------------------------------------
 */

static int run_vfork(int argc, char **argv)
{
	(void)argc, (void)argv;
	for (int i = 0; i < NAPS; i++) {
		pid_t child = vfork();

		if (child == 0) {
			syscall(SYS_nanosleep, &(struct timespec){0, 3000000}, NULL);
			_exit(0);
		}
		role__check(waitpid(child, NULL, 0), "waitpid");
	}
	return 0;
}

static void the_parent_of_a_vfork_waits_for_its_child(void **state)
{
	struct trace *trace = trace__role("full", WORDS("vfork"));
	struct json_object *process, *wait = NULL;

	(void)state;
	assert_count(json__length(trace->profile, "processes"), 1 + NAPS);
	assert_conserved(trace->profile);
	json__each (process, trace->profile, "processes")
		if (!wait)
			wait = find_wait(process, "child", "vfork", NULL);
	if (!wait)
		live__fail("nobody waited in vfork");
	assert_count(json__integer(wait, "count"), NAPS);
	assert_string_equal(json__string(wait, "sleep"), "killable");
	assert_count(waker_count(wait, "thread", 0), NAPS);
	if (!live__emulated())
		assert_true(json__integer(wait, "total_ns") >= NAPS * 2900000LL);
}

int main(int argc, char **argv)
{
	static const struct live_role roles[] = {
		{"reuse", run_reuse},
		{"naps", run_naps},
		{"execer", run_execer},
		{"execs", run_execs},
		{"orphan", run_orphan},
		{"vfork", run_vfork},
		{0},
	};
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(an_id_that_is_used_again_does_not_join_two_lives),
		LIVE_TEST(a_thread_that_becomes_the_leader_by_exec_keeps_its_books),
		LIVE_TEST(exec_that_fails_is_an_error_and_changes_nothing),
		LIVE_TEST(a_thread_outlives_its_leader),
		LIVE_TEST(the_parent_of_a_vfork_waits_for_its_child),
	};

	live__begin(argc, argv, roles);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
