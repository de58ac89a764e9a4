// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * io_uring: when programs take completions out of the ring. Nothing tells of that, so here are
 * programs that do it at times of their own choice, and others that never do.
 */
#define _GNU_SOURCE
#include <linux/time_types.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/live/lib/live.h"
#include "tests/live/lib/ring.h"
#include "tests/live/lib/role.h"

#define REQUESTS 12
#define TAKEN	 5 /* of them */
#define NAP_US	 2000
#define NAP_NS	 (NAP_US * 1000LL)

static struct json_object *row_of(struct trace *trace, const char *operation)
{
	return the_requests(the_process_named(trace->profile, "test_requests_t"), "io_uring",
			    operation);
}

static struct trace *run(const char *role)
{
	struct trace *trace = trace__role("full", WORDS(role));

	assert_conserved(trace->profile);
	assert_requests_balance(trace->profile);
	return trace;
}

/* So many that are complete when the call returns. */
static void do_nothings(struct ring *ring, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		ring__request(ring, IORING_OP_NOP, -1, i);
	role__check(ring__enter(ring, count), "io_uring_enter");
}

static void take(struct ring *ring, unsigned int count)
{
	role__check(ring__take(ring, count) == count ? 0 : -1, "completions");
}

/* --- one after the other --------------------------------------------------------------------- */

static int run_turns(int argc, char **argv)
{
	struct ring ring;

	(void)argc, (void)argv;
	ring__open(&ring, REQUESTS, 0);
	do_nothings(&ring, REQUESTS);
	for (int i = 0; i < REQUESTS; i++) {
		role__nap(NAP_US);
		take(&ring, 1);
	}
	return 0;
}

/* All are posted at once, and each lies there a nap longer than the one before. */
static void each_completion_is_taken_in_its_turn(void **state)
{
	struct json_object *row = row_of(run("turns"), "nop");

	(void)state;
	assert_count(json__integer(row, "completed"), REQUESTS);
	assert_count(json__integer(row, "taken.count"), REQUESTS);
	assert_count(json__integer(row, "taken_by.count"), REQUESTS);
	/* a place too early, and the first was taken before its nap; a place too late, and the last
	 * was never taken */
	assert_true(json__integer(row, "taken.min_ns") >= NAP_NS);
	assert_true(json__integer(row, "taken.max_ns") >= REQUESTS * NAP_NS);
	assert_true(json__integer(row, "taken.sum_ns") >= NAP_NS * REQUESTS * (REQUESTS + 1) / 2);
	assert_true(json__integer(row, "taken_by.min_ns") >= json__integer(row, "taken.min_ns"));
	/* the next nap shows that it was taken: the bounds are closer than that nap */
	if (!live__emulated())
		assert_true(json__integer(row, "taken_by.sum_ns") -
				    json__integer(row, "taken.sum_ns") <
			    NAP_NS * REQUESTS / 2);
}

/* --- never ------------------------------------------------------------------------------------ */

/* The second ring may well be where the first one was. */
static int run_closed(int argc, char **argv)
{
	struct ring ring;

	(void)argc, (void)argv;
	ring__open(&ring, REQUESTS, 0);
	do_nothings(&ring, REQUESTS);
	take(&ring, TAKEN);
	ring__close(&ring);
	role__nap(100000); /* the kernel tears it down in a thread of its own */
	ring__open(&ring, REQUESTS, 0);
	for (int i = 0; i < REQUESTS; i++) {
		do_nothings(&ring, 1);
		role__nap(NAP_US);
		take(&ring, 1);
	}
	return 0;
}

static void what_a_closed_ring_had_was_not_taken(void **state)
{
	struct json_object *row = row_of(run("closed"), "nop");

	(void)state;
	assert_count(json__integer(row, "completed"), 2 * REQUESTS);
	assert_count(json__integer(row, "taken.count"), TAKEN + REQUESTS);
	if (!live__emulated()) /* not when the second ring was used */
		assert_true(json__integer(row, "taken_by.max_ns") < 100000000);
}

