// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * io_uring: what goes wrong with requests (the ordinary ways are in test_workloads_requests.c).
 * Each role is a program that breaks one assumption that a simple tracer would make.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/time_types.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/live/lib/live.h"
#include "tests/live/lib/ring.h"
#include "tests/live/lib/role.h"

#define REQUESTS 24

static int64_t count_of(struct json_object *process, const char *operation, const char *member)
{
	return json__integer(the_requests(process, "io_uring", operation), member);
}

static struct json_object *process_of(struct trace *trace)
{
	return the_process_named(trace->profile, "test_requests_u");
}

/* Runs a role under trace; its requests add up. */
static struct trace *run(const char *role)
{
	struct trace *trace = trace__role("full", WORDS(role));

	assert_conserved(trace->profile);
	assert_requests_balance(trace->profile);
	return trace;
}

/* --- requests that nobody completes -------------------------------------------------------- */

/* So many that receive where nothing comes. */
static void submit_receives(struct ring *ring)
{
	static char byte;
	int ends[2];

	role__check(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), "socketpair");
	ring__open(ring, REQUESTS, 0);
	for (int i = 0; i < REQUESTS; i++) {
		struct io_uring_sqe *request = ring__request(ring, IORING_OP_RECV, ends[0], i);

		request->addr = (uint64_t)&byte;
		request->len = 1;
	}
	role__check(ring__enter(ring, 0), "io_uring_enter");
}

static int run_leave(int argc, char **argv)
{
	struct ring ring;

	(void)argc, (void)argv;
	submit_receives(&ring);
	role__nap(5000);
	return 0;
}

static void requests_in_flight_at_exit_are_open_or_cancelled(void **state)
{
	struct trace *trace = run("leave");
	struct json_object *process = process_of(trace);

	(void)state;
	assert_count(count_of(process, "recv", "submitted"), REQUESTS);
	/* the kernel cancels them while the process exits, or later */
	assert_count(count_of(process, "recv", "open") + count_of(process, "recv", "cancelled"),
		     REQUESTS);
	assert_count(count_of(process, "recv", "inflight.max"), REQUESTS);
	assert_nothing_lost(trace->profile);
}

static int run_close(int argc, char **argv)
{
	struct ring ring;

	(void)argc, (void)argv;
	submit_receives(&ring);
	ring__close(&ring);
	role__nap(300000); /* the kernel tears it down in a thread of its own */
	return 0;
}

static void a_ring_that_is_closed_cancels_what_is_in_flight(void **state)
{
	struct trace *trace = run("close");
	struct json_object *process = process_of(trace);

	(void)state;
	assert_count(count_of(process, "recv", "submitted"), REQUESTS);
	if (!live__emulated())
		assert_count(count_of(process, "recv", "cancelled"), REQUESTS);
	assert_count(count_of(process, "recv", "open") + count_of(process, "recv", "cancelled"),
		     REQUESTS);
	assert_count(count_of(process, "recv", "failed"), 0);
}

static int run_cancel(int argc, char **argv)
{
	struct ring ring;

	(void)argc, (void)argv;
	submit_receives(&ring);
	for (int i = 0; i < REQUESTS; i++)
		ring__request(&ring, IORING_OP_ASYNC_CANCEL, -1, 1000)->addr = i;
	role__check(ring__enter(&ring, 2 * REQUESTS), "io_uring_enter");
	return 0;
}

static void cancelled_requests_are_told_from_failed_ones(void **state)
{
	struct trace *trace = run("cancel");
	struct json_object *process = process_of(trace);

	(void)state;
	assert_count(count_of(process, "recv", "cancelled"), REQUESTS);
	assert_count(count_of(process, "recv", "completed"), REQUESTS);
	assert_count(count_of(process, "recv", "failed"), 0);
	assert_count(count_of(process, "recv", "served.polled"), REQUESTS);
	assert_count(count_of(process, "async_cancel", "completed"), REQUESTS);
	assert_count(count_of(process, "async_cancel", "failed"), 0);
	assert_count(count_of(process, "async_cancel", "served.inline"), REQUESTS);
	assert_nothing_lost(trace->profile);
}

/* --- requests that fail --------------------------------------------------------------------- */

