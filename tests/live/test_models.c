// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * `waitscope models`: its rows are there, their counts are what was asked for, waitscope's verdict
 * is what each program is, and what cannot be run does not keep the rest from running.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/live/lib/said.h"
#include "tests/live/lib/schema.h"

#define OPS	   25
#define TIMEOUT_MS 120000

struct models {
	struct program *program;
	const char *path;
	struct json_object *document;
};

/* Runs `waitscope models --quick --json WORDS...`, which ends with `status`. */
static struct models run_models(int status, const char *const *before, const char *const *words)
{
	struct models models = {.path = live__scratch("models.json")};
	const char *all[32];
	size_t count = 0;

	for (; *before; before++)
		all[count++] = *before;
	all[count++] = live__waitscope();
	all[count++] = "models";
	all[count++] = "--quick";
	all[count++] = "--json";
	all[count++] = "-o";
	all[count++] = models.path;
	for (; *words; words++)
		all[count++] = *words;
	all[count] = NULL;
	program__run(&models.program, all, TIMEOUT_MS);
	if (models.program->status != status)
		live__fail("status %d, not %d: %s", models.program->status, status,
			   program__errors(models.program));
	if (strstr(program__errors(models.program), "Sanitizer"))
		live__fail("a sanitizer complained: %s", program__errors(models.program));
	models.document = json__parse(live__read_file(models.path, NULL));
	assert_non_null(models.document);
	return models;
}

static struct json_object *the_row(const struct models *models, const char *name)
{
	struct json_object *row;

	json__each (row, models->document, "rows")
		if (strcmp(json__string(row, "name"), name) == 0)
			return row;
	live__fail("there is no row '%s'", name);
	return NULL;
}

static double figure(struct json_object *row, const char *name)
{
	return json__number(json__at(row, "figures"), name);
}

/* It ran, was traced whole, and is taken for what it is. */
static void check_row(struct json_object *row)
{
	const char *name = json__string(row, "name");

	if (strcmp(json__string(row, "outcome"), "ran") != 0)
		live__fail("%s %s: %s", name, json__string(row, "outcome"),
			   json__string(row, "problem"));
	assert_true(json__boolean(row, "conserved"));
	if (json__integer(row, "lost") > 0)
		return; /* then the verdict may be unknown, and has to say why */
	if (json__has(row, "verdict.agrees") && !json__boolean(row, "verdict.agrees"))
		live__fail("%s is taken for %s", name, json__show(json__at(row, "verdict")));
}

static const struct {
	const char *name, *completion_is;
	bool has_requests;
} receivers[] = {
	{"blocking", "data", false},	{"spin", "data", false},      {"backoff", "data", false},
	{"select", "readiness", false}, {"poll", "readiness", false}, {"epoll", "readiness", false},
	{"posix_aio", "data", true},	{"linux_aio", "data", true},  {"io_uring", "data", true},
};

#define RECEIVERS (sizeof(receivers) / sizeof(receivers[0]))

static void every_model_does_the_same_task(void **state)
{
	struct models models = run_models(
		0, WORDS(NULL), WORDS("--only", "receive", "--ops", live__text("%d", OPS)));

	(void)state;
	assert_count(json__length(models.document, "rows"), RECEIVERS);
	for (size_t i = 0; i < RECEIVERS; i++) {
		struct json_object *row = the_row(&models, receivers[i].name);

		check_row(row);
		assert_count(figure(row, "operations"), OPS);
		assert_string_equal(json__string(row, "completion_is"), receivers[i].completion_is);
		assert_true(figure(row, "asleep_in_call") + figure(row, "asleep_in_wait") +
				    figure(row, "on_cpu") <=
			    1.001);
		if (receivers[i].has_requests)
			assert_count(figure(row, "requests"), OPS);
		else
			assert_true(json__is_null(row, "figures.requests"));
	}
}

