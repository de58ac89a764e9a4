// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* workloads/select, poll and epoll: each return, each event, each look that found nothing. */
#include <string.h>

#include "tests/live/lib/live.h"

#define OPERATIONS  (live__emulated() ? "24" : "60")
#define DESCRIPTORS "4"

static int64_t element(struct json_object *truth, const char *list, size_t index)
{
	return json_object_get_int64(json_object_array_get_idx(json__at(truth, list), index));
}

/* Refusals of that call in a thread, in the member of that name. */
static int64_t refused(struct json_object *thread, const char *call, const char *member)
{
	struct json_object *row;
	int64_t sum = 0;

	json__each (row, thread, "attempts")
		if (strcmp(json__string(row, "syscall"), call) == 0)
			sum += json__integer(row, member);
	return sum;
}

/* What its waits say of handlers: nothing here waits in one, but for a page or a kernel lock. */
static int64_t in_handlers(struct json_object *thread)
{
	struct json_object *wait;
	int64_t sum = 0;

	json__each (wait, thread, "waits")
		sum += json__integer(wait, "handler_ns");
	return sum;
}

/* A zero timeout: what found nothing had not slept, but for a lock of the kernel's own
 * (PREEMPT_RT), and is refused. */
static void check_polling(struct json_object *truth, struct json_object *thread,
			  struct json_object *loop)
{
	const char *call = json__string(truth, "syscall");
	int64_t empty = json__integer(loop, "unslept");

	assert_in_range(empty, json__integer(truth, "empty") * 9 / 10,
			json__integer(truth, "empty"));
	assert_count(refused(thread, call, "empty"), empty);
	assert_count(refused(thread, call, "retry.count"), empty);
	assert_true(refused(thread, call, "readiness.count") <= json__integer(truth, "events"));
	assert_true(refused(thread, call, "spin_cpu_ns") <=
		    json__integer(thread, "ledger.running_ns"));
	assert_true(refused(thread, call, "spin_runs") >= 1);
}

/* Of several threads, each learns of the end by an event that the truth counts as empty. */
static void check_loop(struct json_object *truth, struct json_object *thread, size_t index)
{
	int64_t iterations = element(truth, "iterations_by_waiter", index), events;
	struct json_object *loop;
	bool alone = json__integer(truth, "threads") == 1;

	if (iterations < 3) { /* no loop */
		assert_false(json__has(thread, "loop"));
		return;
	}
	loop = json__at(thread, "loop");
	events = element(truth, "events_by_waiter", index);
	assert_string_equal(json__string(loop, "call"), json__string(truth, "syscall"));
	assert_count(json__integer(loop, "iterations"), iterations);
	assert_loop_conserved(loop);
	assert_count(json__integer(loop, "blocked_ns"), in_handlers(thread));
	if (!alone) {
		assert_in_range(json__integer(loop, "events"), events, events + 1);
		return;
	}
	assert_count(json__integer(loop, "events"), events);
	assert_count(json__integer(loop, "batch_max"), json__integer(truth, "batch_max"));
	assert_count(json__integer(loop, "empty"), json__integer(truth, "empty"));
	if (json__has(truth, "timeout_ms") && json__integer(truth, "timeout_ms") == 0)
		check_polling(truth, thread, loop);
	assert_count(json__integer(loop, "idle_ns"),
		     waits_total(thread, NULL, json__string(truth, "syscall")));
}

static void check_reads(struct json_object *truth, struct json_object *thread)
{
	struct json_object *reads = the_syscall(thread, "read");

	assert_count(refused(thread, "read", "eagain"), json__integer(reads, "eagain"));
	assert_count(json__integer(reads, "handled") + json__integer(reads, "slept"),
		     json__integer(reads, "calls"));
	if (json__integer(truth, "threads") == 1) {
		assert_count(json__integer(reads, "eagain"), json__integer(truth, "eagain"));
		assert_count(json__integer(reads, "bytes"), json__integer(truth, "bytes"));
	}
}

static void run(const char *const *words)
{
	struct trace *trace = trace__workload("full", words);
	struct json_object *truth = trace->truth, *thread;

	assert_conserved(trace->profile);
	assert_nothing_lost(trace->profile);
	for (size_t i = 0; i < json__length(truth, "waiter_tids"); i++) {
		thread = the_thread(trace->profile, element(truth, "waiter_tids", i));
		if (thread__was_hit(trace, thread))
			continue; /* another than the first */
		check_loop(truth, thread, i);
		if (find_syscall(thread, "read"))
			check_reads(truth, thread);
	}
}

/* A row of words each; lists end with an empty one. */
typedef const char *const scene[10];

#define SOME "--descriptors", DESCRIPTORS

static scene returning[] = {{"select", SOME}, {"poll", SOME}, {"poll", "--descriptors", "1"}, {0}};
static scene triggers[] = {{"epoll", SOME, "--trigger", "level"},
			   {"epoll", SOME, "--trigger", "edge"},
			   {"epoll", SOME, "--trigger", "oneshot"},
			   {0}};
static scene shared[] = {{"epoll", SOME, "--threads", "3"},
			 {"epoll", SOME, "--threads", "3", "--trigger", "oneshot"},
			 {"epoll", SOME, "--threads", "3", "--share", "exclusive"},
			 {"epoll", SOME, "--threads", "3", "--share", "all"},
			 {0}};
static scene expiring[] = {{"select", SOME, "--delay", "3ms", "--timeout", "1ms"},
			   {"epoll", SOME, "--delay", "3ms", "--timeout", "1ms"},
			   {0}};
static scene polling[] = {{"select", SOME, "--timeout", "0"},
			  {"poll", SOME, "--timeout", "0"},
			  {"epoll", SOME, "--timeout", "0", "--trigger", "edge"},
			  {0}};

/* The words and the number of operations. */
static const char *const *words_of(scene *row)
{
	static const char *words[12];
	size_t count = 0;

	for (; (*row)[count]; count++)
		words[count] = (*row)[count];
	words[count++] = "--ops";
	words[count++] = OPERATIONS;
	words[count] = NULL;
	return words;
}

static void loops_agree_with_their_truth(void **state)
{
	for (scene *row = *state; **row; row++)
		run(words_of(row));
}

#define SCENES(name, scenes)                                                                       \
	{                                                                                          \
		name, loops_agree_with_their_truth, NULL, live__end_test, (void *)(scenes)         \
	}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		SCENES("select_and_poll_return_as_often_as_they_say", returning),
		SCENES("epoll_does_with_each_trigger", triggers),
		SCENES("epoll_does_with_several_threads", shared),
		SCENES("a_timeout_that_is_up_is_an_empty_return", expiring),
		SCENES("a_timeout_of_0_is_polling", polling),
	};

	live__begin(argc, argv, NULL);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		for (scene *row = tests[i].initial_state; **row; row++)
			trace__announce("full", words_of(row));
	live__end_test(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
