// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What a machine does not allow (open files, locked memory, threads and processes, io_uring): the
 * limits are real ones here. waitscope traces all the same where it may raise them, `models` leaves
 * out what cannot be run and says why in one line, and a workload says which call failed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/live/lib/models.h"
#include "tests/live/lib/role.h"

#define FILES 256 /* enough for waitscope, too few for a thousand connections */
#define TASKS 60

/* --- a program under limits ------------------------------------------------------------------- */

/* The hard one, too, unless only the soft one is to be low: that one can be raised by anybody. */
static void limit(int resource, const char *number, bool hard)
{
	rlim_t value = strtoul(number, NULL, 10);
	struct rlimit limits;

	role__check(getrlimit(resource, &limits), "getrlimit");
	limits.rlim_cur = value;
	if (hard)
		limits.rlim_max = value;
	role__check(setrlimit(resource, &limits), "setrlimit");
}

static void join(const char *group)
{
	char path[600];
	int fd;

	snprintf(path, sizeof(path), "%s/cgroup.procs", group);
	fd = (int)role__check(open(path, O_WRONLY | O_CLOEXEC), path);
	role__check(write(fd, "0", 1), path);
	close(fd);
}

/* Like sysctl kernel.io_uring_disabled, but for this program and its children only. */
static void forbid_io_uring(void)
{
	struct sock_filter rules[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {sizeof(rules) / sizeof(rules[0]), rules};

	role__check(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), "seccomp");
}

/* files=N memlock=N group=PATH bare no-io_uring -- COMMAND...; bare: root that may not exceed them
 */
static int run_limited(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "files=", 6) == 0)
			limit(RLIMIT_NOFILE, argv[i] + 6, true);
		else if (strncmp(argv[i], "soft-files=", 11) == 0)
			limit(RLIMIT_NOFILE, argv[i] + 11, false);
		else if (strncmp(argv[i], "memlock=", 8) == 0)
			limit(RLIMIT_MEMLOCK, argv[i] + 8, true);
		else if (strncmp(argv[i], "group=", 6) == 0)
			join(argv[i] + 6);
		else if (strcmp(argv[i], "no-io_uring") == 0)
			forbid_io_uring();
		else if (strcmp(argv[i], "bare") == 0) {
			role__check(prctl(PR_CAPBSET_DROP, CAP_SYS_RESOURCE), "CAP_SYS_RESOURCE");
			role__check(prctl(PR_CAPBSET_DROP, CAP_IPC_LOCK), "CAP_IPC_LOCK");
		} else if (strcmp(argv[i], "--") == 0) {
			execvp(argv[i + 1], argv + i + 1);
			return 126;
		}
	}
	return 125;
}

#define LIMITED(...) WORDS(live__self(), "--as", "limited", __VA_ARGS__, "--")

/* It ends with status 1 and says why in one line. */
static void check_says(const char *const *words, const char *text)
{
	struct program *program;
	char *errors;

	program__run(&program, words, LIVE_TIMEOUT_MS);
	errors = program__errors(program);
	if (program->status != 1 || !strstr(errors, text))
		live__fail("status %d, '%s' is not in: %s", program->status, text, errors);
	if (strchr(errors, '\n') != errors + strlen(errors) - 1)
		live__fail("not one line: %s", errors);
	assert_string_equal(program__output(program), "");
}

#define CHECK_SAYS(text, ...) check_says(WORDS(live__self(), "--as", "limited", __VA_ARGS__), text)

/* --- a cgroup with few tasks ------------------------------------------------------------------ */

static char group[512];

/* Where a group with a limit of its own can be made, in either version of cgroups. */
static const char *pids_mount(void)
{
	const char *controllers;

	if (access("/sys/fs/cgroup/pids/cgroup.procs", W_OK) == 0)
		return "/sys/fs/cgroup/pids";
	controllers = live__read_file("/sys/fs/cgroup/cgroup.controllers", NULL);
	if (!controllers || !strstr(controllers, "pids"))
		live__skip("there are no cgroups that limit tasks");
	if (!strstr(live__read_file("/sys/fs/cgroup/cgroup.subtree_control", NULL), "pids"))
		live__write_file("/sys/fs/cgroup/cgroup.subtree_control", "+pids");
	return "/sys/fs/cgroup";
}

/* "group=PATH", for LIMITED() */
static const char *few_tasks(void)
{
	snprintf(group, sizeof(group), "%s/waitscope-live-%d", pids_mount(), getpid());
	if (mkdir(group, 0755))
		live__skip("%s: %s", group, strerror(errno));
	live__write_file(live__text("%s/pids.max", group), live__text("%d", TASKS));
	return live__text("group=%s", group);
}

