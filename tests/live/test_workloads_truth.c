// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The truths of the workloads for the I/O models, held against what their options ask for: nothing
 * is traced here. What others are measured by has to add up by itself first.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/live/lib/live.h"

#define OPERATIONS 24
#define COUNT	   "24"

/* Runs a workload to its end; its truth. NULL if it says in one line that the machine forbids it.
 */
static struct json_object *run(const char *const *words)
{
	const char *command[32] = {live__workload(words[0])};
	struct program *program;
	struct json_object *truth;
	size_t count = 1;
	int status;

	for (; words[count]; count++)
		command[count] = words[count];
	command[count++] = "--ops";
	command[count] = COUNT;
	status = program__run(&program, command, LIVE_TIMEOUT_MS);
	if (status == 1 && strstr(program__errors(program), "io_uring is not allowed"))
		return NULL;
	if (status)
		live__fail("%s: status %d: %s", words[0], status, program__errors(program));
	truth = json__parse(program__output(program));
	if (!truth)
		live__fail("%s: no JSON: %s", words[0], program__output(program));
	return truth;
}

static int64_t of(struct json_object *truth, const char *path)
{
	return json__integer(truth, path);
}

static int64_t calls(struct json_object *truth, const char *name)
{
	struct json_object *all = json__at(truth, "calls");

	return json__has(all, name) ? json__integer(all, name) : 0;
}

/* What holds for all of them, whatever they did. */
static void check_common(struct json_object *truth, const char *model, const char *delivery,
			 const char *completion_is)
{
	assert_string_equal(json__string(truth, "model"), model);
	assert_string_equal(json__string(truth, "delivery"), delivery);
	assert_string_equal(json__string(truth, "completion_is"), completion_is);
	assert_count(of(truth, "operations"), OPERATIONS);
	assert_count(of(truth, "latency.count"), OPERATIONS);
	assert_true(of(truth, "latency.min_ns") <= of(truth, "latency.p50_ns"));
	assert_true(of(truth, "latency.p50_ns") <= of(truth, "latency.p99_ns"));
	assert_true(of(truth, "latency.p99_ns") <= of(truth, "latency.max_ns"));
	assert_true(of(truth, "latency.max_ns") <= of(truth, "latency.sum_ns"));
	assert_true(of(truth, "first_result_ns") <= of(truth, "last_result_ns"));
	assert_true(of(truth, "last_result_ns") <= of(truth, "wall_ns"));
	assert_true(of(truth, "threads") >= 1);
	assert_true(of(truth, "max_in_flight") >= 1);
}

/* Each request has ended in one way, and in one result (but for multishots). */
static void check_requests(struct json_object *truth)
{
	json_object_object_foreach (json__at(truth, "requests"), operation, row) {
		if (of(row, "submitted") !=
		    of(row, "completed") + of(row, "failed") + of(row, "cancelled"))
			live__fail("%s does not add up: %s", operation, json__show(row));
		assert_count(of(row, "failed"), 0);
		assert_count(of(row, "latency.count"), of(row, "submitted"));
		assert_true(of(row, "results") >= of(row, "submitted"));
	}
}

/* --- the common tasks ------------------------------------------------------------------------- */

struct model {
	const char *program, *option, *value, *name, *delivery, *completion_is;
};

static const struct model models[] = {
	{"blocking", NULL, NULL, "blocking", "return_value", "data"},
	{"nonblocking", "--mode", "spin", "nonblocking", "return_value", "data"},
	{"nonblocking", "--mode", "backoff", "nonblocking", "return_value", "data"},
	{"select", NULL, NULL, "select", "readiness", "readiness"},
	{"poll", NULL, NULL, "poll", "readiness", "readiness"},
	{"epoll", NULL, NULL, "epoll", "readiness", "readiness"},
	{"posix_aio", NULL, NULL, "posix_aio", "suspend", "data"},
	{"native_aio", NULL, NULL, "linux_aio", "completion_queue", "data"},
	{"io_uring", NULL, NULL, "io_uring", "completion_queue", "data"},
};

