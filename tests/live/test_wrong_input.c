// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Wrong input: exit status 2 (usage) or 1 (the world is not so), and one line that says what. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/live/lib/real.h"
#include "tests/live/lib/said.h"

/* One more than the kernel ever gives (PID_MAX_LIMIT is not given either). */
#define NO_ID "4194303"

static void numbers_are_parsed_strictly(void **state)
{
	(void)state;
	REFUSED("--pid abc", "-p", "abc");
	REFUSED("--pid", "-p", "");
	REFUSED("--pid 0", "-p", "0");
	REFUSED("--pid -5", "-p", "-5");
	REFUSED("--pid 1,,2", "-p", "1,,2");
	REFUSED("--pid 1x", "--pid", "1x");
	REFUSED("--pid 99999999999999999999", "-p", "99999999999999999999");
	REFUSED("--pid abc", "-p", "1", "-p", "abc");
	REFUSED("--tid abc", "-t", "abc");
	REFUSED("--tree x", "-P", "x");
	REFUSED("--top x", "--top", "x", "--", "true");
	REFUSED("--top 0", "--top", "0", "--", "true");
	REFUSED("--map-entries x", "--map-entries", "x", "--", "true");
	REFUSED("--map-entries 0", "--map-entries", "0", "--", "true");
	REFUSED("--memory 64Q", "--memory", "64Q", "--", "true");
	REFUSED("--memory 1", "--memory", "1", "--", "true");
}

static void times_are_parsed_strictly(void **state)
{
	(void)state;
	REFUSED("--duration abc", "-d", "abc", "--", "true");
	REFUSED("--duration", "-d", "", "--", "true");
	REFUSED("--duration -1", "-d", "-1", "--", "true");
	REFUSED("--duration 0", "-d", "0", "--", "true");
	REFUSED("--duration 0ms", "-d", "0ms", "--", "true");
	REFUSED("--duration 1x", "-d", "1x", "--", "true");
	REFUSED("--duration 1.5.5s", "-d", "1.5.5s", "--", "true");
	REFUSED("--duration 0.1ns", "-d", "0.1ns", "--", "true");
	REFUSED("--duration 99999999999h", "--duration", "99999999999h", "--", "true");
	REFUSED("--min 3 ms", "--min", "3 ms", "--", "true");
}

static void words_are_checked(void **state)
{
	(void)state;
	REFUSED("--tier x", "--tier", "x", "--", "true");
	REFUSED("--name", "-n", "");
	REFUSED("--name sixteen-letters-", "-n", "sixteen-letters-");
	REFUSED("--cgroup", "-g", "");
	REFUSED("--nonsense", "--nonsense", "--", "true");
	REFUSED("'Z'", "-Z", "--", "true");
	REFUSED("'p'", "-p");
	REFUSED("--tier", "--tier");
}

static void targets_exclude_each_other(void **state)
{
	const char *witness = live__scratch("witness");

	(void)state;
	REFUSED("--pid and --all cannot be combined", "-p", "1", "-a");
	REFUSED("--all and --pid cannot be combined", "-a", "-p", "1");
	REFUSED("--pid and --tid cannot be combined", "-p", "1", "-t", "1");
	REFUSED("--name and --cgroup cannot be combined", "-n", "x", "-g", "/sys/fs/cgroup");
	REFUSED("--pid and a command cannot be combined", "-p", "1", "--", "touch", witness);
	REFUSED("--all and a command cannot be combined", "-a", "touch", witness);
	REFUSED("nothing to trace", "-d", "1s");
	assert_false(said__exists(witness));
}

static void verbs_are_checked(void **state)
{
	struct program *program = said__run(WORDS(NULL));

	(void)state;
	assert_count(program->status, 2);
	assert_string_equal(program__output(program), "");
	assert_non_null(strstr(program__errors(program), "Usage: waitscope VERB"));
	said__check(said__run(WORDS("frobnicate", "-p", "1")), 2, "no verb 'frobnicate'", false);
	said__check(said__run(WORDS("doctor", "--nonsense")), 2, "--nonsense", true);
	said__check(said__run(WORDS("doctor", "me")), 2, "arguments", true);
	said__check(said__run(WORDS("workload", "run", "nonsense")), 2, "no workload 'nonsense'",
		    false);
	assert_count(said__run(WORDS("workload"))->status, 2);
}

