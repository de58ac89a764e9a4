// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The JSON format: its names are promised, unknown is null, and no text can break it.
 */
#define _GNU_SOURCE
#include <math.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <json-c/json.h>

#include "tests/unit/render_json_steps.h"

#define SCHEMA_PATH "docs/profile.schema.json"

static void the_heading_says_what_was_traced(void **state)
{
	struct profile *profile = sample__profile();
	struct json_object *document = document_of(profile, &plain);

	(void)state;
	assert_string_equal(text_at(document, "schema"), "waitscope-profile/1");
	assert_string_equal(text_at(document, "tool tier"), "full");
	assert_string_equal(text_at(document, "host kernel"), "6.1.0-56-amd64");
	assert_int_equal(number_at(document, "host cpus"), 8);
	assert_string_equal(text_at(document, "target kind"), "command");
	assert_string_equal(text_at(document, "target command 1"), "--port=80 81");
	assert_int_equal(number_at(document, "window_ns"), 5030 * MS);
	assert_int_equal(number_at(document, "exit_status"), 0);
	json_object_put(document);
	profile__free(profile);
}

static void every_target_has_its_kind(void **state)
{
	static const struct {
		enum target_kind target;
		const char *kind, *extra;
	} cases[] = {
		{TARGET_PID, "pid", "pids"},	   {TARGET_TID, "tid", "pids"},
		{TARGET_TREE, "pid", "tree"},	   {TARGET_NAME, "pid", "name"},
		{TARGET_CGROUP, "cgroup", "path"}, {TARGET_ALL, "all", "kind"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct profile *profile = sample__empty();
		struct json_object *document;
		int *pid = sample__grow(&profile->pids, &profile->pid_count, sizeof(*pid));

		*pid = 4711;
		profile->target = cases[i].target;
		profile->target_text = strdup("x");
		profile->has_exit_status = false;
		document = document_of(profile, &plain);
		assert_string_equal(text_at(document, "target kind"), cases[i].kind);
		assert_non_null(at(at(document, "target"), cases[i].extra));
		assert_null(at(document, "exit_status"));
		assert_int_equal(json_object_array_length(at(document, "processes")), 0);
		json_object_put(document);
		profile__free(profile);
	}
}

static void figures_arrive_unchanged(void **state)
{
	struct profile *profile = sample__profile();
	struct json_object *document = document_of(profile, &plain), *wait;

	(void)state;
	assert_int_equal(number_at(document, "processes 0 pid"), 800);
	assert_int_equal(number_at(document, "processes 0 ledger runnable_ns"), 600 * MS);
	assert_int_equal(number_at(document, "processes 0 ledger idle_ns"), 4600 * MS);
	assert_int_equal(number_at(document, "processes 0 cost voluntary_switches"), 2120);
	wait = at(document, "processes 0 threads 0 waits 0");
	assert_string_equal(text_at(wait, "class"), "disk");
	assert_string_equal(text_at(wait, "syscall"), "fsync");
	assert_string_equal(text_at(wait, "object"), "file /var/lib/x/wal");
	assert_string_equal(text_at(wait, "sleep"), "uninterruptible");
	assert_false(json_object_get_boolean(at(wait, "idle")));
	assert_int_equal(number_at(wait, "count"), 212);
	assert_int_equal(number_at(wait, "total_ns"), 212 * 8680000ULL);
	assert_int_equal(number_at(wait, "runqueue_ns"), 212 * 20000ULL);
	assert_int_equal(number_at(wait, "duration sum_ns"), 212 * 8680000ULL);
	assert_int_equal(number_at(wait, "duration p999_ns"), 8680000);
	assert_string_equal(text_at(wait, "wakers 0 kind"), "hardirq");
	assert_false(json_object_object_get_ex(at(wait, "wakers 0"), "tid", NULL));
	assert_int_equal(number_at(wait, "wakers 1 tid"), 813);
	assert_string_equal(text_at(wait, "wakers 1 comm"), "flusher");
	assert_int_equal(number_at(document, "processes 0 syscalls 2 errnos EAGAIN"), 602);
	assert_int_equal(number_at(document, "audit lost waits"), 0);
	assert_int_equal(number_at(document, "audit overhead programs_ns"), 8 * MS);
	json_object_put(document);
	profile__free(profile);
}

/* 30.43 s on CPUs in 5.03 s */
static void mean_parallelism_is_running_time_by_lifetime(void **state)
{
	struct profile *profile = sample__profile();
	struct json_object *document;
	double mean;

	(void)state;
	document = document_of(profile, &plain);
	mean = json_object_get_double(at(document, "processes 0 parallelism mean"));
	assert_true(mean > 6.0497 && mean < 6.0498);
	json_object_put(document);
	profile->processes[0].lifetime = 0;
	document = document_of(profile, &plain);
	assert_null(at(document, "processes 0 parallelism mean"));
	json_object_put(document);
	profile__free(profile);
}

static void unknown_is_null_and_never_0(void **state)
{
	static const char *const unknown[] = {
		"host kernel",
		"host cpus",
		"processes 0 exe",
		"processes 0 ledger user_ns",
		"processes 0 ledger kernel_ns",
		"processes 0 concurrency mean",
		"processes 0 concurrency max",
		"processes 0 parallelism max",
		"processes 0 cost stack_reserved_bytes",
		"processes 0 cost cpu_ns_per_operation",
		"processes 0 threads 0 waits 0 syscall",
		"processes 0 threads 0 waits 0 object",
		"processes 0 threads 0 waits 0 duration p50_ns",
		"processes 0 threads 0 waits 0 runqueue min_ns",
		"processes 0 threads 0 waits 0 runqueue max_ns",
		"processes 0 threads 0 books",
		"audit runtime_error",
		"audit rundelay_error",
		"audit switches_error",
		"audit overhead programs_ns",
	};
	struct profile *profile = sample__empty();
	struct process *process = sample__process(profile, 5, "x");
	struct thread *thread = sample__thread(process, 5, "x", (struct account){.lifetime = MS});
	struct wait *wait =
		sample__wait(&thread->waits, &thread->wait_count, CLASS_FAULT, NULL, NULL, 0, 0);
	struct json_object *document;

	(void)state;
	free(process->exe);
	process->exe = NULL;
	free(profile->kernel);
	profile->kernel = NULL;
	profile->cpus = 0;
	process->account.split = false;
	thread->books.valid = false;
	/* counted, but not in buckets: the sum is known, the quantiles are not */
	histogram__add_totals(&wait->duration, 3, 30, 5, 20);
	document = document_of(profile, &plain);
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		if (at(document, unknown[i]))
			fail_msg("%s is not null", unknown[i]);
	assert_int_equal(number_at(document, "processes 0 threads 0 waits 0 duration max_ns"), 20);
	assert_int_equal(number_at(document, "processes 0 threads 0 waits 0 runqueue count"), 0);
	json_object_put(document);
	profile__free(profile);
}

static void what_was_not_judged_is_there_and_empty(void **state)
{
	static const char *const empty[] = {"processes 0 io_models", "processes 0 requests",
					    "processes 0 loops", "findings"};
	struct profile *profile = sample__profile();
	struct json_object *document = document_of(profile, &plain);

	(void)state;
	for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++)
		assert_int_equal(json_object_array_length(at(document, empty[i])), 0);
	assert_string_equal(text_at(document, "processes 0 io_model"), "unknown");
	assert_string_equal(text_at(document, "processes 0 structure"), "unknown");
	assert_string_equal(text_at(document, "processes 0 threads 0 io_model"), "unknown");
	json_object_put(document);
	profile__free(profile);
}