static int run_fail(int argc, char **argv)
{
	struct ring ring;
	static char byte;

	(void)argc, (void)argv;
	ring__open(&ring, 8, 0);
	for (int i = 0; i < REQUESTS; i++) {
		struct io_uring_sqe *request = ring__request(&ring, IORING_OP_READ, -1, i);

		request->addr = (uint64_t)&byte;
		request->len = 1;
		role__check(ring__enter(&ring, 1), "io_uring_enter");
		/* one that is refused before it is submitted */
		ring__request(&ring, IORING_OP_POLL_REMOVE, 0, i)->len = 0xffffffff;
		role__check(ring__enter(&ring, 1), "io_uring_enter");
		ring__take(&ring, 2);
	}
	return 0;
}

static void requests_that_fail_are_counted_refused_ones_too(void **state)
{
	struct trace *trace = run("fail");
	struct json_object *process = process_of(trace);

	(void)state;
	assert_count(count_of(process, "read", "submitted"), REQUESTS);
	assert_count(count_of(process, "read", "failed"), REQUESTS);
	assert_count(count_of(process, "read", "bytes"), 0);
	assert_count(count_of(process, "poll_remove", "submitted"), REQUESTS);
	assert_count(count_of(process, "poll_remove", "failed"), REQUESTS);
	assert_nothing_lost(trace->profile);
}

/* --- whose requests? ---------------------------------------------------------------------- */

#define PARENTS	 10
#define CHILDREN 7

static void do_nothings(struct ring *ring, int count)
{
	for (int i = 0; i < count; i++) {
		ring__request(ring, IORING_OP_NOP, -1, 0);
		role__check(ring__enter(ring, 1), "io_uring_enter");
		ring__take(ring, 1);
	}
}

static int run_fork(int argc, char **argv)
{
	struct ring ring;
	pid_t child;

	(void)argc, (void)argv;
	ring__open(&ring, 8, 0);
	do_nothings(&ring, PARENTS);
	child = fork();
	if (child == 0) {
		prctl(PR_SET_NAME, "child");
		do_nothings(&ring, CHILDREN);
		_exit(0);
	}
	waitpid(child, NULL, 0);
	return 0;
}

static void a_request_belongs_to_the_process_that_submits_it(void **state)
{
	struct trace *trace = run("fork");

	(void)state;
	assert_count(count_of(process_of(trace), "nop", "completed"), PARENTS);
	assert_count(count_of(the_process_named(trace->profile, "child"), "nop", "completed"),
		     CHILDREN);
}

/* The parent submits and sleeps; what comes is waited for and taken by its child. */
static int run_heir(int argc, char **argv)
{
	static struct __kernel_timespec soon = {.tv_nsec = 20000000};
	struct ring ring;
	pid_t child;

	(void)argc, (void)argv;
	ring__open(&ring, REQUESTS, 0);
	for (int i = 0; i < REQUESTS; i++) {
		struct io_uring_sqe *request = ring__request(&ring, IORING_OP_TIMEOUT, -1, i);

		request->addr = (uint64_t)&soon;
		request->len = 1;
	}
	role__check(ring__enter(&ring, 0), "io_uring_enter");
	child = fork();
	if (child == 0) {
		prctl(PR_SET_NAME, "child");
		for (unsigned int taken = 0; taken < REQUESTS;) {
			role__check(ring__enter(&ring, 1), "io_uring_enter");
			taken += ring__take(&ring, REQUESTS);
		}
		_exit(0);
	}
	waitpid(child, NULL, 0);
	return 0;
}

static void a_request_is_its_submitters_whoever_waits_for_it(void **state)
{
	struct trace *trace = run("heir");
	struct json_object *child = the_process_named(trace->profile, "child");

	(void)state;
	assert_count(count_of(process_of(trace), "timeout", "submitted"), REQUESTS);
	assert_count(count_of(process_of(trace), "timeout", "completed"), REQUESTS);
	assert_count(count_of(process_of(trace), "timeout", "open"), 0);
	assert_null(find_requests(child, "io_uring", "timeout"));
	assert_null(find_requests(child, "io_uring", "unpaired"));
	if (!live__emulated()) /* it may come too late for that */
		the_wait(child, "io_uring", "io_uring_enter", NULL);
}

/* --- user_data is the program's ----------------------------------------------------------- */

#define SHORT_NS 10000000
#define LONG_NS	 200000000

