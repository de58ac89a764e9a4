// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What is said of the bundled programs: the model that each is an example of, the structure of the
 * servers, and how far `overlap` has its operations outstanding and running at once.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/live/lib/live.h"
#include "tests/live/lib/truth.h"
#include "tests/live/lib/verdict.h"

#define ATTEMPTS   6
#define OPERATIONS "40"

/* --- one thread, one model ----------------------------------------------------------------------
 */

/* What a workload's waiter is; lists end with an empty row. */
struct example {
	const char *words[12], *model;
};

static const struct example blocking_calls[] = {{{"blocking", "--what", "pipe"}, "blocking"},
						{{"blocking", "--what", "accept"}, "blocking"},
						{{"blocking", "--what", "fsync"}, "blocking"},
						{{0}, NULL}};
/* the longer it sleeps, the less do its spins for its partner matter */
static const struct example other_waits[] = {
	{{"blocking", "--what", "mutex", "--delay", "5ms"}, "none"},
	{{"blocking", "--what", "sigwaitinfo", "--delay", "5ms"}, "none"},
	{{0}, NULL}};
/* a multiplexer that never waits is no better */
static const struct example tries[] = {
	{{"nonblocking", "--what", "pipe", "--mode", "spin"}, "nonblocking"},
	{{"poll", "--timeout", "0"}, "nonblocking"},
	{{0}, NULL}};
static const struct example multiplexers[] = {{{"select", "--descriptors", "4"}, "select"},
					      {{"poll", "--over", "pipe"}, "poll"},
					      {{"epoll", "--trigger", "edge"}, "epoll"},
					      {{0}, NULL}};
static const struct example interfaces[] = {
	{{"posix_aio", "--notify", "suspend"}, "posix_aio"},
	{{"native_aio", "--mode", "direct", "--depth", "4"}, "linux_aio"},
	{{"native_aio", "--mode", "buffered"}, "linux_aio"},
	{{"io_uring", "--depth", "4"}, "io_uring"},
	{{"io_uring", "--operation", "recv"}, "io_uring"},
	{{"io_uring", "--setup", "sqpoll"}, "io_uring"},
	{{0}, NULL}};

static const char *const *words_of(const struct example *example)
{
	static const char *words[16];
	size_t count = 0;

	for (; example->words[count]; count++)
		words[count] = example->words[count];
	words[count++] = "--ops";
	words[count++] = OPERATIONS;
	words[count] = NULL;
	return words;
}

static void examples_are_named(void **state)
{
	for (const struct example *example = *state; example->model; example++) {
		struct json_object *waiter =
			truth__waiter(trace__workload("full", words_of(example)));

		/* how many tries a second are more than computing is a matter of speed */
		if (live__emulated() && strcmp(example->model, "nonblocking") == 0 &&
		    strcmp(json__string(waiter, "io_model"), "compute") == 0)
			continue;
		assert_model(waiter, example->model);
	}
}

/* --- servers ------------------------------------------------------------------------------------
 */

#define CONNECTIONS "6"
#define REQUESTS    "300"

struct service {
	const char *words[8], *model, *structure;
};

static void await_port_file(struct trace *trace, const char *path)
{
	const char *text;

	while ((text = live__read_file(path, NULL)) == NULL || !strchr(text, '\n')) {
		if (program__has_ended(trace->program))
			live__fail("the server did not start: %s", program__errors(trace->program));
		live__sleep_ms(5);
	}
}

/* Traces it from its exec until it has served all connections of the client. */
static struct trace *serve(const struct service *service)
{
	const char *port = live__scratch("port"), *options[24] = {"--"};
	struct program *client;
	struct trace *trace;
	size_t count = 1;

	options[count++] = live__workload(service->words[0]);
	for (size_t i = 1; service->words[i]; i++)
		options[count++] = service->words[i];
	memcpy(&options[count],
	       WORDS("--connections", CONNECTIONS, "--delay", "1ms", "--port-file", port),
	       7 * sizeof(*options));
	trace = trace__start(options);
	await_port_file(trace, port);
	if (program__run(&client,
			 WORDS(live__workload("connections"), "--connections", CONNECTIONS,
			       "--requests", REQUESTS, "--target",
			       live__text("127.0.0.1:%ld",
					  strtol(live__read_file(port, NULL), NULL, 10))),
			 LIVE_TIMEOUT_MS) != 0)
		live__fail("the client failed: %s", program__errors(client));
	trace__finish(trace, LIVE_TIMEOUT_MS);
	assert_count(trace->status, 0);
	return trace;
}

static struct trace *serve_until_seen(const struct service *service)
{
	struct trace *trace = NULL;

	for (int i = 0; i < ATTEMPTS; i++) {
		trace = serve(service);
		if (!verdict__is_kept_back(trace))
			break;
	}
	assert_count(json__integer(trace->truth, "requests"), strtoll(REQUESTS, NULL, 10));
	return trace;
}

