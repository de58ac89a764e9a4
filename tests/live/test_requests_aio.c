// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Linux AIO: what the kernel does not announce, and what goes wrong (the ordinary ways are in
 * test_workloads_requests.c). By the system calls themselves, on files that are always there.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/live/lib/live.h"
#include "tests/live/lib/role.h"

#define REQUESTS 16

static char bytes[REQUESTS][8];

static aio_context_t set_up(unsigned int events)
{
	aio_context_t context = 0;

	role__check(syscall(SYS_io_setup, events, &context), "io_setup");
	return context;
}

static struct iocb block_for(uint16_t operation, int fd, int number)
{
	return (struct iocb){
		.aio_lio_opcode = operation,
		.aio_fildes = (uint32_t)fd,
		.aio_buf = operation == IOCB_CMD_POLL ? POLLIN : (uint64_t)bytes[number],
		.aio_nbytes = operation == IOCB_CMD_POLL ? 0 : sizeof(bytes[number]),
	};
}

static int open_zeroes(void)
{
	return (int)role__check(open("/dev/zero", O_RDONLY | O_CLOEXEC), "/dev/zero");
}

static struct iocb polls[REQUESTS];

/* Polls so many times for what never comes. */
static aio_context_t submit_polls(void)
{
	struct iocb *list[REQUESTS];
	aio_context_t context = set_up(REQUESTS);
	int ends[2];

	role__check(pipe(ends), "pipe");
	for (int i = 0; i < REQUESTS; i++) {
		polls[i] = block_for(IOCB_CMD_POLL, ends[0], i);
		list[i] = &polls[i];
	}
	role__check(syscall(SYS_io_submit, context, REQUESTS, list) == REQUESTS ? 0 : -1,
		    "io_submit");
	return context;
}

static struct trace *run(const char *role)
{
	struct trace *trace = trace__role("full", WORDS(role));

	assert_conserved(trace->profile);
	assert_requests_balance(trace->profile);
	return trace;
}

static struct json_object *row_of(struct trace *trace, const char *operation)
{
	return the_requests(the_process_named(trace->profile, "test_requests_a"), "linux_aio",
			    operation);
}

static int run_leave(int argc, char **argv)
{
	(void)argc, (void)argv;
	submit_polls();
	role__nap(5000);
	return 0;
}

static void requests_in_flight_at_exit_are_open(void **state)
{
	struct json_object *row = row_of(run("leave"), "poll");

	(void)state;
	assert_count(json__integer(row, "submitted"), REQUESTS);
	assert_count(json__integer(row, "open"), REQUESTS);
	assert_count(json__integer(row, "inflight.max"), REQUESTS);
	assert_count(json__integer(row, "batches"), 1);
	assert_count(json__integer(row, "latency.count"), 0);
}

static int run_destroy(int argc, char **argv)
{
	(void)argc, (void)argv;
	role__check(syscall(SYS_io_destroy, submit_polls()), "io_destroy");
	return 0;
}

static void a_context_that_is_destroyed_takes_its_requests_along(void **state)
{
	struct json_object *row = row_of(run("destroy"), "poll");

	(void)state;
	assert_count(json__integer(row, "submitted"), REQUESTS);
	assert_count(json__integer(row, "unseen"), REQUESTS);
	assert_count(json__integer(row, "open"), 0);
}

/* The kernel answers io_cancel() with EINPROGRESS, and hands the request over like any other. */
static int run_cancel(int argc, char **argv)
{
	aio_context_t context = submit_polls();
	struct io_event events[REQUESTS];

	(void)argc, (void)argv;
	for (int i = 0; i < REQUESTS; i++)
		role__check(syscall(SYS_io_cancel, context, &polls[i], &events[0]) == -1 &&
					    errno == EINPROGRESS
				    ? 0
				    : -1,
			    "io_cancel");
	role__check(syscall(SYS_io_getevents, context, REQUESTS, REQUESTS, events, NULL) == REQUESTS
			    ? 0
			    : -1,
		    "io_getevents");
	return 0;
}

static void requests_that_are_called_off_complete(void **state)
{
	struct trace *trace = run("cancel");
	struct json_object *row = row_of(trace, "poll");

	(void)state;
	assert_count(json__integer(row, "submitted"), REQUESTS);
	assert_count(json__integer(row, "completed"), REQUESTS);
	assert_count(json__integer(row, "latency.count"), REQUESTS);
	assert_count(json__integer(row, "unseen"), 0);
	assert_count(json__integer(row, "open"), 0);
	assert_nothing_lost(trace->profile);
}

/* The third block is refused: io_submit() takes the two before it. */
static int run_refuse(int argc, char **argv)
{
	aio_context_t context = set_up(8);
	struct iocb blocks[4], *list[4];
	struct io_event events[4];
	int zeroes = open_zeroes();

	(void)argc, (void)argv;
	for (int i = 0; i < 4; i++) {
		blocks[i] = block_for(IOCB_CMD_PREAD, i == 2 ? -1 : zeroes, i);
		list[i] = &blocks[i];
	}
	role__check(syscall(SYS_io_submit, context, 4, list) == 2 ? 0 : -1, "io_submit");
	/* and now as the first one: an error */
	role__check(syscall(SYS_io_submit, context, 2, list + 2) == -1 ? 0 : -1, "io_submit");
	role__check(syscall(SYS_io_getevents, context, 2, 4, events, NULL) == 2 ? 0 : -1,
		    "io_getevents");
	return 0;
}