static struct __kernel_timespec short_time = {.tv_nsec = SHORT_NS},
				long_time = {.tv_nsec = LONG_NS};

/* The long ones first: who pairs by user_data gives them the completions of the short ones. */
static int run_same(int argc, char **argv)
{
	struct ring ring;

	(void)argc, (void)argv;
	ring__open(&ring, 2 * REQUESTS, 0);
	for (int i = 0; i < 2 * REQUESTS; i++) {
		struct io_uring_sqe *request = ring__request(&ring, IORING_OP_TIMEOUT, -1, 7);

		request->addr = (uint64_t)(i < REQUESTS ? &long_time : &short_time);
		request->len = 1;
	}
	/* a timeout that expires ends the wait, however many completions are missing */
	for (unsigned int taken = 0; taken < 2 * REQUESTS;) {
		role__check(ring__enter(&ring, 1), "io_uring_enter");
		taken += ring__take(&ring, 2 * REQUESTS);
	}
	return 0;
}

static void requests_with_the_same_user_data_are_not_confused(void **state)
{
	struct trace *trace = run("same");
	struct json_object *row = the_requests(process_of(trace), "io_uring", "timeout");

	(void)state;
	assert_count(json__integer(row, "completed"), REQUESTS + REQUESTS);
	assert_count(json__integer(row, "cancelled"), 0);
	assert_count(json__integer(row, "failed"), 0); /* ETIME is what was asked for */
	assert_count(json__integer(row, "served.other"), REQUESTS + REQUESTS);
	/* half of them short, half of them long: the sum is right with any pairing, these are not
	 */
	assert_true(json__integer(row, "latency.min_ns") >= SHORT_NS);
	assert_true(json__integer(row, "latency.max_ns") >= LONG_NS);
	assert_time_between(json__number(row, "latency.p50_ns"), SHORT_NS, LONG_NS / 2.0);
	assert_true(json__number(row, "latency.p90_ns") >= LONG_NS * (1 - 1.0 / 32));
}

/* --- completions that do not fit, that do not come, that come often ----------------------- */

#define QUEUE	 8
#define OVERFULL 40

static int run_overflow(int argc, char **argv)
{
	struct ring ring;

	(void)argc, (void)argv;
	ring__open(&ring, QUEUE, QUEUE);
	for (int i = 0; i < OVERFULL; i++) {
		int submitted;

		ring__request(&ring, IORING_OP_NOP, -1, i);
		submitted = ring__enter(&ring, 0);
		if (submitted == -EBUSY || submitted == -EAGAIN) { /* it wants to be emptied */
			ring__take(&ring, QUEUE);
			submitted = ring__enter(&ring, 1);
		}
		role__check(submitted, "io_uring_enter");
	}
	return 0;
}

static void completions_that_overflow_the_queue_are_completions(void **state)
{
	struct trace *trace = run("overflow");
	struct json_object *row = the_requests(process_of(trace), "io_uring", "nop");

	(void)state;
	assert_count(json__integer(row, "submitted"), OVERFULL);
	assert_count(json__integer(row, "completed"), OVERFULL);
	assert_true(json__integer(row, "overflowed") > 0);
	/* where in the queue they will be one day is not known */
	assert_true(json__integer(row, "taken.count") + json__integer(row, "overflowed") <=
		    OVERFULL);
	assert_null(find_requests(process_of(trace), "io_uring", "unpaired"));
}

static int run_silent(int argc, char **argv)
{
	struct ring ring;

	(void)argc, (void)argv;
	ring__open(&ring, REQUESTS, 0);
	for (int i = 0; i < REQUESTS - 1; i++)
		ring__request(&ring, IORING_OP_NOP, -1, i)->flags = IOSQE_CQE_SKIP_SUCCESS;
	ring__request(&ring, IORING_OP_FSYNC, -1, 99)->flags = IOSQE_CQE_SKIP_SUCCESS;
	role__check(ring__enter(&ring, 1), "io_uring_enter");
	return 0;
}