static void receive_with(const struct model *model, const char *over, const char *descriptors)
{
	struct json_object *truth = run(WORDS(model->program, "--task", "receive", "--size", "100",
					      "--delay", "200us", "--over", over, "--descriptors",
					      descriptors, model->option, model->value));

	if (!truth)
		return;
	check_common(truth, model->name, model->delivery, model->completion_is);
	assert_count(of(truth, "bytes"), OPERATIONS * 100);
	assert_string_equal(json__string(truth, "object_kind"), over);
	if (json__has(truth, "requests"))
		check_requests(truth);
}

static void all_models_receive_the_same_blocks(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
		receive_with(&models[i], "unix", "1");
		receive_with(&models[i], "tcp", "5");
		if (strcmp(models[i].program, "io_uring") != 0)
			receive_with(&models[i], "pipe", "3");
	}
}

static void completion_models_and_blocking_read_the_same_file(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(models) / sizeof(models[0]); i++) {
		const struct model *model = &models[i];
		const char *file = live__disk_scratch("file");
		struct json_object *truth;

		if (strcmp(model->completion_is, "data") != 0 || model->option)
			continue;
		truth = run(
			WORDS(model->program, "--task", "file", "--size", "8K", "--file", file));
		if (!truth)
			continue;
		check_common(truth, model->name, model->delivery, "data");
		assert_count(of(truth, "bytes"), OPERATIONS * 8192);
		assert_int_equal(access(file, F_OK), -1); /* it was removed */
	}
}

/* --- readiness -------------------------------------------------------------------------------- */

static void check_returns(struct json_object *truth, const char *syscall)
{
	assert_count(of(truth, "iterations"), calls(truth, syscall));
	assert_count(of(truth, "wait.count"), of(truth, "iterations") - of(truth, "empty"));
	assert_count(calls(truth, "read"), OPERATIONS + of(truth, "eagain"));
	assert_true(of(truth, "batch_max") <= of(truth, "descriptors"));
}

static void each_trigger_announces_as_it_should(void **state)
{
	struct json_object *truth;

	(void)state;
	truth = run(WORDS("epoll", "--trigger", "level", "--descriptors", "4"));
	check_returns(truth, "epoll_wait");
	assert_count(of(truth, "events"), OPERATIONS);
	assert_count(of(truth, "eagain"), 0);
	truth = run(WORDS("epoll", "--trigger", "edge", "--descriptors", "4"));
	check_returns(truth, "epoll_wait");
	assert_count(of(truth, "eagain"), of(truth, "events"));
	truth = run(WORDS("epoll", "--trigger", "oneshot"));
	check_returns(truth, "epoll_wait");
	assert_count(calls(truth, "epoll_ctl"), of(truth, "events"));
}

static void polling_without_sleep_is_counted_as_empty_returns(void **state)
{
	struct json_object *truth = run(WORDS("poll", "--timeout", "0", "--delay", "200us"));

	(void)state;
	check_returns(truth, "poll");
	assert_count(of(truth, "events"), OPERATIONS);
	assert_true(of(truth, "empty") > 0);
	truth = run(WORDS("select", "--timeout", "1ms", "--delay", "3ms"));
	check_returns(truth, "pselect6");
	assert_true(of(truth, "empty") > 0);
}

static int64_t sum_of(struct json_object *truth, const char *path)
{
	struct json_object *array = json__at(truth, path);
	int64_t sum = 0;

	for (size_t i = 0; i < json_object_array_length(array); i++)
		sum += json_object_get_int64(json_object_array_get_idx(array, i));
	return sum;
}

static void several_threads_share_the_blocks(void **state)
{
	static const char *const shares[] = {"epoll", "exclusive", "all"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct json_object *truth = run(WORDS("epoll", "--threads", "3", "--share",
						      shares[i], "--descriptors", "6"));

		check_common(truth, "epoll", "readiness", "readiness");
		assert_count(of(truth, "threads"), 3);
		assert_count(sum_of(truth, "events_by_waiter"), of(truth, "events"));
		assert_count(sum_of(truth, "iterations_by_waiter"), of(truth, "iterations"));
		assert_count(of(truth, "events"), OPERATIONS + of(truth, "eagain"));
	}
}

