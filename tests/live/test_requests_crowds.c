// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * More asynchronous requests in flight than there is room to follow (of io_uring: a hundred
 * thousand, in test_requests_uring.c). Memory is bounded, what does not fit is counted, and what
 * does is paired rightly.
 */
#define _GNU_SOURCE
#include <aio.h>
#include <errno.h>
#include <linux/aio_abi.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/live/lib/live.h"
#include "tests/live/lib/role.h"

#define ENTRIES	 "256"
#define CROWD	 3000
#define BATCH	 500
#define PAUSE_US 50000

static struct json_object *row_of(struct trace **trace, const char *role, const char *api,
				  const char *operation)
{
	*trace = trace__run(WORDS("--map-entries", ENTRIES, "--", live__self(), "--as", role),
			    LIVE_TIMEOUT_MS);
	assert_count((*trace)->status, 0);
	assert_conserved((*trace)->profile);
	assert_requests_balance((*trace)->profile);
	return the_requests(the_process_named((*trace)->profile, "test_requests_c"), api,
			    operation);
}

/* `room` of them are followed; nothing comes before the pause is over. */
static void check(struct trace *trace, struct json_object *row, int64_t room)
{
	int64_t followed = json__integer(row, "inflight.max");

	assert_count(json__integer(row, "submitted"), CROWD);
	assert_true(followed > room / 2 && followed <= room);
	assert_count(json__integer(row, "unseen"), CROWD - followed);
	assert_count(json__integer(row, "completed"), followed);
	assert_count(json__integer(row, "open"), 0);
	assert_true(json__integer(trace->profile, "audit.lost.inflight") >= CROWD - followed);
	assert_count(json__integer(row, "latency.count"), followed);
	assert_true(json__integer(row, "latency.min_ns") >= PAUSE_US * 1000LL);
}

/* --- Linux AIO: polls of a pipe ----------------------------------------------------------------
 */

static int run_polls(int argc, char **argv)
{
	static struct iocb blocks[CROWD];
	static struct io_event events[BATCH];
	struct iocb *list[BATCH];
	aio_context_t context = 0;
	int ends[2], taken = 0;

	(void)argc, (void)argv;
	role__check(pipe(ends), "pipe");
	role__check(syscall(SYS_io_setup, CROWD, &context), "io_setup");
	for (int first = 0; first < CROWD; first += BATCH) {
		for (int i = 0; i < BATCH; i++) {
			list[i] = &blocks[first + i];
			*list[i] = (struct iocb){.aio_lio_opcode = IOCB_CMD_POLL,
						 .aio_fildes = (uint32_t)ends[0],
						 .aio_buf = POLLIN};
		}
		role__check(syscall(SYS_io_submit, context, BATCH, list) == BATCH ? 0 : -1,
			    "io_submit");
	}
	role__nap(PAUSE_US);
	role__check(write(ends[1], "x", 1), "write");
	while (taken < CROWD) {
		long got = syscall(SYS_io_getevents, context, 1, BATCH, events, NULL);

		role__check(got, "io_getevents");
		taken += (int)got;
	}
	return 0;
}

static void linux_aio_is_followed_as_far_as_there_is_room(void **state)
{
	struct trace *trace;
	struct json_object *row = row_of(&trace, "polls", "linux_aio", "poll");

	(void)state;
	check(trace, row, 2 * strtoll(ENTRIES, NULL, 10));
	/* the completions of those that are not followed */
	assert_count(json__integer(row, "censored"), CROWD - json__integer(row, "completed"));
}

/* --- POSIX AIO: reads of a pipe -----------------------------------------------------------------
 */

static int run_reads(int argc, char **argv)
{
	static struct aiocb blocks[CROWD];
	static char bytes[CROWD];
	int ends[2];

	(void)argc, (void)argv;
	role__check(pipe(ends), "pipe");
	for (int i = 0; i < CROWD; i++) {
		blocks[i] = (struct aiocb){
			.aio_fildes = ends[0], .aio_buf = &bytes[i], .aio_nbytes = 1};
		blocks[i].aio_sigevent.sigev_notify = SIGEV_NONE;
		role__check(aio_read(&blocks[i]), "aio_read");
	}
	role__nap(PAUSE_US);
	role__check(write(ends[1], bytes, CROWD) == CROWD ? 0 : -1, "write");
	for (int i = 0; i < CROWD; i++) {
		const struct aiocb *one[] = {&blocks[i]};

		while (aio_error(&blocks[i]) == EINPROGRESS)
			aio_suspend(one, 1, NULL);
		role__check(aio_return(&blocks[i]) == 1 ? 0 : -1, "aio_return");
	}
	return 0;
}

static void posix_aio_is_followed_as_far_as_there_is_room(void **state)
{
	struct trace *trace;
	struct json_object *row = row_of(&trace, "reads", "posix_aio", "read");

	(void)state;
	check(trace, row, strtoll(ENTRIES, NULL, 10));
}

static const struct live_role roles[] = {{"polls", run_polls}, {"reads", run_reads}, {0}};

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(linux_aio_is_followed_as_far_as_there_is_room),
		LIVE_TEST(posix_aio_is_followed_as_far_as_there_is_room),
	};

	live__begin(argc, argv, roles);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
