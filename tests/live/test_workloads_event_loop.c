// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* workloads/event_loop: the loop rests in its multiplexer, and is held up in its handlers. */
#include <string.h>

#include "tests/live/lib/live.h"
#include "tests/live/lib/truth.h"

#define OPERATIONS (live__emulated() ? "20" : "60")

static struct json_object *find_rest(struct trace *trace)
{
	const char *syscall = json__string(trace->truth, "syscall");
	const char *object = live__text("epoll fd %d", (int)json__integer(trace->truth, "fd"));
	struct json_object *wait;

	/* on PREEMPT_RT the call may sleep on a kernel lock too, uninterruptibly */
	json__each (wait, truth__waiter(trace), "waits") {
		const char *name = json__string(wait, "syscall"),
			   *on = json__string(wait, "object");

		if (name && on && strcmp(name, syscall) == 0 && strcmp(on, object) == 0 &&
		    strcmp(json__string(wait, "sleep"), json__string(trace->truth, "sleep")) == 0)
			return wait;
	}
	return NULL;
}

/* The loop sleeps at most once per return of epoll_wait, and is idle when it does. */
static void check_rest(struct trace *trace)
{
	const char *syscall = json__string(trace->truth, "syscall");
	struct json_object *waiter = truth__waiter(trace), *waker, *wait = find_rest(trace);

	if (!wait) {
		if (!live__emulated())
			assert_count(waits_count(waiter, NULL, syscall), 0);
		return;
	}
	assert_true(json__boolean(wait, "idle"));
	assert_string_equal(json__string(wait, "sleep"), json__string(trace->truth, "sleep"));
	if (!live__emulated())
		assert_count(waits_count(waiter, NULL, syscall), json__integer(wait, "count"));
	assert_true(json__integer(wait, "count") <= json__integer(trace->truth, "iterations"));
	assert_count(waker_total(wait), json__integer(wait, "count"));
	json__each (waker, wait, "wakers") {
		const char *kind = json__string(waker, "kind");

		if (!truth__waker_is_possible(trace->truth, kind))
			live__fail("woken by %s, which cannot be", json__show(waker));
		if (strcmp(kind, "thread") == 0)
			assert_count(json__integer(waker, "tid"),
				     json__integer(trace->truth, "partner_tid"));
	}
	/* all of its idle time is there, and none of the handlers' */
	assert_count(json__integer(waiter, "ledger.idle_ns"), json__integer(wait, "total_ns"));
}

static void check_edges(struct trace *trace)
{
	if (trace__is_full(trace))
		assert_count(json__integer(the_syscall(truth__waiter(trace), "read"), "eagain"),
			     json__integer(trace->truth, "eagain"));
}

static void check_handlers(struct trace *trace)
{
	struct json_object *waiter = truth__waiter(trace), *wait;
	int64_t blocks = json__integer(trace->truth, "handler_blocked.count");

	if (blocks == 0) {
		assert_null(find_wait(waiter, "timer", "clock_nanosleep", NULL));
		return;
	}
	wait = the_wait(waiter, "timer", "clock_nanosleep", NULL);
	assert_false(json__boolean(wait, "idle"));
	/* emulated, a pause can be over before its thread is asleep */
	if (live__emulated())
		assert_true(json__integer(wait, "count") <= blocks);
	else
		assert_count(json__integer(wait, "count"), blocks);
	assert_count(waker_count(wait, "timer", 0), json__integer(wait, "count"));
}

/* All that a loop row says is in the waits and calls of its thread, too, to the nanosecond. */
static void check_loop(struct trace *trace)
{
	const char *syscall = json__string(trace->truth, "syscall");
	struct json_object *waiter = truth__waiter(trace), *truth = trace->truth, *loop, *wait;
	int64_t blocked = 0;

	if (!trace__is_full(trace)) {
		assert_false(json__has(waiter, "loop"));
		return;
	}
	/* emulated, all timers may have expired before the loop begins: it is none then */
	if (live__emulated() && json__integer(truth, "iterations") < 3)
		return;
	loop = json__at(waiter, "loop");
	assert_string_equal(json__string(loop, "call"), syscall);
	assert_count(json__integer(loop, "iterations"), json__integer(truth, "iterations"));
	assert_count(json__integer(loop, "events"), json__integer(truth, "events"));
	assert_count(json__integer(loop, "batch_max"), json__integer(truth, "batch_max"));
	assert_count(json__integer(loop, "empty"), 0);
	assert_count(json__integer(loop, "handler.count"), json__integer(truth, "iterations") - 1);
	assert_loop_conserved(loop);
	assert_count(json__integer(loop, "idle_ns"), waits_total(waiter, NULL, syscall));
	json__each (wait, waiter, "waits")
		blocked += json__integer(wait, "handler_ns");
	assert_count(json__integer(loop, "blocked_ns"), blocked);
	assert_count(json__integer(loop, "readiness.count"),
		     json__integer(the_syscall(waiter, syscall), "slept"));
	if (json__integer(truth, "handler_block_ns") && !live__emulated())
		assert_string_equal(json__string(loop, "longest_handler_cause"), "clock_nanosleep");
}