/* --- POSIX AIO -------------------------------------------------------------------------------- */

static void posix_aio_adds_up_in_every_way_to_be_told(void **state)
{
	static const char *const whats[] = {"read", "write", "fsync", "lio"};
	static const struct {
		const char *notify, *delivery;
	} notifies[] = {{"callback", "callback"},
			{"signal", "signal"},
			{"suspend", "suspend"},
			{"poll", "polling"}};

	(void)state;
	for (size_t i = 0; i < 16; i++) {
		const char *what = whats[i / 4];
		bool is_fsync = strcmp(what, "fsync") == 0, is_list = strcmp(what, "lio") == 0;
		struct json_object *truth =
			run(WORDS("posix_aio", "--what", what, "--notify", notifies[i % 4].notify,
				  "--depth", "6", "--file", live__disk_scratch("aio")));

		check_common(truth, "posix_aio", notifies[i % 4].delivery,
			     is_fsync ? "status" : "data");
		check_requests(truth);
		assert_count(of(truth, "bytes"), OPERATIONS * 4096);
		assert_count(of(truth, "max_in_flight"), 6);
		assert_true(of(truth, "threads") >= 2);
		if (is_list) {
			assert_count(of(truth, "requests.read.completed"), OPERATIONS / 2);
			assert_count(of(truth, "requests.write.completed"), OPERATIONS / 2);
		} else {
			assert_count(of(json__at(json__at(truth, "requests"), what), "completed"),
				     OPERATIONS);
		}
		if (strcmp(notifies[i % 4].notify, "signal") == 0)
			assert_count(calls(truth, "rt_sigtimedwait"), OPERATIONS);
	}
}

/* One descriptor: the first request waits for data, those behind it can be cancelled. */
static void cancelled_requests_are_submitted_again(void **state)
{
	struct json_object *truth =
		run(WORDS("posix_aio", "--task", "receive", "--depth", "6", "--cancel", "3"));

	(void)state;
	check_common(truth, "posix_aio", "suspend", "data");
	check_requests(truth);
	assert_true(of(truth, "cancel_asked") > 0);
	assert_count(of(truth, "requests.read.cancelled"),
		     of(truth, "cancel_asked") - of(truth, "cancel_refused"));
	assert_count(of(truth, "requests.read.completed"), OPERATIONS);
}

/* --- Linux AIO -------------------------------------------------------------------------------- */

