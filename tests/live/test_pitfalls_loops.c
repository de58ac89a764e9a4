// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Event loops that are easily taken for something else, and calls that are easily taken for one. */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "tests/live/lib/live.h"
#include "tests/live/lib/role.h"

#define ROUNDS 20

static struct json_object *process_of(struct trace *trace)
{
	return the_process(trace->profile, json__integer(trace->truth, "pid"));
}

/* The row of that call, NULL if there is none. */
static struct json_object *find_loop(struct json_object *process, const char *call)
{
	struct json_object *loop;

	json__each (loop, process, "loops")
		if (strcmp(json__string(loop, "call"), call) == 0)
			return loop;
	return NULL;
}

static struct json_object *the_loop(struct json_object *process, const char *call, bool main)
{
	struct json_object *loop = find_loop(process, call);

	if (!loop)
		live__fail("no loop of %s in %s", call, json__show(json__at(process, "loops")));
	if (json__boolean(loop, "main") != main)
		live__fail("main or not: %s", json__show(loop));
	assert_loop_conserved(loop);
	return loop;
}

static struct trace *run_role(const char *name)
{
	struct trace *trace = trace__role("full", WORDS(name));

	assert_conserved(trace->profile);
	assert_nothing_lost(trace->profile);
	return trace;
}

/* --- a poll inside an epoll handler ------------------------------------------------------------
 */

struct pair {
	int event_fd; /* what the loop watches */
	int question[2], answer[2];
};

/* One event a round; the handler asks, and gets its answer 2 ms later. */
static void *feed_and_answer(void *context)
{
	struct pair *pair = context;
	uint64_t one = 1;
	char byte;

	for (int i = 0; i < ROUNDS; i++) {
		role__nap(500);
		role__check(write(pair->event_fd, &one, sizeof(one)), "write");
		role__check(read(pair->question[0], &byte, 1), "read");
		role__nap(2000);
		role__check(write(pair->answer[1], &byte, 1), "write");
	}
	return NULL;
}

static void ask(struct pair *pair)
{
	struct pollfd answer = {.fd = pair->answer[0], .events = POLLIN};
	char byte = 'x';

	role__check(write(pair->question[1], &byte, 1), "write");
	role__check(poll(&answer, 1, -1), "poll");
	role__check(read(pair->answer[0], &byte, 1), "read");
}