/* What tells the models apart is in the figures, whatever the machine. */
static void the_figures_tell_the_models_apart(void **state)
{
	struct models models =
		run_models(0, WORDS(NULL), WORDS("--only", "blocking,spin,epoll,posix_aio"));
	struct json_object *blocking = the_row(&models, "blocking");
	struct json_object *spin = the_row(&models, "spin"), *epoll = the_row(&models, "epoll");

	(void)state;
	assert_count(json__length(models.document, "rows"), 4);
	/* blocked in the call, or in the multiplexer and nowhere else, or not at all */
	assert_true(figure(blocking, "asleep_in_call") > figure(blocking, "asleep_in_wait"));
	assert_true(figure(epoll, "asleep_in_call") < 0.01);
	assert_true(figure(epoll, "asleep_in_wait") > figure(blocking, "asleep_in_wait"));
	assert_true(figure(spin, "eagain_per_operation") >= 1);
	assert_true(figure(blocking, "eagain_per_operation") == 0);
	assert_true(figure(spin, "on_cpu") > figure(blocking, "on_cpu"));
	/* one call a block; two with a multiplexer */
	assert_true(figure(epoll, "syscalls_per_operation") >
		    figure(blocking, "syscalls_per_operation"));
	assert_count(figure(blocking, "threads"), 1);
	assert_count(figure(the_row(&models, "posix_aio"), "threads"), 2);
}

static void a_server_is_measured_with_its_client(void **state)
{
	struct models models =
		run_models(0, WORDS(NULL), WORDS("--only", "thread,process,loop", "--ops", "60"));
	struct json_object *row;

	(void)state;
	assert_count(json__length(models.document, "rows"), 3);
	json__each (row, models.document, "rows") {
		check_row(row);
		assert_count(json__integer(row, "scale"), 100);
		assert_count(figure(row, "connections"), 100);
		assert_count(figure(row, "operations"), 300); /* 5 times --ops */
		assert_true(figure(row, "requests_per_second") > 0);
		/* each takes as long as the service at least */
		assert_true(figure(row, "latency_p50_ns") >= 1000000);
	}
	assert_count(figure(the_row(&models, "loop"), "threads"), 1);
	assert_count(figure(the_row(&models, "thread"), "threads"), 101);
	assert_count(figure(the_row(&models, "process"), "processes"), 101);
}

static void waiting_threads_are_counted(void **state)
{
	struct models models = run_models(0, WORDS(NULL), WORDS("--only", "threads"));
	struct json_object *row = the_row(&models, "threads");

	(void)state;
	check_row(row);
	assert_count(figure(row, "threads"), json__integer(row, "scale"));
	assert_true(figure(row, "stack_reserved_bytes") > figure(row, "stack_resident_bytes"));
	/* 16 KiB each, of kernel stack alone; others on the machine end theirs meanwhile */
	assert_true(figure(row, "kernel_bytes") > 8192.0 * (double)json__integer(row, "scale"));
}

static void the_json_is_as_the_schema_has_it(void **state)
{
	struct models models;

	(void)state;
	if (access("/usr/bin/python3", X_OK) != 0)
		live__skip("there is no python3");
	models = run_models(0, WORDS(NULL), WORDS("--only", "epoll,loop,overlap"));
	schema__check("models.schema.json", models.path);
}

static void the_tables_fit_80_columns_and_have_no_colours_in_a_file(void **state)
{
	struct program *program;
	char *output;

	(void)state;
	program__run(&program,
		     WORDS("env", "COLUMNS=80", live__waitscope(), "models", "--quick", "--only",
			   "poll,file_blocking"),
		     TIMEOUT_MS);
	assert_count(program->status, 0);
	output = program__output(program);
	assert_null(strchr(output, '\033'));
	assert_non_null(strstr(output, "Where the caller's time goes"));
	assert_non_null(strstr(output, "\n  poll "));
	assert_non_null(strstr(output, "\n  file_blocking "));
	for (char *line = strtok(output, "\n"); line; line = strtok(NULL, "\n"))
		if (strlen(line) > 80)
			live__fail("wider than 80 columns: %s", line);
}