static void verdicts_arrive_with_their_evidence(void **state)
{
	struct profile *profile = sample__profile();
	struct json_object *document, *share, *process;
	double mean;

	(void)state;
	sample__verdict(profile);
	document = document_of(profile, &plain);
	process = at(document, "processes 0");
	assert_string_equal(text_at(process, "io_model"), "epoll");
	assert_null(at(process, "io_model_reason"));
	assert_string_equal(text_at(process, "structure"), "event_loop_pool");
	assert_int_equal(json_object_array_length(at(process, "io_models")), 2);
	share = at(process, "io_models 0");
	assert_string_equal(text_at(share, "model"), "epoll");
	assert_true(json_object_get_double(at(share, "share")) == 0.75);
	assert_int_equal(number_at(share, "operations"), 903);
	assert_string_equal(text_at(share, "evidence 0"), "903 calls followed epoll");
	assert_string_equal(text_at(document, "processes 1 io_model"), "unknown");
	assert_string_equal(text_at(document, "processes 1 io_model_reason"),
			    "too little data: 3 I/O operations");
	assert_string_equal(text_at(process, "threads 1 io_model"), "epoll");
	assert_true(json_object_get_double(at(process, "concurrency mean")) == 2.5);
	assert_int_equal(number_at(process, "concurrency max"), 17);
	assert_int_equal(number_at(process, "parallelism max"), 8);
	assert_int_equal(number_at(process, "cost operations"), 1204);
	assert_int_equal(number_at(process, "cost stack_reserved_bytes"), 80ULL << 20);
	assert_int_equal(number_at(process, "cost kernel_stack_bytes"), 160 << 10);
	/* 30.43 s on CPUs: written with as many digits as there can be */
	mean = json_object_get_double(at(process, "cost cpu_ns_per_operation"));
	assert_true(fabs(mean - (double)profile->processes[0].account.running / 1204) < 0.1);
	json_object_put(document);
	profile__free(profile);
}