static void blocks_that_are_not_taken_are_not_submitted(void **state)
{
	struct trace *trace = run("refuse");
	struct json_object *row = row_of(trace, "pread");

	(void)state;
	assert_count(json__integer(row, "submitted"), 2);
	assert_count(json__integer(row, "completed"), 2);
	assert_count(json__integer(row, "failed"), 0);
	assert_count(json__integer(row, "bytes"), 2 * (int64_t)sizeof(bytes[0]));
	assert_count(json__integer(row, "batches"), 1);
	assert_count(json__integer(row, "reaps"), 1);
	assert_count(json__integer(row, "served.inline"), 2);
	assert_nothing_lost(trace->profile);
}

/* Reads the events from the ring in its own memory: they need not even be looked at. */
static int run_unseen(int argc, char **argv)
{
	aio_context_t context = set_up(64);
	struct iocb block = block_for(IOCB_CMD_PREAD, open_zeroes(), 0), *list = &block;
	struct io_event event;

	(void)argc, (void)argv;
	for (int i = 0; i < REQUESTS; i++) {
		/* the context is the address of its ring, whose head is its third word */
		volatile uint32_t *head =
			(uint32_t *)(context + 8); /* NOLINT(performance-no-int-to-ptr) */

		role__check(syscall(SYS_io_submit, context, 1, &list), "io_submit");
		if (i < REQUESTS - 1)
			*head = *head + 1; /* taken; the ring is larger than this */
	}
	role__check(syscall(SYS_io_getevents, context, 1, 1, &event, NULL), "io_getevents");
	return 0;
}

static void completions_reaped_without_a_call_are_unseen(void **state)
{
	struct json_object *row = row_of(run("unseen"), "pread");

	(void)state;
	assert_count(json__integer(row, "submitted"), REQUESTS);
	assert_count(json__integer(row, "unseen"), REQUESTS - 1);
	assert_count(json__integer(row, "completed"), 1);
	assert_count(json__integer(row, "inflight.max"), 1);
	assert_true(json__is_null(row, "inflight.mean"));
	/* its own submission is the one that counts, not the first of that block */
	assert_time_between(json__number(row, "latency.max_ns"), 0, 5e6);
}

static int run_fail(int argc, char **argv)
{
	aio_context_t context = set_up(8);
	struct iocb block = block_for(IOCB_CMD_PREAD, open_zeroes(), 0), *list = &block;
	struct io_event event;

	(void)argc, (void)argv;
	block.aio_buf = 4096; /* nothing is there: EFAULT */
	for (int i = 0; i < REQUESTS; i++) {
		role__check(syscall(SYS_io_submit, context, 1, &list), "io_submit");
		role__check(syscall(SYS_io_getevents, context, 1, 1, &event, NULL), "io_getevents");
		role__check(event.res < 0 ? 0 : -1, "a read to nowhere");
	}
	return 0;
}

static void requests_that_fail_are_counted(void **state)
{
	struct json_object *row = row_of(run("fail"), "pread");

	(void)state;
	assert_count(json__integer(row, "completed"), REQUESTS);
	assert_count(json__integer(row, "failed"), REQUESTS);
	assert_count(json__integer(row, "bytes"), 0);
}

/* One call with more blocks than are looked at. */
#define MANY 1500

static int run_many(int argc, char **argv)
{
	static struct iocb blocks[MANY];
	static struct iocb *list[MANY];
	static struct io_event events[MANY];
	aio_context_t context = set_up(MANY);
	int zeroes = open_zeroes();

	(void)argc, (void)argv;
	for (int i = 0; i < MANY; i++) {
		blocks[i] = block_for(IOCB_CMD_PREAD, zeroes, 0);
		list[i] = &blocks[i];
	}
	role__check(syscall(SYS_io_submit, context, MANY, list) == MANY ? 0 : -1, "io_submit");
	role__check(syscall(SYS_io_getevents, context, MANY, MANY, events, NULL) == MANY ? 0 : -1,
		    "io_getevents");
	return 0;
}

static void what_is_beyond_one_call_is_lost_aloud(void **state)
{
	struct trace *trace = run("many");
	struct json_object *row = row_of(trace, "pread");

	(void)state;
	assert_count(json__integer(row, "submitted"), 1024);
	assert_true(json__integer(trace->profile, "audit.lost.inflight") >= MANY - 1024);
	assert_count(json__integer(row, "completed") + json__integer(row, "open"), 1024);
}

static const struct live_role roles[] = {
	{"leave", run_leave},	{"destroy", run_destroy},
	{"cancel", run_cancel}, {"refuse", run_refuse},
	{"unseen", run_unseen}, {"fail", run_fail},
	{"many", run_many},	{0},
};

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(requests_in_flight_at_exit_are_open),
		LIVE_TEST(a_context_that_is_destroyed_takes_its_requests_along),
		LIVE_TEST(requests_that_are_called_off_complete),
		LIVE_TEST(blocks_that_are_not_taken_are_not_submitted),
		LIVE_TEST(completions_reaped_without_a_call_are_unseen),
		LIVE_TEST(requests_that_fail_are_counted),
		LIVE_TEST(what_is_beyond_one_call_is_lost_aloud),
	};

	live__begin(argc, argv, roles);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