static void requests_without_a_completion_are_unseen_unless_they_fail(void **state)
{
	struct trace *trace = run("silent");
	struct json_object *process = process_of(trace);

	(void)state;
	assert_count(count_of(process, "nop", "submitted"), REQUESTS - 1);
	assert_count(count_of(process, "nop", "unseen"), REQUESTS - 1);
	assert_count(count_of(process, "nop", "completed"), 0);
	assert_true(json__is_null(the_requests(process, "io_uring", "nop"), "inflight.mean"));
	assert_count(count_of(process, "fsync", "failed"), 1);
	assert_count(count_of(process, "fsync", "unseen"), 0);
	assert_nothing_lost(trace->profile);
}

#define EVENTS 12

static int run_multishot(int argc, char **argv)
{
	struct io_uring_sqe *request;
	struct ring ring;
	uint64_t value;
	int fd = eventfd(0, 0);

	(void)argc, (void)argv;
	ring__open(&ring, 8, 64);
	request = ring__request(&ring, IORING_OP_POLL_ADD, fd, 7);
	request->poll32_events = POLLIN;
	request->len = IORING_POLL_ADD_MULTI;
	role__check(ring__enter(&ring, 0), "io_uring_enter");
	for (int i = 0; i < EVENTS; i++) {
		value = 1;
		role__check(write(fd, &value, sizeof(value)), "write");
		role__check(ring__enter(&ring, 1), "io_uring_enter");
		role__check(ring__take(&ring, 1) == 1 ? 0 : -1, "no completion");
		role__check(read(fd, &value, sizeof(value)), "read");
	}
	ring__request(&ring, IORING_OP_POLL_REMOVE, -1, 8)->addr = 7;
	role__check(ring__enter(&ring, 2), "io_uring_enter");
	return 0;
}

static void a_request_with_many_completions_is_one_request(void **state)
{
	struct trace *trace = run("multishot");
	struct json_object *process = process_of(trace);

	(void)state;
	assert_count(count_of(process, "poll_add", "submitted"), 1);
	assert_count(count_of(process, "poll_add", "completed"), 1);
	assert_count(count_of(process, "poll_add", "cancelled"), 1);
	assert_count(count_of(process, "poll_add", "more"), EVENTS);
	assert_count(count_of(process, "poll_remove", "completed"), 1);
	assert_null(find_requests(process, "io_uring", "unpaired"));
}

/* --- as many as never were ------------------------------------------------------------------ */

#define CROWD	      100000
#define CROWD_NS      1500000000
#define CROWD_AT_ONCE 4096

static struct __kernel_timespec crowd_time = {.tv_sec = 1, .tv_nsec = CROWD_NS - 1000000000};

static int run_crowd(int argc, char **argv)
{
	unsigned int taken = 0, submitted = 0;
	struct ring ring;

	(void)argc, (void)argv;
	ring__open(&ring, CROWD_AT_ONCE, 2 * 32768);
	while (submitted < CROWD) {
		for (int i = 0; i < CROWD_AT_ONCE && submitted < CROWD; i++, submitted++) {
			struct io_uring_sqe *request =
				ring__request(&ring, IORING_OP_TIMEOUT, -1, 1);

			request->addr = (uint64_t)&crowd_time;
			request->len = 1;
		}
		role__check(ring__enter(&ring, 0), "io_uring_enter");
		taken += ring__take(&ring, CROWD);
	}
	while (taken < CROWD) {
		int result = ring__enter(&ring, 1);

		role__check(result == -EBUSY ? 0 : result, "io_uring_enter");
		taken += ring__take(&ring, CROWD);
	}
	return 0;
}

static void a_hundred_thousand_in_flight_are_bounded_and_counted(void **state)
{
	struct trace *trace;
	struct json_object *row;
	int64_t followed;

	(void)state;
	if (live__emulated())
		live__skip("no crowds in an emulated machine");
	trace = run("crowd");
	row = the_requests(process_of(trace), "io_uring", "timeout");
	followed = json__integer(row, "inflight.max");
	assert_count(json__integer(row, "submitted"), CROWD);
	assert_true(followed > 1000 && followed < CROWD);
	/* the rest is said to be lost, and its completions are nobody's */
	assert_true(json__integer(trace->profile, "audit.lost.inflight") >= CROWD - followed);
	assert_count(json__integer(row, "completed"), followed);
	assert_count(json__integer(row, "unseen"), CROWD - followed);
	assert_true(json__integer(row, "censored") <= CROWD - followed);
	/* none was paired with an earlier completion */
	assert_true(json__integer(row, "latency.min_ns") >= CROWD_NS);
	/* nor with an earlier place in the queue; what there is no room for is not counted */
	assert_true(json__integer(row, "taken.count") <= followed);
	if (json__integer(row, "taken.count"))
		assert_true(json__integer(row, "taken.min_ns") >= CROWD_NS);
}

