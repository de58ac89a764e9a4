// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* redis-server and nginx under load: event loops that others wrote. */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "tests/live/lib/real.h"

#define REQUESTS "5000"
#define CLIENTS	 "8"

/* Attaches with `options`, runs the load, and ends the tracing as Ctrl-C does. */
static struct trace *trace_under_load(const char *const *options, const char *const *load,
				      struct program **loader)
{
	struct trace *trace = trace__start(options);

	trace__await_attached(trace);
	if (program__run(loader, load, LIVE_TIMEOUT_MS) != 0)
		live__fail("%s failed: %s", load[0], program__errors(*loader));
	program__signal(trace->program, SIGINT);
	trace__finish(trace, LIVE_TIMEOUT_MS);
	assert_count(trace->status, 0);
	return trace;
}

/* The same, until nothing was missed; or if that never comes, the last. `slack` is what share of
 * the calls may be missing in it. */
static struct trace *best_trace_under_load(const char *const *options, const char *const *load,
					   struct program **loader, double *slack)
{
	struct trace *trace = NULL;

	for (int i = 0; i < 4; i++) {
		trace = trace_under_load(options, load, loader);
		*slack = 0;
		if (real__is_complete(trace->profile))
			return trace;
	}
	if (!real__events_are_hidden())
		live__fail("switches were missed in each of 4 runs");
	*slack = 0.05;
	return trace;
}

/* An event loop sleeps in its multiplexer, nowhere else, and that is rest. */
static void check_event_loop(struct json_object *thread)
{
	struct json_object *wait = the_wait(thread, "multiplex", "epoll_wait", NULL);

	assert_true(real__object_is(wait, "epoll"));
	assert_true(json__boolean(wait, "idle"));
	assert_string_equal(json__string(wait, "sleep"), "interruptible");
	assert_true(json__integer(wait, "count") > 50);
	/* it slept when tracing began, and it sleeps when that ends */
	assert_true(json__integer(wait, "censored") >= 1);
	assert_count(waits_count(thread, "network", NULL), 0);
	assert_true(json__integer(thread, "ledger.idle_ns") * 10 >=
		    json__integer(thread, "ledger.blocked_ns") * 9);
	/* loopback: the client's own call delivers, in a soft interrupt */
	assert_true(waker_count(wait, "softirq", 0) > 0);
}

/* The loop as a whole: its one call, its rest, an event for each request, and nothing in it that
 * waits. `owner` is its thread, or a process of one. */
static void check_loop(struct json_object *owner, int64_t requests)
{
	struct json_object *loop = json__has(owner, "loop")
					   ? json__at(owner, "loop")
					   : json_object_array_get_idx(json__at(owner, "loops"), 0);
	int64_t iterations = json__integer(loop, "iterations");
	int64_t calls = syscall_calls(owner, "epoll_wait");

	assert_string_equal(json__string(loop, "call"), "epoll_wait");
	assert_true(json__boolean(loop, "main"));
	assert_loop_conserved(loop);
	/* one was entered before the window */
	assert_in_range(iterations, calls, calls + 1);
	assert_count(json__integer(loop, "idle_ns"), waits_total(owner, NULL, "epoll_wait"));
	assert_true(json__integer(loop, "events") >= requests);
	assert_true(json__integer(loop, "blocked_ns") * 20 <= json__integer(loop, "window_ns"));
	assert_true(json__integer(loop, "readiness.count") > 50);
}

static struct program *start_redis(unsigned int port)
{
	struct program *server = program__start(
		WORDS("redis-server", "--port", live__text("%u", port), "--bind", "127.0.0.1",
		      "--save", "", "--appendonly", "no", "--dir", real__directory()));

	program__await_output(server, "Ready to accept connections");
	real__await_port(port);
	return server;
}