static void findings_arrive_with_their_figures(void **state)
{
	struct profile *profile = sample__profile();
	struct json_object *document, *finding;

	(void)state;
	sample__verdict(profile);
	document = document_of(profile, &plain);
	assert_int_equal(json_object_array_length(at(document, "findings")), 2);
	finding = at(document, "findings 0");
	assert_string_equal(text_at(finding, "id"), "loop_blocked_in_handler");
	assert_string_equal(text_at(finding, "severity"), "warning");
	assert_int_equal(number_at(finding, "pid"), 800);
	assert_int_equal(number_at(finding, "tid"), 800);
	assert_int_equal(number_at(finding, "harm_ns"), 1200 * MS);
	/* figures that are whole are integers, whatever they are kept in */
	assert_int_equal(number_at(finding, "evidence blocked_ns"), 1200 * MS + 1);
	assert_true(json_object_get_double(at(finding, "evidence share")) == 0.25);
	assert_non_null(strstr(text_at(finding, "text"), "\\x1b[2J"));
	assert_false(json_object_object_get_ex(at(document, "findings 1"), "tid", NULL));
	json_object_put(document);
	profile__free(profile);
}

/* Operations are calls: the waits tier has not counted them. */
static void the_waits_tier_knows_no_cost_of_an_operation(void **state)
{
	static const char *const unknown[] = {"operations", "bytes", "cpu_ns_per_operation",
					      "cpu_ns_per_byte"};
	struct profile *profile = sample__profile();
	struct json_object *document;

	(void)state;
	sample__verdict(profile);
	profile->tier = TIER_WAITS;
	document = document_of(profile, &plain);
	for (size_t i = 0; i < COUNT(unknown); i++)
		assert_null(at(at(document, "processes 0 cost"), unknown[i]));
	json_object_put(document);
	profile__free(profile);
}

static void the_waits_tier_has_no_syscalls(void **state)
{
	struct profile *profile = sample__profile();
	struct json_object *document;

	(void)state;
	profile->tier = TIER_WAITS;
	document = document_of(profile, &plain);
	assert_string_equal(text_at(document, "tool tier"), "waits");
	assert_int_equal(json_object_array_length(at(document, "processes 0 syscalls")), 0);
	assert_int_equal(json_object_array_length(at(document, "processes 0 threads 0 syscalls")),
			 0);
	json_object_put(document);
	profile__free(profile);
}

static void buckets_are_there_on_request(void **state)
{
	static const char path[] = "processes 0 threads 0 waits 0 duration";
	struct profile *profile = sample__profile();
	struct json_object *document = document_of(profile, &plain), *bucket;

	(void)state;
	assert_false(json_object_object_get_ex(at(document, path), "buckets", NULL));
	json_object_put(document);
	document = document_of(profile, &(struct render_options){.buckets = true});
	assert_int_equal(json_object_array_length(at(at(document, path), "buckets")), 1);
	bucket = at(at(document, path), "buckets 0");
	assert_true(number_at(bucket, "0") <= 8680000 && number_at(bucket, "1") > 8680000);
	assert_int_equal(number_at(bucket, "2"), 212);
	json_object_put(document);
	profile__free(profile);
}

static void names_cannot_break_the_document(void **state)
{
	static const char evil[] = "a\",\033[2J\n\x9b\xff\\\xe2\x80\xae\xed\xa0\x80\xc3\xa9";
	struct profile *profile = sample__empty();
	struct process *process = sample__process(profile, 5, evil);
	struct thread *thread = sample__thread(process, 5, evil, (struct account){.lifetime = MS});
	struct wait *wait =
		sample__wait(&thread->waits, &thread->wait_count, CLASS_DISK, "read", evil, 1, MS);
	struct json_object *document;
	char *text;

	(void)state;
	sample__waker(wait, WAKER_THREAD, 9, evil, 1);
	free(profile->command[1]);
	profile->command[1] = strdup(evil);
	text = render(profile, &plain);
	for (const char *byte = text; *byte; byte++)
		assert_true(*byte == '\n' || (unsigned char)*byte >= 0x20);
	assert_int_not_equal(mbstowcs(NULL, text, 0), (size_t)-1);
	document = parse(text);
	/* what was valid is as it was; the quote is quoted, the rest escaped */
	assert_int_equal(strncmp(text_at(document, "processes 0 comm"), "a\",\\x1b[2J", 10), 0);
	assert_non_null(strstr(text_at(document, "processes 0 comm"), "\xc3\xa9"));
	assert_non_null(strstr(text_at(document, "target command 1"), "\\xff"));
	assert_null(strstr(text, "\xe2\x80\xae"));
	json_object_put(document);
	free(text);
	profile__free(profile);
}