static int watch_with_epoll(int fd)
{
	struct epoll_event event = {.events = EPOLLIN};
	int epoll_fd = role__check(epoll_create1(0), "epoll_create1");

	role__check(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
	return epoll_fd;
}

/* `asks`: the handlers poll for longer than the loop rests. */
static int run_epoll_loop(bool asks)
{
	struct pair pair = {.event_fd = role__check(eventfd(0, 0), "eventfd")};
	int epoll_fd = watch_with_epoll(pair.event_fd);
	struct epoll_event event;
	pthread_t partner;
	uint64_t value;

	role__check(pipe(pair.question), "pipe");
	role__check(pipe(pair.answer), "pipe");
	partner = role__thread("partner", feed_and_answer, &pair, NULL);
	for (int i = 0; i < ROUNDS; i++) {
		role__check(epoll_wait(epoll_fd, &event, 1, -1), "epoll_wait");
		role__check(read(pair.event_fd, &value, sizeof(value)), "read");
		if (asks)
			ask(&pair);
	}
	pthread_join(partner, NULL);
	role__say("{\"pid\": %d}\n", getpid());
	return 0;
}

static int run_nested(int argc, char **argv)
{
	(void)argc, (void)argv;
	return run_epoll_loop(true);
}

static void a_poll_in_a_handler_is_blocked_time_of_the_loop(void **state)
{
	struct trace *trace = run_role("nested");
	struct json_object *process = process_of(trace), *loop, *wait;
	struct json_object *thread = the_thread(trace->profile, json__integer(process, "pid"));

	(void)state;
	assert_count(json__length(process, "loops"), 1);
	loop = the_loop(process, "epoll_wait", true);
	assert_count(json__integer(loop, "iterations"), ROUNDS);
	assert_count(json__integer(loop, "events"), ROUNDS);
	assert_count(json__integer(loop, "idle_ns"), waits_total(thread, NULL, "epoll_wait"));
	wait = the_wait(thread, "multiplex", "poll", NULL);
	assert_count(json__integer(wait, "handler_ns"), json__integer(wait, "total_ns"));
	assert_string_equal(json__string(loop, "longest_handler_cause"), "poll on 1 descriptor");
	if (!live__emulated())
		assert_true(json__integer(loop, "blocked_ns") >= ROUNDS * 2000000LL);
	/* a thread that answers others is no loop */
	assert_false(json__has(the_thread_named(process, "partner"), "loop"));
}

/* --- two calls, each over many ------------------------------------------------------------------
 */

/* A loop of select() whose handlers look at other descriptors, without waiting. */
static int run_two(int argc, char **argv)
{
	int fd = role__check(eventfd(0, 0), "eventfd"), more = role__check(dup(fd), "dup");
	struct pollfd others[3] = {
		{.fd = fd, .events = POLLPRI}, {.fd = fd, .events = POLLPRI}, {.fd = -1}};
	fd_set readable;

	(void)argc, (void)argv;
	for (int i = 0; i < ROUNDS; i++) {
		struct timeval timeout = {.tv_usec = 1000};

		FD_ZERO(&readable);
		FD_SET(fd, &readable);
		FD_SET(more, &readable);
		role__check(select(more + 1, &readable, NULL, NULL, &timeout), "select");
		role__check(poll(others, 3, 0), "poll");
		role__check(poll(others, 3, 0), "poll");
	}
	role__say("{\"pid\": %d}\n", getpid());
	return 0;
}

static void the_loop_of_two_is_the_one_that_rests(void **state)
{
	struct trace *trace = run_role("two");
	struct json_object *process = process_of(trace), *rest, *look, *refused;
	const char *call = find_loop(process, "select") ? "select" : "pselect6"; /* the library's */

	(void)state;
	rest = the_loop(process, call, true);
	look = the_loop(process, "poll", false);
	assert_count(json__integer(rest, "iterations"), ROUNDS);
	assert_count(json__integer(rest, "empty"), ROUNDS);
	assert_count(json__integer(rest, "events"), 0);
	assert_count(json__integer(rest, "readiness.count"), 0); /* its time was up */
	assert_count(json__integer(rest, "handler.count"), ROUNDS - 1);
	assert_count(json__integer(look, "iterations"), 2L * ROUNDS);
	assert_count(json__integer(look, "empty"), 2L * ROUNDS);
	/* each is measured between its own calls: the rest of the one is blocked time of the other
	 */
	if (!live__emulated())
		assert_true(json__integer(look, "blocked_ns") >= (ROUNDS - 1) * 900000LL);
	refused = json_object_array_get_idx(json__at(process, "attempts"), 0);
	assert_string_equal(json__string(refused, "syscall"), "poll");
	assert_string_equal(json__string(refused, "object"), "3 descriptors");
	assert_count(json__integer(refused, "empty"), json__integer(look, "unslept"));
	assert_in_range(json__integer(refused, "empty"), ROUNDS, 2L * ROUNDS);
	assert_in_range(json__integer(refused, "retry.count"), json__integer(refused, "empty") - 1,
			json__integer(refused, "empty"));
}

/* --- without ever sleeping ----------------------------------------------------------------------
 */

#define POLLS 2000

static int run_busy(int argc, char **argv)
{
	int event_fd = role__check(eventfd(0, 0), "eventfd");
	int epoll_fd = watch_with_epoll(event_fd);
	struct epoll_event event;
	uint64_t one = 1;

	(void)argc, (void)argv;
	for (int i = 0; i < POLLS; i++)
		role__check(epoll_wait(epoll_fd, &event, 1, 0), "epoll_wait");
	role__check(write(event_fd, &one, sizeof(one)), "write");
	role__check(epoll_wait(epoll_fd, &event, 1, 0), "epoll_wait");
	role__say("{\"pid\": %d}\n", getpid());
	return 0;
}

static void a_loop_that_never_sleeps_is_polling(void **state)
{
	struct trace *trace = run_role("busy");
	struct json_object *process = process_of(trace), *loop, *refused;
	int64_t runs, polls;

	(void)state;
	loop = the_loop(process, "epoll_wait", true);
	assert_count(json__integer(loop, "iterations"), POLLS + 1);
	assert_count(json__integer(loop, "empty"), POLLS);
	assert_count(json__integer(loop, "events"), 1);
	assert_true(json__number(loop, "utilisation") >= 0.9);
	/* on PREEMPT_RT the call may sleep on a kernel lock */
	polls = json__integer(loop, "unslept");
	assert_in_range(polls, POLLS * 9 / 10, POLLS);
	assert_count(json__length(process, "attempts"), 1);
	refused = json_object_array_get_idx(json__at(process, "attempts"), 0);
	assert_true(strncmp(json__string(refused, "object"), "epoll fd", 8) == 0);
	assert_count(json__integer(refused, "empty"), polls);
	assert_count(json__integer(refused, "retry.count"), polls);
	assert_count(json__integer(refused, "readiness.count"), 1);
	/* the write between is a success, and ends the run; a CPU that is taken away may, too */
	runs = json__integer(refused, "spin_runs");
	if (json__integer(refused, "retry.max_ns") < 1000000 && polls == POLLS)
		assert_count(runs, 1);
	assert_in_range(runs, 1, POLLS / 10);
	if (runs == 1)
		assert_count(json__integer(refused, "longest_run"), polls);
	assert_true(json__integer(refused, "spin_cpu_ns") <=
		    json__integer(process, "ledger.running_ns"));
	assert_true(json__integer(refused, "spin_cpu_ns") >= json__integer(loop, "call_ns") / 2);
}

/* --- interrupted -------------------------------------------------------------------------------
 */

static void ignore(int signal)
{
	(void)signal;
}

/* poll() over two, ended by a handler in each round. */
static int run_interrupted(int argc, char **argv)
{
	struct itimerval every = {.it_interval = {.tv_usec = 2000}, .it_value = {.tv_usec = 2000}};
	struct sigaction action = {.sa_handler = ignore};
	struct pollfd both[2];
	int fds[2], interrupted = 0;

	(void)argc, (void)argv;
	role__check(pipe(fds), "pipe");
	both[0] = (struct pollfd){.fd = fds[0], .events = POLLIN};
	both[1] = both[0];
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
	while (interrupted < ROUNDS)
		if (poll(both, 2, -1) < 0)
			interrupted++;
	role__say("{\"pid\": %d}\n", getpid());
	return 0;
}

static void a_loop_that_signals_interrupt_adds_up(void **state)
{
	struct trace *trace = run_role("interrupted");
	struct json_object *process = process_of(trace), *loop;

	(void)state;
	loop = the_loop(process, "poll", true);
	assert_count(json__integer(loop, "iterations"), ROUNDS);
	assert_count(json__integer(the_syscall(process, "poll"), "eintr"), ROUNDS);
	assert_count(json__integer(loop, "events"), 0);
	assert_count(json__integer(loop, "empty"), 0);
	assert_count(json__integer(loop, "idle_ns"), waits_total(process, NULL, "poll"));
	assert_count(json__integer(loop, "handler.count"), ROUNDS - 1);
}

/* --- cut by the window ---------------------------------------------------------------------------
 */

/* An epoll loop that goes on until it is killed; every second handler sleeps. */
static int run_endless(int argc, char **argv)
{
	int event_fd = role__check(eventfd(0, EFD_NONBLOCK), "eventfd");
	int epoll_fd = watch_with_epoll(event_fd);
	struct epoll_event event;

	(void)argc, (void)argv;
	role__say("ready {\"pid\": %d}\n", getpid());
	for (unsigned int i = 0;; i++) {
		role__check(epoll_wait(epoll_fd, &event, 1, 5), "epoll_wait");
		if (i % 2)
			role__nap(5000);
	}
	return 0;
}

static void a_loop_that_the_window_cuts_adds_up(void **state)
{
	struct program *endless = program__start_role(WORDS("endless"));
	int seen = 0;

	(void)state;
	for (int i = 0; i < 10 && seen < 5; i++) {
		struct trace *trace = trace__run(WORDS("-p", live__text("%d", endless->pid), "-d",
						       live__text("%dms", 100 + 3 * i)),
						 LIVE_TIMEOUT_MS);
		struct json_object *process = the_process(trace->profile, endless->pid);
		struct json_object *loop, *ledger = json__at(process, "ledger");

		assert_conserved(trace->profile);
		/* on a busy machine it may have had no CPU */
		if (trace__was_hit(trace) || syscall_calls(process, "epoll_wait") < 3)
			continue;
		seen++;
		loop = the_loop(process, "epoll_wait", true);
		/* all of its sleep is either rest or in a handler, but for a handler that was under
		 * way when the window began */
		assert_true(json__integer(loop, "idle_ns") + json__integer(loop, "blocked_ns") <=
			    json__integer(ledger, "blocked_ns"));
		assert_count(json__integer(loop, "idle_ns"),
			     waits_total(process, NULL, "epoll_wait"));
		assert_true(json__integer(loop, "window_ns") <=
			    json__integer(ledger, "lifetime_ns"));
		if (!live__emulated())
			assert_time_within(json__integer(loop, "idle_ns") +
						   json__integer(loop, "blocked_ns"),
					   json__integer(ledger, "blocked_ns"), 0, 5500000);
	}
	assert_true(seen > 0);
}

/* --- what is none -------------------------------------------------------------------------------
 */

/* Pauses by poll() without descriptors, and two calls that never come again. */
static int run_none(int argc, char **argv)
{
	int fd = role__check(eventfd(1, 0), "eventfd");
	struct pollfd ready[2] = {{.fd = fd, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
	const struct timespec no_time = {0};

	(void)argc, (void)argv;
	role__check(ppoll(ready, 2, &no_time, NULL), "ppoll");
	role__check(ppoll(ready, 2, &no_time, NULL), "ppoll");
	for (int i = 0; i < ROUNDS; i++)
		role__check(poll(NULL, 0, 1), "poll");
	role__say("{\"pid\": %d}\n", getpid());
	return 0;
}

static void a_pause_is_no_loop(void **state)
{
	struct trace *trace = run_role("none");
	struct json_object *process = process_of(trace);

	(void)state;
	assert_count(syscall_calls(process, "poll"), ROUNDS);
	assert_count(json__length(process, "loops"), 0);
	assert_count(json__length(process, "attempts"), 0);
}

int main(int argc, char **argv)
{
	static const struct live_role roles[] = {
		{"nested", run_nested},
		{"two", run_two},
		{"busy", run_busy},
		{"interrupted", run_interrupted},
		{"endless", run_endless},
		{"none", run_none},
		{0},
	};
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(a_poll_in_a_handler_is_blocked_time_of_the_loop),
		LIVE_TEST(the_loop_of_two_is_the_one_that_rests),
		LIVE_TEST(a_loop_that_never_sleeps_is_polling),
		LIVE_TEST(a_loop_that_signals_interrupt_adds_up),
		LIVE_TEST(a_loop_that_the_window_cuts_adds_up),
		LIVE_TEST(a_pause_is_no_loop),
	};

	live__begin(argc, argv, roles);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