static int run_abandoned(int argc, char **argv)
{
	struct ring ring;

	(void)argc, (void)argv;
	ring__open(&ring, REQUESTS, 0);
	do_nothings(&ring, REQUESTS);
	take(&ring, TAKEN);
	return 0;
}

static void what_a_program_leaves_behind_was_not_taken(void **state)
{
	struct json_object *row = row_of(run("abandoned"), "nop");

	(void)state;
	assert_count(json__integer(row, "completed"), REQUESTS);
	assert_count(json__integer(row, "taken.count"), TAKEN);
}

/* --- by whom? --------------------------------------------------------------------------------- */

#define TIMEOUT_NS 20000000
#define PAUSE_US   400000

static struct __kernel_timespec timeout = {.tv_nsec = TIMEOUT_NS};

static void *reap(void *argument)
{
	struct ring *ring = argument;

	role__check(ring__enter(ring, 1), "io_uring_enter");
	take(ring, 1);
	role__nap(PAUSE_US);
	return NULL;
}

/* One thread submits and sleeps; another one, which never submits, waits and takes. */
static int run_reaper(int argc, char **argv)
{
	struct io_uring_sqe *request;
	struct ring ring;
	pthread_t reaper;

	(void)argc, (void)argv;
	ring__open(&ring, 8, 0);
	do_nothings(&ring, 1);
	take(&ring, 1);
	request = ring__request(&ring, IORING_OP_TIMEOUT, -1, 1);
	request->addr = (uint64_t)&timeout;
	request->len = 1;
	role__check(ring__enter(&ring, 0), "io_uring_enter");
	role__check(pthread_create(&reaper, NULL, reap, &ring) ? -1 : 0, "pthread_create");
	pthread_join(reaper, NULL);
	return 0;
}

static void a_thread_that_only_waits_is_looked_at(void **state)
{
	struct json_object *row = row_of(run("reaper"), "timeout");

	(void)state;
	assert_count(json__integer(row, "taken.count"), 1);
	assert_true(json__integer(row, "taken.min_ns") >= TIMEOUT_NS);
	/* seen before it pauses, not when the submitter goes on */
	if (!live__emulated())
		assert_true(json__integer(row, "taken_by.max_ns") < TIMEOUT_NS + PAUSE_US * 1000LL);
}

static int run_fork(int argc, char **argv)
{
	struct ring ring;
	pid_t child;

	(void)argc, (void)argv;
	ring__open(&ring, REQUESTS, 0);
	do_nothings(&ring, TAKEN);
	take(&ring, TAKEN);
	child = fork();
	if (child == 0) {
		prctl(PR_SET_NAME, "child");
		do_nothings(&ring, REQUESTS);
		take(&ring, REQUESTS);
		_exit(0);
	}
	waitpid(child, NULL, 0);
	return 0;
}

static void a_shared_ring_has_its_own_takers(void **state)
{
	struct trace *trace = run("fork");
	struct json_object *child =
		the_requests(the_process_named(trace->profile, "child"), "io_uring", "nop");

	(void)state;
	assert_count(json__integer(row_of(trace, "nop"), "taken.count"), TAKEN);
	assert_count(json__integer(child, "taken.count"), REQUESTS);
}

static const struct live_role roles[] = {
	{"turns", run_turns},	{"closed", run_closed}, {"abandoned", run_abandoned},
	{"reaper", run_reaper}, {"fork", run_fork},	{0},
};

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(each_completion_is_taken_in_its_turn),
		LIVE_TEST(what_a_closed_ring_had_was_not_taken),
		LIVE_TEST(what_a_program_leaves_behind_was_not_taken),
		LIVE_TEST(a_thread_that_only_waits_is_looked_at),
		LIVE_TEST(a_shared_ring_has_its_own_takers),
	};

	live__begin(argc, argv, roles);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