static int remove_group(void **state)
{
	int result = live__end_test(state); /* ends the processes in it */

	/* a killed process leaves its group a little later than its parent hears of it */
	for (int i = 0; i < 100 && *group && rmdir(group) && errno == EBUSY; i++)
		live__sleep_ms(10);
	*group = '\0';
	return result;
}

/* --- open files ------------------------------------------------------------------------------- */

/* What waitscope needs for itself is no affair of the command's, which still has 64. */
static void check_raised(const char *files)
{
	const char *path = live__scratch("profile.json");
	struct program *program;

	program__run(&program,
		     WORDS(live__self(), "--as", "limited", files, "--", live__waitscope(),
			   "profile", "--json", "-o", path, "--", "sh", "-c", "ulimit -n"),
		     LIVE_TIMEOUT_MS);
	if (program->status)
		live__fail("status %d: %s", program->status, program__errors(program));
	assert_string_equal(program__output(program), "64\n");
	assert_string_equal(program__errors(program), "");
	assert_conserved(json__parse(live__read_file(path, NULL)));
}

static void few_open_files_are_raised_for_waitscope_alone(void **state)
{
	(void)state;
	check_raised("soft-files=64");
	if (prctl(PR_CAPBSET_READ, CAP_SYS_RESOURCE) == 1) /* not in every sandbox */
		check_raised("files=64");
}

static void where_they_cannot_be_raised_it_is_said(void **state)
{
	(void)state;
	CHECK_SAYS("open files", "files=64", "bare", "--", live__waitscope(), "profile", "--",
		   "true");
}

static void connections_without_open_files_are_left_out(void **state)
{
	struct models models = models__run(0, LIMITED(live__text("files=%d", FILES), "bare"),
					   WORDS("--only", "loop,process,epoll", "--ops", "20"));

	(void)state;
	models__check_row(models__row(&models, "epoll", 0));
	models__check_row(models__row(&models, "loop", 10));
	models__check_row(models__row(&models, "loop", 100));
	models__check_row(
		models__row(&models, "process", 10)); /* by its children: it accepts ten */
	for (int64_t scale = 1000; scale <= 10000; scale *= 10)
		models__check_left_out(&models, models__row(&models, "loop", scale),
				       live__text("a process can have %d open files", FILES));
}

static void workloads_name_the_call_that_lacks_a_file(void **state)
{
	(void)state;
	CHECK_SAYS("the limit is 64", "files=64", "bare", "--", live__workload("thread_server"),
		   "--connections", "1000");
	CHECK_SAYS("the limit is 64", "files=64", "bare", "--", live__workload("connections"),
		   "--target", "127.0.0.1:1", "--connections", "1000");
	CHECK_SAYS("the limit is 64", "files=64", "bare", "--", live__workload("epoll"),
		   "--descriptors", "100");
}

/* --- memory that must not be locked, io_uring that is refused --------------------------------- */

/* Whether a ring can be had without locking memory, which depends on the kernel. */
static int run_ring(int argc, char **argv)
{
	struct io_uring_params parameters = {0};

	(void)argc, (void)argv;
	return syscall(SYS_io_uring_setup, 8, &parameters) < 0;
}

static void rings_that_may_not_lock_memory_are_left_out(void **state)
{
	struct program *program;
	struct models models;

	(void)state;
	program__run(&program,
		     WORDS(live__self(), "--as", "limited", "memlock=0", "bare", "--", live__self(),
			   "--as", "ring"),
		     LIVE_TIMEOUT_MS);
	models = models__run(0, LIMITED("memlock=0", "bare"),
			     WORDS("--quick", "--only", "io_uring,linux_aio,epoll"));
	models__check_row(models__row(&models, "linux_aio", 0));
	models__check_row(models__row(&models, "epoll", 0));
	if (program->status == 0) {
		models__check_row(models__row(&models, "io_uring", 0));
		return;
	}
	models__check_left_out(&models, models__row(&models, "io_uring", 0), "ulimit -l");
	CHECK_SAYS("io_uring", "memlock=0", "bare", "--", live__workload("io_uring"));
}