static struct json_object *check_service(const struct service *service, struct trace **trace)
{
	struct json_object *process;

	*trace = serve_until_seen(service);
	process = the_process((*trace)->profile, json__integer((*trace)->truth, "pid"));
	assert_structure(process, service->structure);
	if (service->model)
		assert_model(process, service->model);
	return process;
}

/* Of each request, one call that receives it and one that sends the answer. */
static void check_operations(struct json_object *process, const char *model)
{
	int64_t requests = strtoll(REQUESTS, NULL, 10);

	assert_in_range(model__operations(process, model), 2 * requests, 5 * requests);
}

static void a_thread_per_connection_is_seen(void **state)
{
	static const struct service service = {
		{"thread_server"}, "blocking", "thread_per_connection"};
	struct trace *trace;
	struct json_object *process = check_service(&service, &trace);

	(void)state;
	check_operations(process, "blocking");
	assert_count(json__integer(process, "threads_max"),
		     json__integer(trace->truth, "threads_max"));
}

static void a_process_per_connection_is_seen(void **state)
{
	static const struct service service = {{"process_server"}, NULL, "process_per_connection"};
	struct trace *trace;
	struct json_object *parent = check_service(&service, &trace), *process;
	int64_t children = 0;

	(void)state;
	json__each (process, trace->profile, "processes") {
		if (process == parent)
			continue;
		children++;
		assert_structure(process, "process_per_connection");
		/* who came late found few requests left */
		if (syscall_calls(process, "recvfrom") >= 10)
			assert_model(process, "blocking");
	}
	assert_count(children, strtoll(CONNECTIONS, NULL, 10));
}

/* Each loop, as it counts itself. */
static void check_loops(struct trace *trace, struct json_object *process)
{
	int64_t loops = 0;

	json_object_object_foreach (json__at(trace->truth, "loops"), index, truth) {
		struct json_object *thread =
			the_thread(trace->profile, json__integer(truth, "tid"));

		(void)index;
		loops++;
		if (json__integer(truth, "iterations") < 20)
			continue; /* all connections may come to one */
		if (thread__was_hit(trace, thread))
			continue;
		assert_model(thread, "epoll");
		assert_count(json__integer(thread, "loop.iterations"),
			     json__integer(truth, "iterations"));
		assert_count(json__integer(thread, "loop.events"), json__integer(truth, "events"));
		assert_loop_conserved(json__at(thread, "loop"));
	}
	assert_true(loops >= 1);
	check_operations(process, "epoll");
}

static void an_event_loop_is_seen(void **state)
{
	static const struct service service = {
		{"event_server", "--mode", "loop"}, "epoll", "event_loop"};
	struct trace *trace;
	struct json_object *process = check_service(&service, &trace);

	(void)state;
	check_loops(trace, process);
}

/* The kernel spreads the connections by their ports: with bad luck, over one loop only. */
static void event_loops_are_seen(void **state)
{
	static const struct service service = {
		{"event_server", "--mode", "loops", "--threads", "2"},
		"epoll",
		"event_loops event_loop"};
	struct trace *trace;
	struct json_object *process = check_service(&service, &trace);
	int64_t serving = 0;

	(void)state;
	json_object_object_foreach (json__at(trace->truth, "loops"), index, loop) {
		(void)index;
		serving += json__integer(loop, "iterations") >= 20;
	}
	assert_structure(process, serving > 1 ? "event_loops" : "event_loop event_loops");
	check_loops(trace, process);
}

static void a_loop_with_a_pool_is_seen(void **state)
{
	static const struct service service = {
		{"event_server", "--mode", "pool", "--threads", "4"}, "epoll", "event_loop_pool"};
	struct trace *trace;
	struct json_object *process = check_service(&service, &trace);

	(void)state;
	check_loops(trace, process);
}

static void a_server_on_a_ring_is_seen(void **state)
{
	static const struct service service = {{"uring_server"}, "io_uring", "event_loop"};
	struct trace *trace;
	struct json_object *process = check_service(&service, &trace);
	static const char *const operations[] = {"recv", "send", "timeout"};

	(void)state;
	check_operations(process, "io_uring");
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		struct json_object *row = the_requests(process, "io_uring", operations[i]);
		struct json_object *truth = json__at(
			trace->truth, live__text("requests_by_operation.%s", operations[i]));

		assert_count(json__integer(row, "submitted"), json__integer(truth, "submitted"));
		assert_count(json__integer(row, "completed"), json__integer(truth, "completed"));
	}
}

/* --- concurrency and parallelism ----------------------------------------------------------------
 */

/* Threads that do the work: neither the one that waits for all, nor the partner. */
static bool is_waiter(struct json_object *truth, struct json_object *thread)
{
	struct json_object *tids = json__at(truth, "waiter_tids");

	for (size_t i = 0; i < json_object_array_length(tids); i++)
		if (json_object_get_int64(json_object_array_get_idx(tids, i)) ==
		    json__integer(thread, "tid"))
			return true;
	return false;
}