static void linux_aio_adds_up(void **state)
{
	static const struct {
		const char *operation, *mode, *notify, *served;
	} rows[] = {
		{"read", "direct", "getevents", NULL},	{"read", "direct", "eventfd", NULL},
		{"read", "direct", "ring", NULL},	{"read", "buffered", "getevents", "inline"},
		{"write", "direct", "getevents", NULL}, {"fsync", "buffered", "eventfd", "punted"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct json_object *truth =
			run(WORDS("native_aio", "--operation", rows[i].operation, "--mode",
				  rows[i].mode, "--notify", rows[i].notify, "--depth", "6",
				  "--file", live__disk_scratch("aio")));
		struct json_object *row = json__at(json__at(truth, "requests"), rows[i].operation);
		bool is_ring = strcmp(rows[i].notify, "ring") == 0;

		check_requests(truth);
		assert_count(of(row, "completed"), OPERATIONS);
		assert_count(of(truth, "max_in_flight"), 6);
		assert_count(of(truth, "submit.count"), calls(truth, "io_submit"));
		assert_count(is_ring ? 0 : of(truth, "reaps"), calls(truth, "io_getevents"));
		if (rows[i].served)
			assert_string_equal(json__string(row, "served"), rows[i].served);
	}
}

/* --- io_uring --------------------------------------------------------------------------------- */

struct ring_row {
	const char *operation, *opcode, *served, *second_opcode, *second_served;
	int64_t bytes;
	bool uses_file;
};

static const struct ring_row ring_rows[] = {
	{"read", "read", NULL, NULL, NULL, OPERATIONS * 4096, true},
	{"write", "write", NULL, NULL, NULL, OPERATIONS * 4096, true},
	{"fsync", "fsync", "punted", NULL, NULL, OPERATIONS * 4096, true},
	{"linked", "write", NULL, "fsync", "punted", OPERATIONS * 4096, true},
	{"punted", "read", "punted", NULL, NULL, OPERATIONS * 4096, true},
	{"recv", "recv", "polled", NULL, NULL, OPERATIONS * 64, false},
	{"send", "send", "inline", NULL, NULL, OPERATIONS * 64, false},
	{"poll", "poll_add", "polled", NULL, NULL, OPERATIONS * 64, false},
	{"accept", "accept", "polled", NULL, NULL, 0, false},
	{"timeout", "timeout", "timer", NULL, NULL, 0, false},
	{"nop", "nop", "inline", NULL, NULL, 0, false},
	{"cancel", "recv", "polled", "async_cancel", "inline", 0, false},
};

static void check_part(struct json_object *truth, const char *opcode, const char *served,
		       bool is_cancelled)
{
	struct json_object *row = json__at(json__at(truth, "requests"), opcode);

	assert_count(of(row, is_cancelled ? "cancelled" : "completed"), OPERATIONS);
	assert_count(of(row, "results"), OPERATIONS);
	if (served)
		assert_string_equal(json__string(row, "served"), served);
}

static void check_ring_row(const struct ring_row *row, const char *setup)
{
	bool is_cancel = strcmp(row->operation, "cancel") == 0;
	bool is_sqpoll = strcmp(setup, "sqpoll") == 0;
	/* whether data was there before a kernel thread looked is not known */
	bool is_certain = !is_sqpoll || !row->served || strcmp(row->served, "polled") != 0;
	struct json_object *truth =
		run(WORDS("io_uring", "--operation", row->operation, "--setup", setup,
			  row->uses_file ? "--file" : NULL, live__disk_scratch("uring")));

	if (!truth)
		live__skip("io_uring is not allowed here");
	assert_count(of(truth, "operations"), OPERATIONS);
	assert_count(of(truth, "latency.count"), OPERATIONS);
	assert_count(of(truth, "bytes"), row->bytes);
	assert_count(of(truth, "overflow"), 0);
	check_requests(truth);
	check_part(truth, row->opcode, is_certain || is_cancel ? row->served : NULL, is_cancel);
	if (row->second_opcode)
		check_part(truth, row->second_opcode, row->second_served, false);
	/* a thread of the kernel submits, and the completions are taken without asking for them */
	if (is_sqpoll)
		assert_true(calls(truth, "io_uring_enter") <= 1);
	else
		assert_true(calls(truth, "io_uring_enter") >= OPERATIONS);
}

static void io_uring_adds_up(void **state)
{
	for (size_t i = 0; i < sizeof(ring_rows) / sizeof(ring_rows[0]); i++)
		check_ring_row(&ring_rows[i], *state);
}

static void one_request_accepts_all_connections(void **state)
{
	struct json_object *truth = run(WORDS("io_uring", "--operation", "multishot-accept"));

	(void)state;
	if (!truth)
		live__skip("io_uring is not allowed here");
	check_requests(truth);
	assert_count(of(truth, "operations"), OPERATIONS);
	assert_count(calls(truth, "close"), OPERATIONS);
	/* the kernel may end a multishot, which is then asked for again */
	assert_true(of(truth, "requests.accept.submitted") < OPERATIONS);
	assert_true(of(truth, "requests.accept.results") >= OPERATIONS);
}

/* --- overlap ---------------------------------------------------------------------------------- */

static void the_four_ways_overlap_as_far_as_they_can(void **state)
{
	static const struct {
		const char *way, *model;
		int64_t outstanding, threads;
	} ways[] = {{"sequential", "blocking", 1, 1},
		    {"async", "io_uring", 8, 1},
		    {"parallel", "blocking", 2, 2},
		    {"async-parallel", "io_uring", 16, 2}};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		struct json_object *truth =
			run(WORDS("overlap", "--way", ways[i].way, "--compute", "100us"));

		if (!truth)
			continue;
		check_common(truth, ways[i].model,
			     strcmp(ways[i].model, "blocking") == 0 ? "return_value"
								    : "completion_queue",
			     "data");
		assert_count(of(truth, "threads"), ways[i].threads);
		assert_count(of(truth, "concurrency_max"), ways[i].outstanding);
		/* no answer comes early */
		assert_true(of(truth, "latency.min_ns") >= of(truth, "delay_ns"));
		assert_true(json__number(truth, "concurrency_low") <=
			    json__number(truth, "concurrency_high"));
		assert_true(json__number(truth, "concurrency_high") <=
			    (double)ways[i].outstanding + 0.001);
		assert_true(json__number(truth, "parallelism") <= (double)ways[i].threads + 0.05);
	}
}

