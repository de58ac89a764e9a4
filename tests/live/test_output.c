// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Where results go: a file that is whole or not there, stdout that may be closed or full. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/live/lib/real.h"
#include "tests/live/lib/said.h"

static void a_place_that_cannot_be_written_is_refused_before_the_run(void **state)
{
	const char *directory = real__directory(), *witness = live__scratch("witness");

	(void)state;
	FAILED("/nonexistent/out", "-o", "/nonexistent/out", "--", "touch", witness);
	FAILED(directory, "-o", directory, "--", "touch", witness);
	FAILED("/proc/out", "-o", "/proc/out", "--", "touch", witness);
	assert_false(said__exists(witness));
	assert_count(said__files_in(directory), 0);
}

static void a_file_replaces_the_one_before_as_a_whole(void **state)
{
	const char *directory = real__directory(), *path = live__text("%s/out", directory);
	struct stat before, after;
	struct program *program;

	(void)state;
	live__write_file(path, "the old one");
	assert_int_equal(stat(path, &before), 0);
	program = said__run(WORDS("profile", "--json", "-o", path, "--", "true"));
	assert_count(program->status, 0);
	assert_string_equal(program__output(program), "");
	assert_non_null(json__parse(live__read_file(path, NULL)));
	assert_int_equal(stat(path, &after), 0);
	assert_true(before.st_ino != after.st_ino);
	assert_count(said__files_in(directory), 1);
}

/* The rights of any new file, and the owner that asked for it. */
static void a_file_belongs_to_who_called_sudo(void **state)
{
	const char *directory = real__directory(), *path = live__text("%s/out", directory);
	struct stat status;

	(void)state;
	umask(027);
	setenv("SUDO_UID", "65534", 1);
	setenv("SUDO_GID", "65533", 1);
	assert_count(said__run(WORDS("profile", "-o", path, "--", "true"))->status, 0);
	unsetenv("SUDO_UID");
	unsetenv("SUDO_GID");
	umask(022);
	assert_int_equal(stat(path, &status), 0);
	assert_count(status.st_uid, 65534);
	assert_count(status.st_gid, 65533);
	assert_count(status.st_mode & 07777, 0640);
}

/* However it ends before it is done, there is no half of a file, and none with an odd name. */
static void a_run_that_is_killed_leaves_no_file(void **state)
{
	const char *directory = real__directory(), *path = live__text("%s/out", directory);
	struct program *program;

	(void)state;
	program = program__start(
		WORDS(live__waitscope(), "profile", "-v", "-o", path, "--", "sleep", "20"));
	program__await_errors(program, "attached after");
	assert_false(said__exists(path));
	assert_int_equal(kill(-program->pid, SIGKILL), 0);
	program__wait(program, LIVE_TIMEOUT_MS);
	assert_count(said__files_in(directory), 0);
}

static void a_device_is_written_in_place(void **state)
{
	struct stat status;

	(void)state;
	assert_count(said__run(WORDS("profile", "-o", "/dev/null", "--", "true"))->status, 0);
	assert_int_equal(stat("/dev/null", &status), 0);
	assert_true(S_ISCHR(status.st_mode));
}

/* /dev/stdout is one; no file takes its place. */
static void a_link_is_followed_and_stays(void **state)
{
	const char *directory = real__directory(), *path = live__text("%s/out", directory);
	const char *link = live__text("%s/link", directory);
	struct stat status;

	(void)state;
	live__write_file(path, "the old one");
	assert_int_equal(symlink(path, link), 0);
	assert_count(said__run(WORDS("profile", "--json", "-o", link, "--", "true"))->status, 0);
	assert_int_equal(lstat(link, &status), 0);
	assert_true(S_ISLNK(status.st_mode));
	assert_non_null(json__parse(live__read_file(path, NULL)));
}

/* Runs a shell line in which $0 is waitscope. */
static struct program *shell(const char *line)
{
	struct program *program;

	program__run(&program, WORDS("sh", "-c", line, live__waitscope()), LIVE_TIMEOUT_MS);
	if (strstr(program__errors(program), "Sanitizer"))
		live__fail("a sanitizer complained: %s", program__errors(program));
	return program;
}

static void a_stdout_that_takes_nothing_is_an_error(void **state)
{
	(void)state;
	said__check(shell("exec \"$0\" profile -- true >&-"), 1, "cannot write the results", false);
	said__check(shell("exec \"$0\" profile -- true >/dev/full"), 1, "No space left", false);
	said__check(shell("exec \"$0\" profile --json -- true >/dev/full"), 1, "No space left",
		    false);
}

/* What is meant for stderr must not end up in the file, which is the first that is opened. */
static void a_closed_stderr_is_nothing_else(void **state)
{
	const char *path = live__scratch("out.json");

	(void)state;
	assert_count(shell(live__text("exec \"$0\" profile -v --json -o %s -- sh -c 'echo x >&2; "
				      "exit 3' <&- >&- 2>&-",
				      path))
			     ->status,
		     3);
	assert_non_null(json__parse(live__read_file(path, NULL)));
}

/* `waitscope ... | head`: a reader that goes is no error, and the command is not cut off. */
static void a_reader_that_goes_ends_it_quietly(void **state)
{
	const char *witness = live__scratch("witness");
	struct program *program;

	(void)state;
	program = shell(live__text("{ \"$0\" profile -- sh -c 'sleep 0.4; : >%s; exit 5'; "
				   "echo $? >&2; } | true",
				   witness));
	assert_string_equal(program__errors(program), "5\n");
	assert_true(said__exists(witness));
	program =
		shell(live__text("{ \"$0\" profile -p %d -d 20s; echo $? >&2; } | true", getpid()));
	assert_string_equal(program__errors(program), "0\n");
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(a_place_that_cannot_be_written_is_refused_before_the_run),
		LIVE_TEST(a_file_replaces_the_one_before_as_a_whole),
		LIVE_TEST(a_file_belongs_to_who_called_sudo),
		LIVE_TEST(a_run_that_is_killed_leaves_no_file),
		LIVE_TEST(a_device_is_written_in_place),
		LIVE_TEST(a_link_is_followed_and_stays),
		LIVE_TEST(a_stdout_that_takes_nothing_is_an_error),
		LIVE_TEST(a_closed_stderr_is_nothing_else),
		LIVE_TEST(a_reader_that_goes_ends_it_quietly),
	};

	real__begin(argc, argv, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