struct levels {
	double outstanding_ns, running_ns;
	bool hit; /* of a thread, not all is known */
};

/* The answers that the waiters wait for: asleep in recv, or with a request in flight. */
static struct levels levels_of(struct trace *trace, struct json_object *process)
{
	struct levels levels = {0, 0, false};
	struct json_object *thread, *row;

	json__each (thread, process, "threads") {
		if (!is_waiter(trace->truth, thread))
			continue;
		levels.hit |= thread__was_hit(trace, thread);
		levels.running_ns += json__number(thread, "ledger.running_ns");
		levels.outstanding_ns += (double)waits_total(thread, NULL, "recvfrom");
	}
	json__each (row, process, "requests")
		if (strcmp(json__string(row, "api"), "io_uring") == 0)
			levels.outstanding_ns += json__number(row, "inflight.mean") *
						 json__number(process, "lifetime_ns");
	return levels;
}

/* What does not depend on time. */
static void check_maxima(struct trace *trace, struct json_object *process, int64_t depth)
{
	struct json_object *row = find_requests(process, "io_uring", "recv");
	int64_t most = json__integer(trace->truth, "concurrency_max");

	/* besides, the partner waits for questions */
	assert_in_range(json__integer(process, "concurrency.max"), 1, most + 1);
	assert_in_range(json__integer(process, "parallelism.max"), 1,
			json__integer(process, "threads_max"));
	assert_true((row != NULL) == (depth > 1));
	if (row)
		assert_in_range(json__integer(row, "inflight.max"), depth, most);
	/* the mean is of all its threads */
	assert_time_within(json__number(process, "parallelism.mean") *
				   json__number(process, "lifetime_ns"),
			   json__number(process, "ledger.running_ns"), 1, 1000);
}

/* NULL, or what is not as the program has it. It asks, and then waits: what lies between is in its
 * latency, and not in ours. */
static const char *levels_differ(struct trace *trace, struct json_object *process)
{
	struct levels levels = levels_of(trace, process);
	double wall = json__number(trace->truth, "wall_ns");

	if (levels.hit)
		return "a switch was not seen";
	if (levels.outstanding_ns < 0.7 * json__number(trace->truth, "outstanding_low_ns") ||
	    levels.outstanding_ns > 1.02 * json__number(trace->truth, "outstanding_high_ns"))
		return live__text("%.3f operations outstanding, not %.3f to %.3f",
				  levels.outstanding_ns / wall,
				  json__number(trace->truth, "concurrency_low"),
				  json__number(trace->truth, "concurrency_high"));
	if (levels.running_ns < 0.95 * json__number(trace->truth, "cpu_ns") - 1e6 ||
	    levels.running_ns > 1.1 * json__number(trace->truth, "cpu_ns") + 3e6)
		return live__text("%.3f threads running, not %.3f", levels.running_ns / wall,
				  json__number(trace->truth, "parallelism"));
	return NULL;
}

static void check_way(const char *way, int64_t depth)
{
	const char *difference = "";

	for (int i = 0; i < ATTEMPTS && difference; i++) {
		struct trace *trace = trace__workload("full", WORDS("overlap", "--way", way));
		struct json_object *process =
			the_process(trace->profile, json__integer(trace->truth, "pid"));

		check_maxima(trace, process, depth);
		difference = live__emulated() ? NULL : levels_differ(trace, process);
	}
	if (difference)
		live__fail("%s: %s", way, difference);
}

static void asynchronous_is_not_parallel(void **state)
{
	(void)state;
	check_way("sequential", 1);
	check_way("async", 8);
	check_way("parallel", 1);
	check_way("async-parallel", 8);
}

#define EXAMPLES(name, examples)                                                                   \
	{                                                                                          \
		name, examples_are_named, NULL, live__end_test, (void *)(examples)                 \
	}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		EXAMPLES("blocking_calls_are_blocking", blocking_calls),
		EXAMPLES("waiting_for_no_io_is_none", other_waits),
		EXAMPLES("tries_are_nonblocking", tries),
		EXAMPLES("multiplexers_are_named", multiplexers),
		EXAMPLES("asynchronous_interfaces_are_named", interfaces),
		LIVE_TEST(a_thread_per_connection_is_seen),
		LIVE_TEST(a_process_per_connection_is_seen),
		LIVE_TEST(an_event_loop_is_seen),
		LIVE_TEST(event_loops_are_seen),
		LIVE_TEST(a_loop_with_a_pool_is_seen),
		LIVE_TEST(a_server_on_a_ring_is_seen),
		LIVE_TEST(asynchronous_is_not_parallel),
	};

	live__begin(argc, argv, NULL);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		for (const struct example *example = tests[i].initial_state;
		     example && example->model; example++)
			trace__announce("full", words_of(example));
	live__end_test(NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
