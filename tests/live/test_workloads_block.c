// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Block requests: of whom they are, how many, how long, against the workloads' truth. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/live/lib/live.h"
#include "tests/live/lib/role.h"

#define OPERATIONS 60

static int64_t of(struct json_object *row, const char *field)
{
	return json__integer(row, field);
}

/* A file on a file system without a block device below it has none to count. */
static struct json_object *block_row(struct json_object *process, const char *operation)
{
	struct json_object *row = find_requests(process, "block", operation);

	if (!row)
		live__skip("no block device below %s", live__disk_scratch("block"));
	assert_count(of(row, "submitted"),
		     of(row, "completed") + of(row, "unseen") + of(row, "open"));
	assert_count(of(row, "latency.count"), of(row, "completed"));
	assert_non_null(json__string(row, "device"));
	return row;
}

/* One read each: what the loader and the page cache have read besides is little. */
static void each_direct_read_is_a_request(void **state)
{
	struct trace *trace = trace__workload("full", WORDS("posix_aio", "--task", "file", "--ops",
							    "60", "--size", "4K", "--file",
							    live__disk_scratch("block")));
	struct json_object *process = the_process_named(trace->profile, "posix_aio");
	struct json_object *row = block_row(process, "read");
	struct json_object *seen = json__at(the_requests(process, "posix_aio", "read"), "latency");

	(void)state;
	assert_conserved(trace->profile);
	assert_nothing_lost(trace->profile);
	assert_in_range(of(row, "submitted"), OPERATIONS, OPERATIONS + 100);
	assert_true(of(row, "bytes") >= OPERATIONS * 4096);
	assert_count(of(row, "open"), 0);
	assert_true(of(row, "queue.count") <= 2 * of(row, "submitted"));
	/* what the device takes is a part of what the program sees */
	if (!live__emulated())
		assert_true(json__number(row, "latency.p50_ns") < json__number(seen, "p50_ns"));
	/* no operation beside the one that it is for */
	assert_true(of(process, "concurrency.max") <= 2);
}

/* What is written reaches the device in the same bytes; a flush is one of no bytes. */
static void what_is_synced_is_flushed(void **state)
{
	struct trace *trace =
		trace__workload("full", WORDS("blocking", "--what", "fsync", "--ops", "20",
					      "--file", live__disk_scratch("block")));
	struct json_object *process = the_process_named(trace->profile, "blocking");
	struct json_object *writes = block_row(process, "write");
	struct json_object *flushes = find_requests(process, "block", "flush");

	(void)state;
	assert_conserved(trace->profile);
	assert_true(of(writes, "bytes") > 0);
	assert_count(of(writes, "open"), 0);
	if (flushes)
		assert_count(of(flushes, "bytes"), 0);
}

#define READS 400

/* Parent and child on one CPU: completions interrupt the child, who asks for nothing. */
static int run_bystander(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : "";
	int fd = (int)role__check(open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600), path);
	char *buffer;
	pid_t child;

	buffer = aligned_alloc(4096, 4096);
	memset(buffer, 'x', 4096);
	role__check(write(fd, buffer, 4096) == 4096 ? 0 : -1, "write");
	role__check(fsync(fd), "fsync");
	close(fd);
	role__pin(0);
	child = (pid_t)role__check(fork(), "fork");
	if (!child) {
		char line[2] = "";

		while (!*line) /* until it is killed */
			;
		_exit(0);
	}
	fd = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
	unlink(path);
	for (int i = 0; fd >= 0 && i < READS; i++)
		role__check(pread(fd, buffer, 4096, 0), "pread");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	role__say("child=%d direct=%d\n", child, fd >= 0);
	free(buffer);
	return 0;
}

static void who_is_interrupted_is_not_blamed(void **state)
{
	struct trace *trace =
		trace__role("full", WORDS("bystander", live__disk_scratch("bystander")));
	struct program *program = trace->program;
	struct json_object *child, *row;

	(void)state;
	if (!program__value(program, "direct"))
		live__skip("no O_DIRECT on this file system");
	child = the_process(trace->profile, (pid_t)program__value(program, "child"));
	json__each (row, child, "requests")
		if (of(row, "submitted") > 10)
			live__fail("the bystander is said to have made %s", json__show(row));
	json__each (row, trace->profile, "processes")
		if (of(row, "pid") == of(child, "ppid"))
			assert_true(of(block_row(row, "read"), "completed") >= READS);
}

static void in_the_waits_tier_there_are_no_block_requests(void **state)
{
	struct trace *trace =
		trace__workload("waits", WORDS("blocking", "--what", "fsync", "--ops", "5"));

	(void)state;
	assert_count(json__length(the_process_named(trace->profile, "blocking"), "requests"), 0);
}

static const struct live_role roles[] = {
	{"bystander", run_bystander},
	{0},
};

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(each_direct_read_is_a_request),
		LIVE_TEST(what_is_synced_is_flushed),
		LIVE_TEST(who_is_interrupted_is_not_blamed),
		LIVE_TEST(in_the_waits_tier_there_are_no_block_requests),
	};

	live__begin(argc, argv, roles);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