static void help_has_examples(void **state)
{
	static const char *const verbs[] = {"profile", "models", "diff", "doctor", "workload"};
	static const char *const forms[] = {"--help", "-h"};
	struct program *program;

	(void)state;
	for (int verb = 0; verb < 5; verb++) {
		for (int form = 0; form < 2; form++) {
			program = said__run(WORDS(verbs[verb], forms[form]));
			assert_count(program->status, 0);
			assert_string_equal(program__errors(program), "");
			assert_non_null(strstr(program__output(program), "Example"));
			assert_non_null(strstr(program__output(program),
					       live__text("waitscope %s", verbs[verb])));
		}
	}
	program = said__run(WORDS("--help"));
	assert_count(program->status, 0);
	for (int verb = 0; verb < 5; verb++)
		assert_non_null(strstr(program__output(program), verbs[verb]));
	assert_non_null(strstr(program__output(program), "sudo waitscope profile"));
	assert_count(said__run(WORDS("--version"))->status, 0);
	program = said__run(WORDS("profile", "-V"));
	assert_count(program->status, 0);
	assert_non_null(strstr(program__output(program), "waitscope "));
}

static void targets_that_do_not_exist_are_named(void **state)
{
	const char *directory = real__directory();

	(void)state;
	FAILED("process " NO_ID, "-p", NO_ID);
	FAILED("process " NO_ID, "-p", live__text("%d,%s", getpid(), NO_ID), "-d", "1s");
	FAILED("process " NO_ID, "-P", NO_ID);
	FAILED("thread " NO_ID, "-t", NO_ID);
	FAILED("/nonexistent/group", "-g", "/nonexistent/group");
	FAILED(directory, "-g", directory);
	FAILED("cgroup v2", "-g", directory);
	FAILED("/etc/passwd", "-g", "/etc/passwd");
}

/* Dead, but not yet waited for: there is a process of that number, and it will do nothing more. */
static void a_process_that_has_died_is_no_target(void **state)
{
	pid_t pid = fork();
	siginfo_t info;

	(void)state;
	if (pid == 0)
		_exit(0);
	assert_int_equal(waitid(P_PID, pid, &info, WEXITED | WNOWAIT), 0);
	FAILED("ended before it could be traced", "-p", live__text("%d", pid));
	waitpid(pid, NULL, 0);
}

/* A copy that everybody may run, wherever the build directory is. */
static const char *public_waitscope(void)
{
	const char *path = live__text("%s/waitscope", real__directory());

	if (program__run(NULL, WORDS("cp", live__waitscope(), path), LIVE_TIMEOUT_MS) != 0 ||
	    chmod(path, 0755))
		live__fail("cannot copy waitscope");
	return path;
}

static void without_rights_it_says_which_it_needs(void **state)
{
	static const char *const drops[][4] = {
		{"--reuid=65534", "--regid=65534", "--clear-groups", NULL},
		/* one of the two is not enough */
		{"--bounding-set=-all,+bpf", "--inh-caps=-all,+bpf", "--reset-env", NULL},
		{"--bounding-set=-all,+perfmon", "--inh-caps=-all,+perfmon", "--reset-env", NULL},
	};
	const char *waitscope = public_waitscope(), *witness = live__scratch("witness");
	struct program *program;

	(void)state;
	for (int i = 0; i < 3; i++) {
		program__run(&program,
			     WORDS("setpriv", drops[i][0], drops[i][1], drops[i][2], waitscope,
				   "profile", "--", "touch", witness),
			     LIVE_TIMEOUT_MS);
		said__check(program, 1, "CAP_BPF", false);
		assert_non_null(strstr(program__errors(program), "CAP_PERFMON"));
		assert_non_null(strstr(program__errors(program), "sudo"));
		assert_false(said__exists(witness));
	}
	/* nor is anything pinned, which alone could outlive it */
	program__run(&program, WORDS("find", "/sys/fs/bpf", "-name", "*waitscope*"),
		     LIVE_TIMEOUT_MS);
	assert_string_equal(program__output(program), "");
	program__run(&program,
		     WORDS("setpriv", drops[0][0], drops[0][1], drops[0][2], waitscope, "doctor"),
		     LIVE_TIMEOUT_MS);
	assert_count(program->status, 1);
	assert_non_null(strstr(program__output(program), "CAP_BPF"));
}

/* Both together are enough: neither root nor CAP_SYS_ADMIN is asked for. */
static void the_two_capabilities_are_enough(void **state)
{
	struct program *program;

	(void)state;
	program__run(&program,
		     WORDS("setpriv", "--bounding-set=-all,+bpf,+perfmon",
			   "--inh-caps=-all,+bpf,+perfmon", public_waitscope(), "profile", "--",
			   "true"),
		     LIVE_TIMEOUT_MS);
	if (program->status != 0)
		live__fail("status %d: %s", program->status, program__errors(program));
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(numbers_are_parsed_strictly),
		LIVE_TEST(times_are_parsed_strictly),
		LIVE_TEST(words_are_checked),
		LIVE_TEST(targets_exclude_each_other),
		LIVE_TEST(verbs_are_checked),
		LIVE_TEST(help_has_examples),
		LIVE_TEST(targets_that_do_not_exist_are_named),
		LIVE_TEST(a_process_that_has_died_is_no_target),
		LIVE_TEST(without_rights_it_says_which_it_needs),
		LIVE_TEST(the_two_capabilities_are_enough),
	};

	real__begin(argc, argv, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