static void redis_answers_each_request_from_its_event_loop(void **state)
{
	unsigned int port = real__free_port();
	struct program *server = start_redis(port), *loader;
	const char *const load[] = {"redis-benchmark",
				    "-h",
				    "127.0.0.1",
				    "-p",
				    live__text("%u", port),
				    "-n",
				    REQUESTS,
				    "-c",
				    CLIENTS,
				    "-P",
				    "1",
				    "-t",
				    "set",
				    "-q",
				    NULL};
	double slack;
	struct trace *trace = best_trace_under_load(WORDS("-p", live__text("%d", server->pid)),
						    load, &loader, &slack);
	struct json_object *process = the_process(trace->profile, server->pid);
	struct json_object *thread = the_thread(trace->profile, server->pid);
	int64_t requests = atoll(REQUESTS), clients = atoll(CLIENTS);
	int64_t least = requests - (int64_t)(slack * requests);

	(void)state;
	assert_string_equal(json__string(process, "comm"), "redis-server");
	check_event_loop(thread);
	check_loop(thread, least);
	assert_true(json__integer(the_syscall(thread, "read"), "handled") >= least);
	/* one read a request, one for the end of each connection, and what redis reads of itself */
	assert_in_range(syscall_calls(thread, "read"), least, requests + requests / 20 + 100);
	assert_in_range(syscall_calls(thread, "write"), least, requests + 100);
	/* it takes connections until there is none left */
	assert_true(syscall_calls(thread, "accept4") > (uint64_t)clients);
	assert_true(json__integer(the_syscall(thread, "accept4"), "eagain") > 0);
	assert_true(json__length(thread, "attempts") > 0);
	/* its helpers had nothing to do, from begin to end */
	assert_true(json__length(process, "threads") > 1);
	assert_true(json__integer(process, "ledger.idle_ns") >
		    json__integer(process, "ledger.lifetime_ns") / 2);
}

static void write_nginx_config(const char *directory, unsigned int port)
{
	live__write_file(
		live__text("%s/nginx.conf", directory),
		live__text("daemon off; worker_processes 1; pid %s/pid; error_log stderr;\n"
			   "events { worker_connections 64; }\n"
			   "http {\n"
			   "  access_log off; keepalive_requests 1000000;\n"
			   "  client_body_temp_path %s/body; proxy_temp_path %s/proxy;\n"
			   "  fastcgi_temp_path %s/fastcgi; uwsgi_temp_path %s/uwsgi;\n"
			   "  scgi_temp_path %s/scgi;\n"
			   "  server { listen 127.0.0.1:%u; location / { return 200 'hello'; } }\n"
			   "}\n",
			   directory, directory, directory, directory, directory, directory, port));
}

/* The master is asleep until a signal comes: at rest, and all of it a lower bound. */
static void check_nginx_master(struct json_object *master)
{
	struct json_object *wait = the_wait(master, "signal", "rt_sigsuspend", NULL);

	assert_true(json__boolean(wait, "idle"));
	assert_count(json__integer(wait, "count"), json__integer(wait, "censored"));
	assert_count(waits_count(master, NULL, NULL), json__integer(wait, "count"));
	assert_true(json__integer(master, "ledger.idle_ns") * 100 >=
		    json__integer(master, "ledger.lifetime_ns") * 95);
}

static void nginx_answers_each_request_from_its_event_loop(void **state)
{
	unsigned int port = real__free_port();
	const char *directory = real__directory();
	const char *const load[] = {"wrk",   "-t1",  "-c",
				    CLIENTS, "-d1s", live__text("http://127.0.0.1:%u/", port),
				    NULL};
	struct program *server, *loader;
	struct json_object *process, *worker = NULL;
	struct trace *trace;
	int64_t requests, least, clients = atoll(CLIENTS);
	double slack;

	(void)state;
	write_nginx_config(directory, port);
	server = program__start(
		WORDS("nginx", "-p", directory, "-c", live__text("%s/nginx.conf", directory)));
	real__await_port(port);
	trace = best_trace_under_load(WORDS("--tree", live__text("%d", server->pid)), load, &loader,
				      &slack);
	json__each (process, trace->profile, "processes")
		if (json__integer(process, "ppid") == server->pid)
			worker = process;
	assert_count(json__length(trace->profile, "processes"), 2);
	assert_non_null(worker);
	check_nginx_master(the_process(trace->profile, server->pid));
	check_event_loop(worker);
	/* at the end of its time wrk drops the answers that are on their way */
	requests = real__number_before(program__output(loader), " requests in ");
	least = requests - (int64_t)(slack * requests);
	check_loop(worker, least);
	assert_in_range(syscall_calls(worker, "writev"), least, requests + clients);
	assert_in_range(syscall_calls(worker, "recvfrom"), least, 2 * requests + 4 * clients);
	assert_true(syscall_calls(worker, "accept4") >= (uint64_t)clients);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(redis_answers_each_request_from_its_event_loop),
		LIVE_TEST(nginx_answers_each_request_from_its_event_loop),
	};

	real__begin(argc, argv, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