/* --- wrong usage ------------------------------------------------------------------------------ */

static void refused(const char *const *words)
{
	const char *command[16] = {live__workload(words[0])};
	struct program *program;
	int status;

	for (size_t i = 1; words[i]; i++)
		command[i] = words[i];
	status = program__run(&program, command, LIVE_TIMEOUT_MS);
	if (status != 2 || *program__output(program) || !*program__errors(program))
		live__fail("%s %s: status %d", words[0], words[1] ? words[1] : "", status);
}

static void options_that_do_not_apply_are_refused(void **state)
{
	(void)state;
	refused(WORDS("blocking"));
	refused(WORDS("blocking", "--what", "pipe", "--task", "receive"));
	refused(WORDS("blocking", "--what", "pipe", "--descriptors", "2"));
	refused(WORDS("nonblocking", "--task", "file", "--mode", "spin"));
	refused(WORDS("select", "--task", "file"));
	refused(WORDS("select", "--descriptors", "1000", "--ops", "1000"));
	refused(WORDS("poll", "--timeout", "1us"));
	refused(WORDS("poll", "--file", "/tmp/x"));
	refused(WORDS("epoll", "--share", "exclusive"));
	refused(WORDS("epoll", "--threads", "2", "--share", "exclusive", "--trigger", "oneshot"));
	refused(WORDS("posix_aio", "--what", "write", "--task", "receive"));
	refused(WORDS("posix_aio", "--pause", "1ms"));
	refused(WORDS("posix_aio", "--size", "100"));
	refused(WORDS("native_aio", "--batch", "2"));
	refused(WORDS("native_aio", "--delay", "1ms"));
	refused(WORDS("io_uring", "--operation", "nop", "--size", "5"));
	refused(WORDS("io_uring", "--operation", "recv", "--over", "pipe"));
	refused(WORDS("io_uring", "--operation", "read", "--task", "receive"));
	refused(WORDS("io_uring", "--operation", "send", "--depth", "17"));
	refused(WORDS("overlap"));
	refused(WORDS("overlap", "--way", "async", "--threads", "2"));
}

int main(int argc, char **argv)
{
	static char default_setup[] = "default", sqpoll[] = "sqpoll", defer[] = "defer-taskrun";
	const struct CMUnitTest tests[] = {
		LIVE_TEST(all_models_receive_the_same_blocks),
		LIVE_TEST(completion_models_and_blocking_read_the_same_file),
		LIVE_TEST(each_trigger_announces_as_it_should),
		LIVE_TEST(polling_without_sleep_is_counted_as_empty_returns),
		LIVE_TEST(several_threads_share_the_blocks),
		LIVE_TEST(posix_aio_adds_up_in_every_way_to_be_told),
		LIVE_TEST(cancelled_requests_are_submitted_again),
		LIVE_TEST(linux_aio_adds_up),
		{"io_uring_adds_up", io_uring_adds_up, NULL, live__end_test, default_setup},
		{"io_uring_adds_up_with_sqpoll", io_uring_adds_up, NULL, live__end_test, sqpoll},
		{"io_uring_adds_up_with_defer_taskrun", io_uring_adds_up, NULL, live__end_test,
		 defer},
		LIVE_TEST(one_request_accepts_all_connections),
		LIVE_TEST(the_four_ways_overlap_as_far_as_they_can),
		LIVE_TEST(options_that_do_not_apply_are_refused),
	};

	live__begin(argc, argv, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