/* A workload that cannot make its file: the others run, and the exit status says it. */
static void a_run_that_fails_is_said_and_the_rest_goes_on(void **state)
{
	struct models models = run_models(1, WORDS("env", "TMPDIR=/nonexistent"),
					  WORDS("--only", "file_blocking,epoll"));
	struct json_object *failed = the_row(&models, "file_blocking");

	(void)state;
	assert_string_equal(json__string(failed, "outcome"), "failed");
	assert_non_null(strstr(json__string(failed, "problem"), "/nonexistent"));
	check_row(the_row(&models, "epoll"));
	assert_non_null(strstr(program__errors(models.program), "file_blocking failed: "));
}

static void without_io_uring_the_rest_goes_on(void **state)
{
	const char *self = live__self();
	struct models models = run_models(0, WORDS(self, "--as", "without_io_uring"),
					  WORDS("--only", "io_uring,uring,epoll"));

	(void)state;
	assert_string_equal(json__string(the_row(&models, "io_uring"), "outcome"), "left_out");
	assert_string_equal(json__string(the_row(&models, "uring"), "outcome"), "left_out");
	assert_count(json__length(models.document, "notes"), 1);
	check_row(the_row(&models, "epoll"));
}

static void wrong_options_are_refused(void **state)
{
	(void)state;
	said__check(said__run(WORDS("models", "--only", "eppol")), 2, "nearest name is 'epoll'",
		    false);
	said__check(said__run(WORDS("models", "--only", "epoll,servise")), 2,
		    "nearest name is 'service'", false);
	said__check(said__run(WORDS("models", "--only", "")), 2, "--only", false);
	said__check(said__run(WORDS("models", "--ops", "0")), 2, "--ops 0", false);
	said__check(said__run(WORDS("models", "--ops", "1e3")), 2, "--ops 1e3", false);
	said__check(said__run(WORDS("models", "--delay", "0")), 2, "--delay 0", false);
	said__check(said__run(WORDS("models", "--delay", "2s")), 2, "--delay 2s", false);
	said__check(said__run(WORDS("models", "--size", "1G")), 2, "--size 1G", false);
	said__check(said__run(WORDS("models", "epoll")), 2, "--only", false);
	said__check(said__run(WORDS("models", "--nonsense")), 2, "--nonsense", true);
}

static void the_list_has_every_name(void **state)
{
	struct program *program = said__run(WORDS("models", "--list"));

	(void)state;
	assert_count(program->status, 0);
	for (size_t i = 0; i < RECEIVERS; i++)
		assert_non_null(strstr(program__output(program), receivers[i].name));
}

/* A machine that does not allow io_uring: becomes the command behind it. */
static int run_without_io_uring(int argc, char **argv)
{
	struct sock_filter rules[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_io_uring_setup, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {sizeof(rules) / sizeof(rules[0]), rules};

	if (argc < 2 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		return 125;
	execv(argv[1], argv + 1);
	return 126;
}

int main(int argc, char **argv)
{
	static const struct live_role roles[] = {{"without_io_uring", run_without_io_uring}, {0}};
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(every_model_does_the_same_task),
		LIVE_TEST(the_figures_tell_the_models_apart),
		LIVE_TEST(a_server_is_measured_with_its_client),
		LIVE_TEST(waiting_threads_are_counted),
		LIVE_TEST(the_json_is_as_the_schema_has_it),
		LIVE_TEST(the_tables_fit_80_columns_and_have_no_colours_in_a_file),
		LIVE_TEST(a_run_that_fails_is_said_and_the_rest_goes_on),
		LIVE_TEST(without_io_uring_the_rest_goes_on),
		LIVE_TEST(wrong_options_are_refused),
		LIVE_TEST(the_list_has_every_name),
	};

	live__begin(argc, argv, roles);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