static void without_io_uring_the_rest_goes_on(void **state)
{
	struct models models =
		models__run(0, LIMITED("no-io_uring"),
			    WORDS("--quick", "--only", "io_uring,uring,async,epoll"));

	(void)state;
	models__check_left_out(&models, models__row(&models, "io_uring", 0), "not allowed here");
	models__check_left_out(&models, models__row(&models, "uring", 0), "not allowed here");
	models__check_left_out(&models, models__row(&models, "async", 0), "not allowed here");
	assert_count(json__length(models.document, "notes"), 1);
	models__check_row(models__row(&models, "epoll", 0));
}

static void workloads_say_that_io_uring_is_refused(void **state)
{
	(void)state;
	CHECK_SAYS("io_uring", "no-io_uring", "--", live__workload("io_uring"));
	CHECK_SAYS("io_uring", "no-io_uring", "--", live__workload("uring_server"));
	CHECK_SAYS("io_uring", "no-io_uring", "--", live__workload("overlap"), "--way", "async");
}

/* --- threads and processes -------------------------------------------------------------------- */

static void what_needs_more_tasks_is_left_out(void **state)
{
	struct models models =
		models__run(0, LIMITED(few_tasks()),
			    WORDS("--quick", "--only", "posix_aio,thread,process,loop,threads"));

	(void)state;
	models__check_row(models__row(&models, "posix_aio", 0));
	models__check_row(models__row(&models, "loop", 100));
	models__check_left_out(&models, models__row(&models, "thread", 100),
			       "pids.max of the cgroup leaves room for");
	models__check_left_out(&models, models__row(&models, "process", 100),
			       "pids.max of the cgroup leaves room for");
	models__check_left_out(&models, models__row(&models, "threads", 1000),
			       "pids.max of the cgroup leaves room for");
}

static void threads_that_cannot_be_made_are_said(void **state)
{
	const char *in_group = few_tasks(), *threads = live__workload("threads");
	struct json_object *truth;
	struct program *program;

	(void)state;
	CHECK_SAYS("pids.max", in_group, "--", threads, "--count", "100", "--hold", "10ms");
	program__run(&program,
		     WORDS(live__self(), "--as", "limited", in_group, "--", threads, "--count",
			   "100", "--hold", "10ms", "--up-to"),
		     LIVE_TIMEOUT_MS);
	assert_count(program->status, 0);
	truth = json__parse(program__output(program));
	assert_count(json__integer(truth, "threads"), TASKS - 1);
	assert_non_null(json__string(truth, "limit"));
}

/* Half of the connections are refused; the server serves the rest, and ends. */
static void check_server(const char *in_group, const char *name, const char *call)
{
	struct program *server, *client;
	struct json_object *truth;
	char *said;

	server = program__start(WORDS(live__self(), "--as", "limited", in_group, "--",
				      live__workload(name), "--connections", "100"));
	program__await_errors(server, "\n");
	said = strstr(program__errors(server), "127.0.0.1:");
	assert_non_null(said);
	program__run(&client,
		     WORDS(live__workload("connections"), "--target", strtok(said, "\n"),
			   "--connections", "100", "--requests", "200"),
		     LIVE_TIMEOUT_MS);
	program__wait(server, LIVE_TIMEOUT_MS);
	assert_count(server->status, 0);
	truth = json__parse(program__output(server));
	assert_count(json__integer(truth, "connections"), TASKS - 1);
	assert_count(json__integer(truth, "connections_refused"), 100 - (TASKS - 1));
	assert_non_null(strstr(program__errors(server), call));
}

static void servers_refuse_what_they_have_no_task_for(void **state)
{
	const char *in_group = few_tasks();

	(void)state;
	check_server(in_group, "thread_server", "pthread_create: ");
	check_server(in_group, "process_server", "fork: ");
}

int main(int argc, char **argv)
{
	static const struct live_role roles[] = {{"limited", run_limited}, {"ring", run_ring}, {0}};
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(few_open_files_are_raised_for_waitscope_alone),
		LIVE_TEST(where_they_cannot_be_raised_it_is_said),
		LIVE_TEST(connections_without_open_files_are_left_out),
		LIVE_TEST(workloads_name_the_call_that_lacks_a_file),
		LIVE_TEST(rings_that_may_not_lock_memory_are_left_out),
		LIVE_TEST(without_io_uring_the_rest_goes_on),
		LIVE_TEST(workloads_say_that_io_uring_is_refused),
		cmocka_unit_test_teardown(what_needs_more_tasks_is_left_out, remove_group),
		cmocka_unit_test_teardown(threads_that_cannot_be_made_are_said, remove_group),
		cmocka_unit_test_teardown(servers_refuse_what_they_have_no_task_for, remove_group),
	};

	live__begin(argc, argv, roles);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