/* --- not allowed ---------------------------------------------------------------------------- */

/* Like kernel.io_uring_disabled, but for this process only. */
static int run_forbidden(int argc, char **argv)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = 4, .filter = filter};
	struct io_uring_params parameters = {0};

	(void)argc, (void)argv;
	role__check(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl");
	role__check(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), "seccomp");
	return syscall(SYS_io_uring_setup, 8, &parameters) == -1 && errno == EPERM ? 0 : 1;
}

static void a_program_that_may_not_have_a_ring_has_no_requests(void **state)
{
	struct trace *trace = run("forbidden");

	(void)state;
	assert_count(json__length(process_of(trace), "requests"), 0);
}

/* --- a trace that begins in the middle -------------------------------------------------------- */

static int run_late(int argc, char **argv)
{
	struct ring ring;
	char line[16];
	static char byte;
	int ends[2];

	(void)argc, (void)argv;
	role__check(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), "socketpair");
	ring__open(&ring, 8, 0);
	for (int i = 0; i < 2; i++) {
		struct io_uring_sqe *request = ring__request(&ring, IORING_OP_RECV, ends[0], i);

		request->addr = (uint64_t)&byte;
		request->len = 1;
		role__check(ring__enter(&ring, 0), "io_uring_enter");
		if (i == 0)
			role__say("ready\n");
		role__hear(line, sizeof(line));
	}
	role__check(write(ends[1], "ab", 2), "write");
	role__check(ring__enter(&ring, 2), "io_uring_enter");
	return 0;
}

static void completions_of_requests_from_before_are_censored(void **state)
{
	struct program *program = program__start_role(WORDS("late"));
	struct trace *trace =
		trace__start(WORDS("-p", live__text("%d", program->pid), "-d", "20s"));
	struct json_object *row;

	(void)state;
	trace__await_attached(trace);
	program__say(program, "go\n");
	live__sleep_ms(20);
	program__say(program, "go\n");
	assert_count(program__wait(program, LIVE_TIMEOUT_MS), 0);
	trace__finish(trace, LIVE_TIMEOUT_MS);
	assert_requests_balance(trace->profile);
	row = the_requests(the_process(trace->profile, program->was_pid), "io_uring", "recv");
	assert_count(json__integer(row, "submitted"), 1);
	assert_count(json__integer(row, "completed"), 1);
	assert_count(json__integer(row, "censored"), 1);
}

static const struct live_role roles[] = {
	{"leave", run_leave},	{"close", run_close},
	{"cancel", run_cancel}, {"fail", run_fail},
	{"heir", run_heir},	{"fork", run_fork},
	{"same", run_same},	{"overflow", run_overflow},
	{"silent", run_silent}, {"multishot", run_multishot},
	{"crowd", run_crowd},	{"forbidden", run_forbidden},
	{"late", run_late},	{0},
};

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(requests_in_flight_at_exit_are_open_or_cancelled),
		LIVE_TEST(a_ring_that_is_closed_cancels_what_is_in_flight),
		LIVE_TEST(cancelled_requests_are_told_from_failed_ones),
		LIVE_TEST(requests_that_fail_are_counted_refused_ones_too),
		LIVE_TEST(a_request_belongs_to_the_process_that_submits_it),
		LIVE_TEST(a_request_is_its_submitters_whoever_waits_for_it),
		LIVE_TEST(requests_with_the_same_user_data_are_not_confused),
		LIVE_TEST(completions_that_overflow_the_queue_are_completions),
		LIVE_TEST(requests_without_a_completion_are_unseen_unless_they_fail),
		LIVE_TEST(a_request_with_many_completions_is_one_request),
		LIVE_TEST(a_hundred_thousand_in_flight_are_bounded_and_counted),
		LIVE_TEST(a_program_that_may_not_have_a_ring_has_no_requests),
		LIVE_TEST(completions_of_requests_from_before_are_censored),
	};

	live__begin(argc, argv, roles);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