/* What the handlers read is there: none of their calls sleeps. */
static void check_handled(struct trace *trace)
{
	struct json_object *reads;

	if (!trace__is_full(trace) || !json__has(truth__waiter(trace), "loop"))
		return;
	reads = the_syscall(truth__waiter(trace), "read");
	assert_count(json__integer(reads, "handled") + json__integer(reads, "slept"),
		     json__integer(reads, "calls"));
	assert_count(json__integer(reads, "bytes"), json__integer(trace->truth, "bytes"));
}

static void check_counts(struct trace *trace)
{
	check_rest(trace);
	check_edges(trace);
	check_handlers(trace);
	check_loop(trace);
	check_handled(trace);
}

/* The handlers as the loop itself saw them. It reads the clock inside them, and keeps its own books
 * between one and the next: some microseconds each. The last one has no end. */
static const char *loop_differs(struct trace *trace)
{
	struct json_object *loop = json__at(truth__waiter(trace), "loop"), *truth = trace->truth;
	double slack = 5000 * json__number(truth, "iterations");
	double low = json__number(truth, "handler.sum_ns") - json__number(truth, "handler.max_ns");
	const char *difference;

	difference =
		bounds__differ(json__number(loop, "handler.sum_ns"), low,
			       json__number(truth, "handler.sum_ns") + slack, "time in handlers");
	if (!difference)
		difference = bounds__differ(
			json__number(loop, "blocked_ns"), json__number(truth, "slept_ns"),
			json__number(truth, "handler.sum_ns"), "asleep in handlers");
	return difference;
}

static const char *times_differ(struct trace *trace)
{
	struct json_object *waiter = truth__waiter(trace), *truth = trace->truth;
	const char *syscall = json__string(truth, "syscall"), *difference;

	/* kept from its CPU for so long that all events were there already: try again */
	if (!find_rest(trace))
		return "the loop never rested";
	difference = bounds__differ(waits_total(waiter, NULL, syscall), 0,
				    json__number(truth, "latency.sum_ns"), "idle");
	if (!difference && json__integer(truth, "handler_blocked.count"))
		difference = bounds__differ(waits_total(waiter, "timer", "clock_nanosleep"),
					    json__number(truth, "slept_ns"),
					    json__number(truth, "handler_blocked.sum_ns"),
					    "blocked in handlers");
	if (difference || !trace__is_full(trace))
		return difference;
	difference = distribution__differs(json__at(the_syscall(waiter, syscall), "latency"),
					   json__at(truth, "latency"));
	if (!difference && json__integer(truth, "handler_blocked.count"))
		difference = distribution__differs(
			json__at(the_syscall(waiter, "clock_nanosleep"), "latency"),
			json__at(truth, "handler_blocked"));
	return difference ? difference : loop_differs(trace);
}

struct scene {
	const char *tier, *source, *trigger, *block;
};

/* Each test's scenes end with an empty one. */
static const struct scene sockets[] = {
	{"full", "socket", "level", "0"}, {"waits", "socket", "level", "0"}, {0}};
static const struct scene eventfds[] = {
	{"full", "eventfd", "level", "0"}, {"waits", "eventfd", "level", "0"}, {0}};
static const struct scene timers[] = {
	{"full", "timerfd", "level", "0"}, {"waits", "timerfd", "level", "0"}, {0}};
static const struct scene edges[] = {{"full", "socket", "edge", "0"},
				     {"full", "eventfd", "edge", "0"},
				     {"full", "timerfd", "edge", "0"},
				     {"full", "mixed", "edge", "0"},
				     {0}};
static const struct scene sleeping_handlers[] = {{"full", "mixed", "level", "300us"},
						 {"waits", "mixed", "level", "300us"},
						 {"full", "socket", "edge", "300us"},
						 {0}};
static const struct scene slow_handlers[] = {{"full", "eventfd", "level", "1500us"}, {0}};

#define SCENE_WORDS(scene)                                                                         \
	WORDS("event_loop", "--source", (scene)->source, "--trigger", (scene)->trigger, "--ops",   \
	      OPERATIONS, "--connections", "3", "--handler-block", (scene)->block)

static void loops_agree_with_their_truth(void **state)
{
	for (const struct scene *scene = *state; scene->tier; scene++)
		truth__compare(scene->tier, SCENE_WORDS(scene), check_counts, times_differ);
}

#define SCENES(name, scenes)                                                                       \
	{                                                                                          \
		name, loops_agree_with_their_truth, NULL, live__end_test, (void *)(scenes)         \
	}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		SCENES("a_loop_over_sockets_rests_in_epoll_wait", sockets),
		SCENES("a_loop_over_eventfds_is_woken_by_their_writer", eventfds),
		SCENES("a_loop_over_timers_is_woken_by_timers", timers),
		SCENES("each_edge_is_read_until_eagain", edges),
		SCENES("a_handler_that_sleeps_is_blocking_and_not_idle", sleeping_handlers),
		SCENES("a_handler_that_is_slower_than_its_events_makes_batches", slow_handlers),
	};

	live__begin(argc, argv, NULL);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		for (const struct scene *scene = tests[i].initial_state; scene->tier; scene++)
			trace__announce(scene->tier, SCENE_WORDS(scene));
	live__end_test(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