static void huge_numbers_are_exact(void **state)
{
	struct profile *profile = sample__profile();
	char *text;

	(void)state;
	profile->window = UINT64_MAX;
	profile->audit.residual = INT64_MIN;
	text = render(profile, &plain);
	assert_non_null(strstr(text, "\"window_ns\":18446744073709551615,"));
	assert_non_null(strstr(text, "\"residual_ns\":-9223372036854775808,"));
	free(text);
	profile__free(profile);
}

/* A comma for the decimal point would break every document. */
static void numbers_do_not_follow_the_locale(void **state)
{
	struct profile *profile = sample__profile();
	struct json_object *document;

	(void)state;
	if (!setlocale(LC_NUMERIC, "de_DE.UTF-8")) {
		profile__free(profile);
		skip();
	}
	document = document_of(profile, &plain);
	setlocale(LC_NUMERIC, "C");
	assert_true(json_object_is_type(at(document, "audit runtime_error"), json_type_double));
	json_object_put(document);
	profile__free(profile);
}

static void no_number_is_not_a_number(void **state)
{
	struct profile *profile = sample__profile();
	struct json_object *document;

	(void)state;
	profile->audit.runtime_error = NAN;
	profile->audit.switches_error = INFINITY;
	document = document_of(profile, &plain);
	assert_null(at(document, "audit runtime_error"));
	assert_null(at(document, "audit switches_error"));
	json_object_put(document);
	profile__free(profile);
}

static void a_stream_that_fails_is_reported(void **state)
{
	(void)state;
	assert_failing_streams_are_reported(render__json);
}

/* Exits with 77 where the validator is not installed. */
static int validate(const struct profile *profile, const struct render_options *options, bool quiet)
{
	static const char command[] =
		"/usr/bin/python3 -c 'import json, sys\n"
		"try: import jsonschema\n"
		"except ImportError: sys.exit(77)\n"
		"schema = json.load(open(\"" SCHEMA_PATH "\"))\n"
		"jsonschema.Draft7Validator.check_schema(schema)\n"
		"errors = list(jsonschema.Draft7Validator(schema).iter_errors(json.load(sys.stdin)))\n"
		"for error in errors if len(sys.argv) < 2 else []: print(error, file=sys.stderr)\n"
		"sys.exit(bool(errors))'";
	char line[sizeof(command) + 8];
	FILE *python;
	int status;

	snprintf(line, sizeof(line), "%s%s", command, quiet ? " quiet" : "");
	python = popen(line, "w");
	assert_non_null(python);
	/* a validator that is not there closes the pipe */
	(void)render__json(python, profile, options);
	status = pclose(python);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void the_output_is_what_the_schema_promises(void **state)
{
	struct profile *profile = sample__profile(), *empty = sample__empty();
	int status;

	(void)state;
	if (access(SCHEMA_PATH, R_OK) || access("/usr/bin/python3", X_OK))
		status = 77;
	else
		status = validate(profile, &(struct render_options){.buckets = true}, false);
	if (status != 77) {
		assert_int_equal(status, 0);
		assert_int_equal(validate(empty, &plain, false), 0);
		sample__verdict(profile);
		assert_int_equal(validate(profile, &plain, false), 0);
		/* the schema can fail, too */
		profile->exit_status = 256;
		assert_int_equal(validate(profile, &plain, true), 1);
	}
	profile__free(profile);
	profile__free(empty);
	if (status == 77)
		skip();
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_heading_says_what_was_traced),
		cmocka_unit_test(every_target_has_its_kind),
		cmocka_unit_test(figures_arrive_unchanged),
		cmocka_unit_test(mean_parallelism_is_running_time_by_lifetime),
		cmocka_unit_test(unknown_is_null_and_never_0),
		cmocka_unit_test(what_was_not_judged_is_there_and_empty),
		cmocka_unit_test(verdicts_arrive_with_their_evidence),
		cmocka_unit_test(findings_arrive_with_their_figures),
		cmocka_unit_test(the_waits_tier_knows_no_cost_of_an_operation),
		cmocka_unit_test(the_waits_tier_has_no_syscalls),
		cmocka_unit_test(buckets_are_there_on_request),
		cmocka_unit_test(names_cannot_break_the_document),
		cmocka_unit_test(huge_numbers_are_exact),
		cmocka_unit_test(numbers_do_not_follow_the_locale),
		cmocka_unit_test(no_number_is_not_a_number),
		cmocka_unit_test(a_stream_that_fails_is_reported),
		cmocka_unit_test(the_output_is_what_the_schema_promises),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, use_utf8, NULL);
}
