// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * `waitscope models`: its rows are there, their counts are what was asked for, waitscope's verdict
 * is what each program is, and what cannot be run does not keep the rest from running.
 */
#define _GNU_SOURCE
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/live/lib/models.h"
#include "tests/live/lib/said.h"
#include "tests/live/lib/schema.h"

#define OPS 25

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
	struct models models =
		models__run(0, WORDS(NULL),
			    WORDS("--quick", "--only", "receive", "--ops", live__text("%d", OPS)));

	(void)state;
	assert_count(json__length(models.document, "rows"), RECEIVERS);
	for (size_t i = 0; i < RECEIVERS; i++) {
		struct json_object *row = models__row(&models, receivers[i].name, 0);

		models__check_row(row);
		assert_count(models__figure(row, "operations"), OPS);
		assert_string_equal(json__string(row, "completion_is"), receivers[i].completion_is);
		assert_true(models__figure(row, "asleep_in_call") +
				    models__figure(row, "asleep_in_wait") +
				    models__figure(row, "on_cpu") <=
			    1.001);
		if (receivers[i].has_requests)
			assert_count(models__figure(row, "requests"), OPS);
		else
			assert_true(json__is_null(row, "figures.requests"));
	}
}

/* What tells the models apart is in the figures, whatever the machine. */
static void the_figures_tell_the_models_apart(void **state)
{
	struct models models = models__run(
		0, WORDS(NULL), WORDS("--quick", "--only", "blocking,spin,epoll,posix_aio"));
	struct json_object *blocking = models__row(&models, "blocking", 0);
	struct json_object *spin = models__row(&models, "spin", 0),
			   *epoll = models__row(&models, "epoll", 0);

	(void)state;
	assert_count(json__length(models.document, "rows"), 4);
	/* blocked in the call, or in the multiplexer and nowhere else, or not at all */
	assert_true(models__figure(blocking, "asleep_in_call") >
		    models__figure(blocking, "asleep_in_wait"));
	assert_true(models__figure(epoll, "asleep_in_call") < 0.01);
	assert_true(models__figure(epoll, "asleep_in_wait") >
		    models__figure(blocking, "asleep_in_wait"));
	assert_true(models__figure(spin, "eagain_per_operation") >= 1);
	assert_true(models__figure(blocking, "eagain_per_operation") == 0);
	assert_true(models__figure(spin, "on_cpu") > models__figure(blocking, "on_cpu"));
	/* one call a block; two with a multiplexer */
	assert_true(models__figure(epoll, "syscalls_per_operation") >
		    models__figure(blocking, "syscalls_per_operation"));
	assert_count(models__figure(blocking, "threads"), 1);
	assert_count(models__figure(models__row(&models, "posix_aio", 0), "threads"), 2);
}

static void a_server_is_measured_with_its_client(void **state)
{
	struct models models = models__run(
		0, WORDS(NULL), WORDS("--quick", "--only", "thread,process,loop", "--ops", "60"));
	struct json_object *row;

	(void)state;
	assert_count(json__length(models.document, "rows"), 3);
	json__each (row, models.document, "rows") {
		models__check_row(row);
		assert_count(json__integer(row, "scale"), 100);
		assert_count(models__figure(row, "connections"), 100);
		assert_count(models__figure(row, "operations"), 300); /* 5 times --ops */
		assert_true(models__figure(row, "requests_per_second") > 0);
		/* each takes as long as the service at least */
		assert_true(models__figure(row, "latency_p50_ns") >= 1000000);
	}
	assert_count(models__figure(models__row(&models, "loop", 0), "threads"), 1);
	assert_count(models__figure(models__row(&models, "thread", 0), "threads"), 101);
	assert_count(models__figure(models__row(&models, "process", 0), "processes"), 101);
}

static void waiting_threads_are_counted(void **state)
{
	struct models models = models__run(0, WORDS(NULL), WORDS("--quick", "--only", "threads"));
	struct json_object *row = models__row(&models, "threads", 0);

	(void)state;
	models__check_row(row);
	assert_count(models__figure(row, "threads"), json__integer(row, "scale"));
	assert_true(models__figure(row, "stack_reserved_bytes") >
		    models__figure(row, "stack_resident_bytes"));
	/* 16 KiB each, of kernel stack alone; others on the machine end theirs meanwhile */
	assert_true(models__figure(row, "kernel_bytes") >
		    8192.0 * (double)json__integer(row, "scale"));
}

static void the_json_is_as_the_schema_has_it(void **state)
{
	struct models models;

	(void)state;
	if (access("/usr/bin/python3", X_OK) != 0)
		live__skip("there is no python3");
	models = models__run(0, WORDS(NULL), WORDS("--quick", "--only", "epoll,loop,overlap"));
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
		     MODELS_TIMEOUT_MS);
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
	struct models models = models__run(1, WORDS("env", "TMPDIR=/nonexistent"),
					   WORDS("--quick", "--only", "file_blocking,epoll"));
	struct json_object *failed = models__row(&models, "file_blocking", 0);

	(void)state;
	assert_string_equal(json__string(failed, "outcome"), "failed");
	assert_non_null(strstr(json__string(failed, "problem"), "/nonexistent"));
	models__check_row(models__row(&models, "epoll", 0));
	assert_non_null(strstr(program__errors(models.program), "file_blocking failed: "));
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

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(every_model_does_the_same_task),
		LIVE_TEST(the_figures_tell_the_models_apart),
		LIVE_TEST(a_server_is_measured_with_its_client),
		LIVE_TEST(waiting_threads_are_counted),
		LIVE_TEST(the_json_is_as_the_schema_has_it),
		LIVE_TEST(the_tables_fit_80_columns_and_have_no_colours_in_a_file),
		LIVE_TEST(a_run_that_fails_is_said_and_the_rest_goes_on),
		LIVE_TEST(wrong_options_are_refused),
		LIVE_TEST(the_list_has_every_name),
	};

	live__begin(argc, argv, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
