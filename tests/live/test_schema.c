// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Real output of all kinds of targets against docs/profile.schema.json. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "tests/live/lib/real.h"
#include "tests/live/lib/schema.h"

#define SCHEMA "profile.schema.json"

static void check_valid(struct trace *trace)
{
	schema__check(SCHEMA, trace->path);
	assert_string_equal(json__string(trace->profile, "schema"), "waitscope-profile/1");
}

/* Attaches, waits for `options` to end it. */
static void check_target(const char *kind, const char *const *options)
{
	struct trace *trace = trace__run(options, LIVE_TIMEOUT_MS);

	assert_count(trace->status, 0);
	assert_string_equal(json__string(trace->profile, "target.kind"), kind);
	assert_true(json__length(trace->profile, "processes") > 0);
	check_valid(trace);
}

static const char busy_script[] = "seq 1 20000 | sort -R | wc -l; sleep 0.1; cat /nonexistent; "
				  "timeout 0.1 tail -f /dev/null; exit 3";

static void a_command_in_either_tier_is_valid(void **state)
{
	static const char *const tiers[] = {"full", "waits"};

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct trace *trace = trace__run(
			WORDS("--tier", tiers[i], "--", "sh", "-c", busy_script), LIVE_TIMEOUT_MS);

		assert_count(trace->status, 3);
		assert_count(json__integer(trace->profile, "exit_status"), 3);
		assert_string_equal(json__string(trace->profile, "tool.tier"), tiers[i]);
		assert_string_equal(json__string(trace->profile, "target.kind"), "command");
		check_valid(trace);
	}
}

static void a_profile_with_buckets_is_valid(void **state)
{
	struct trace *trace =
		trace__run(WORDS("--buckets", "--", "sh", "-c", "seq 1 20000 | sort | wc -l"),
			   LIVE_TIMEOUT_MS);
	struct json_object *process = the_process_named(trace->profile, "sort"), *buckets, *bucket;
	int64_t count = 0;

	(void)state;
	check_valid(trace);
	buckets = json__at(the_syscall(process, "read"), "latency");
	json__each (bucket, buckets, "buckets")
		count += json_object_get_int64(json_object_array_get_idx(bucket, 2));
	assert_count(count, json__integer(buckets, "count"));
}

/* Where cgroups of version 2 are, or NULL. */
static const char *cgroup_mount(void)
{
	struct program *program;
	char *line;

	if (program__run(&program, WORDS("findmnt", "-n", "-t", "cgroup2", "-o", "TARGET"),
			 LIVE_TIMEOUT_MS) != 0)
		return NULL;
	line = program__output(program);
	line[strcspn(line, "\n")] = '\0';
	return line;
}

static void each_kind_of_target_is_valid(void **state)
{
	const char *pid = live__text("%d", getpid()), *group = cgroup_mount();
	char comm[17] = "";

	(void)state;
	prctl(PR_GET_NAME, comm);
	check_target("pid", WORDS("-p", pid, "-d", "100ms"));
	check_target("tid", WORDS("-t", pid, "-d", "100ms"));
	check_target("pid", WORDS("-P", pid, "-d", "100ms"));
	check_target("pid", WORDS("-n", comm, "-d", "100ms"));
	if (group)
		check_target("cgroup", WORDS("-g", group, "-d", "100ms"));
	check_target("all", WORDS("-a", "-d", "200ms"));
	check_target("all", WORDS("-a", "-d", "100ms", "--tier", "waits"));
}

/* A name may be any bytes. */
static void a_name_that_is_no_text_is_valid(void **state)
{
	const char *path = live__text("%s/a\x1b[31m\"\n\xff\xc3", real__directory());
	struct trace *trace;

	(void)state;
	if (program__run(NULL, WORDS("cp", "/usr/bin/sleep", path), LIVE_TIMEOUT_MS) != 0)
		live__fail("cannot copy sleep");
	trace = trace__run(WORDS("--", path, "0.01"), LIVE_TIMEOUT_MS);
	assert_count(trace->status, 0);
	check_valid(trace);
}

/* The validator has teeth: a member that is missing, and one of another type. */
static void what_is_not_valid_is_found(void **state)
{
	struct trace *trace = trace__run(WORDS("--", "sleep", "0.01"), LIVE_TIMEOUT_MS);
	struct json_object *audit = json__at(trace->profile, "audit"), *process;
	const char *path = live__scratch("broken.json");
	struct program *program;

	(void)state;
	json_object_object_del(audit, "conserved");
	process = the_process_named(trace->profile, "sleep");
	json_object_object_add(process, "lifetime_ns", json_object_new_string("long"));
	live__write_file(path, json_object_to_json_string(trace->profile));
	assert_count(schema__validate(&program, SCHEMA, path), 1);
	assert_non_null(strstr(program__output(program), "'conserved' is a required property"));
	assert_non_null(strstr(program__output(program), "lifetime_ns: 'long'"));
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(a_command_in_either_tier_is_valid),
		LIVE_TEST(a_profile_with_buckets_is_valid),
		LIVE_TEST(each_kind_of_target_is_valid),
		LIVE_TEST(a_name_that_is_no_text_is_valid),
		LIVE_TEST(what_is_not_valid_is_found),
	};

	real__begin(argc, argv, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
