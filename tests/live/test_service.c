// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The servers and their client, held against each other; nothing is traced here. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "tests/live/lib/live.h"

#define CONNECTIONS 8
#define REQUESTS    160
#define SIZE	    64
#define DELAY_NS    1000000

struct service {
	struct program *program;
	const char *target; /* 127.0.0.1:PORT */
};

/* Starts it with `words`, of which the first is the program. Ends by itself behind the client. */
static struct service start(const char *const *words)
{
	struct service service;
	const char *all[24];
	size_t count = 0;

	all[count++] = live__workload(*words++);
	while (*words)
		all[count++] = *words++;
	all[count] = NULL;
	service.program = program__start(all);
	program__await_errors(service.program, "\n");
	service.target = strstr(program__errors(service.program), "127.0.0.1:");
	if (!service.target)
		live__fail("the server did not start: %s", program__errors(service.program));
	service.target = live__text("%.*s", (int)strcspn(service.target, "\n"), service.target);
	return service;
}

static struct json_object *truth_of(struct program *program)
{
	struct json_object *truth;

	program__wait(program, LIVE_TIMEOUT_MS);
	if (program->status)
		live__fail("status %d: %s", program->status, program__errors(program));
	truth = json__parse(program__output(program));
	assert_non_null(truth);
	return truth;
}

/* Each request was asked, served and answered whole, and each side says so. */
static void check_agreement(struct json_object *server, struct json_object *client)
{
	assert_count(json__integer(client, "errors"), 0);
	assert_count(json__integer(client, "connections"), CONNECTIONS);
	assert_count(json__integer(client, "requests_sent"), REQUESTS);
	assert_count(json__integer(client, "requests"), REQUESTS);
	assert_count(json__integer(client, "latency.count"), REQUESTS);
	assert_count(json__integer(server, "connections"), CONNECTIONS);
	assert_count(json__integer(server, "connections_max"), CONNECTIONS);
	assert_count(json__integer(server, "connections_refused"), 0);
	assert_count(json__integer(server, "requests"), REQUESTS);
	assert_count(json__integer(server, "latency.count"), REQUESTS);
	assert_count(json__integer(server, "cut_short"), 0);
	assert_count(json__integer(server, "bytes_received"), REQUESTS * SIZE);
	assert_count(json__integer(server, "bytes_sent"), REQUESTS * SIZE);
	assert_count(json__integer(client, "bytes_received"), REQUESTS * SIZE);
	assert_count(json__integer(client, "bytes_sent"), REQUESTS * SIZE);
}

/* Returns the server's truth. */
static struct json_object *check_server(bool delays, const char *const *words)
{
	struct service service = start(words);
	struct json_object *server, *client;
	struct program *program;

	program = program__start(WORDS(live__workload("connections"), "--target", service.target,
				       "--connections", "8", "--requests", "160"));
	client = truth_of(program);
	server = truth_of(service.program);
	check_agreement(server, client);
	assert_string_equal(json__string(client, "loop"), "closed");
	if (!delays)
		return server;
	assert_count(json__integer(server, "slept_ns"), (int64_t)REQUESTS * DELAY_NS);
	assert_true(json__integer(server, "latency.min_ns") >= DELAY_NS);
	assert_true(json__integer(client, "latency.min_ns") >= DELAY_NS);
	return server;
}

static void every_server_agrees_with_its_client(void **state)
{
	struct json_object *truth;

	(void)state;
	truth = check_server(true, WORDS("thread_server", "--connections", "8"));
	assert_count(json__integer(truth, "threads_max"), CONNECTIONS + 1);
	truth = check_server(true, WORDS("process_server", "--connections", "8"));
	assert_count(json__integer(truth, "processes_max"), CONNECTIONS + 1);
	assert_count(json__integer(truth, "processes_failed"), 0);
	truth = check_server(true, WORDS("event_server", "--mode", "loop", "--connections", "8"));
	assert_count(json__integer(truth, "threads_max"), 1);
	check_server(true, WORDS("event_server", "--mode", "loops", "--connections", "8"));
}

static void a_pool_does_a_job_for_each_request(void **state)
{
	struct json_object *truth =
		check_server(true, WORDS("event_server", "--mode", "pool", "--connections", "8"));

	(void)state;
	assert_count(json__integer(truth, "pool.jobs"), REQUESTS);
	truth = check_server(false, WORDS("event_server", "--mode", "pool", "--work", "file",
					  "--threads", "4", "--connections", "8"));
	assert_count(json__integer(truth, "pool.jobs"), REQUESTS);
	assert_count(json__integer(truth, "pool.threads"), 4);
	assert_count(json__integer(truth, "calls.fdatasync"), REQUESTS);
}

static void a_ring_serves_them_by_requests_of_its_own(void **state)
{
	struct service service = start(WORDS("uring_server", "--connections", "8"));
	struct json_object *server, *client;

	(void)state;
	client = truth_of(
		program__start(WORDS(live__workload("connections"), "--target", service.target,
				     "--connections", "8", "--requests", "160")));
	server = truth_of(service.program);
	check_agreement(server, client);
	assert_count(json__integer(server, "requests_by_operation.timeout.completed"), REQUESTS);
	assert_count(json__integer(server, "requests_by_operation.send.completed"), REQUESTS);
}

/* --- the open loop --- */

/* 100 requests are due in 250 ms, whatever the server does; each is sent, or said not to be. */
static void an_open_loop_asks_on_its_schedule(void **state)
{
	struct service service =
		start(WORDS("event_server", "--mode", "loop", "--connections", "4"));
	struct json_object *client;

	(void)state;
	client = truth_of(program__start(WORDS(live__workload("connections"), "--target",
					       service.target, "--connections", "4", "--rate",
					       "400", "--duration", "250ms")));
	truth_of(service.program);
	assert_string_equal(json__string(client, "loop"), "open");
	assert_count(json__integer(client, "requests") + json__integer(client, "errors"), 100);
	assert_count(json__integer(client, "latency.count"), json__integer(client, "requests"));
	/* the last one is due 2.5 ms before the end */
	assert_true(json__integer(client, "elapsed_ns") >= 247000000);
}

/* A server of 20 requests a second is asked 100: what a request waited for before it could be sent
 * is in its latency. */
static void an_open_loop_does_not_omit_what_it_waits_for(void **state)
{
	struct service service =
		start(WORDS("thread_server", "--connections", "1", "--delay", "50ms"));
	struct json_object *client;

	(void)state;
	client = truth_of(
		program__start(WORDS(live__workload("connections"), "--target", service.target,
				     "--connections", "1", "--rate", "100", "--requests", "10")));
	truth_of(service.program);
	assert_count(json__integer(client, "requests"), 10);
	/* of 50 ms each; the tenth was due after 90 ms, and is answered after 500 */
	assert_true(json__integer(client, "since_sending.min_ns") >= 50000000);
	assert_true(json__integer(client, "latency.max_ns") >= 400000000);
	assert_true(json__integer(client, "latency.sum_ns") >=
		    json__integer(client, "since_sending.sum_ns") + 45 * 40000000LL - 1000000);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(every_server_agrees_with_its_client),
		LIVE_TEST(a_pool_does_a_job_for_each_request),
		LIVE_TEST(a_ring_serves_them_by_requests_of_its_own),
		LIVE_TEST(an_open_loop_asks_on_its_schedule),
		LIVE_TEST(an_open_loop_does_not_omit_what_it_waits_for),
	};

	live__begin(argc, argv, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
