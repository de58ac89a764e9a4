// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What `models` leaves out because the machine does not allow it: one line, and only that run. */
#include <string.h>

#include "commands/models_limits.h"
#include "tests/unit/unit.h"

static const struct models_run threads = {.name = "threads", .needs = NEEDS_TASKS};
static const struct models_run processes = {.name = "process",
					    .needs = NEEDS_CLIENT | NEEDS_TASKS | NEEDS_FORKS};
static const struct models_run loop = {.name = "loop", .needs = NEEDS_CLIENT};
static const struct models_run ring = {.name = "uring", .needs = NEEDS_CLIENT | NEEDS_IO_URING};
static const struct models_run plain = {.name = "poll"};

/* Room for a thousand of everything. */
static struct models_limits roomy(void)
{
	return (struct models_limits){
		.io_uring = true,
		.tasks = 1000,
		.tasks_by = "ulimit -u",
		.files = 1128, /* 128 are for others */
		.memory = 4ULL << 30,
	};
}

static void assert_refused(const struct models_limits *limits, const struct models_run *run,
			   uint64_t scale, const char *expected)
{
	char line[256] = "";

	assert_false(models_limits__allow(limits, run, scale, line, sizeof(line)));
	if (!strstr(line, expected))
		fail_msg("'%s' is not in '%s'", expected, line);
	assert_null(strchr(line, '\n'));
}

static void assert_allowed(const struct models_limits *limits, const struct models_run *run,
			   uint64_t scale)
{
	char line[256];

	assert_true(models_limits__allow(limits, run, scale, line, sizeof(line)));
}

static void what_there_is_room_for_is_run(void **state)
{
	struct models_limits limits = roomy();

	(void)state;
	assert_allowed(&limits, &threads, 1000);
	assert_allowed(&limits, &processes, 1000);
	assert_allowed(&limits, &loop, 1000);
	assert_allowed(&limits, &ring, 1000);
	assert_allowed(&limits, &plain, 0);
}

static void the_limit_on_tasks_is_named(void **state)
{
	struct models_limits limits = roomy();

	(void)state;
	assert_refused(&limits, &threads, 1001,
		       "threads with 1,001: ulimit -u leaves room for 1,000 threads");
	assert_refused(&limits, &processes, 1001, "ulimit -u leaves room");
	/* the others need none */
	limits.tasks = 0;
	assert_allowed(&limits, &loop, 1000);
	assert_allowed(&limits, &plain, 0);
}

static void the_limit_on_open_files_is_named(void **state)
{
	struct models_limits limits = roomy();

	(void)state;
	assert_refused(&limits, &loop, 1001, "a process can have 1,128 open files");
	limits.files = 0;
	assert_refused(&limits, &loop, 1, "open files");
	assert_allowed(&limits, &threads, 1000);
	assert_allowed(&limits, &plain, 0);
}

static void without_io_uring_only_that_is_left_out(void **state)
{
	struct models_limits limits = roomy();

	(void)state;
	limits.io_uring = false;
	strcpy(limits.io_uring_why, "io_uring may not lock the memory");
	assert_refused(&limits, &ring, 1, "io_uring may not lock the memory");
	assert_allowed(&limits, &loop, 1000);
}

static void the_memory_has_to_suffice(void **state)
{
	struct models_limits limits = roomy();

	(void)state;
	limits.memory = 64 << 20;
	assert_refused(&limits, &processes, 64, "of memory");
	assert_allowed(&limits, &threads, 64);
	limits.memory = 0; /* not known */
	assert_allowed(&limits, &processes, 64);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_there_is_room_for_is_run),
		cmocka_unit_test(the_limit_on_tasks_is_named),
		cmocka_unit_test(the_limit_on_open_files_is_named),
		cmocka_unit_test(without_io_uring_only_that_is_left_out),
		cmocka_unit_test(the_memory_has_to_suffice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
