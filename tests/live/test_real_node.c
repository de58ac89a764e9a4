// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* node counts how long its event loop rests and works: the two must agree. */
#define _GNU_SOURCE
#include <math.h>
#include <signal.h>

#include "tests/live/lib/real.h"

#define ATTEMPTS 6
/* Points of 100 by which the utilisation may be off node's own. */
#define POINTS_MOST 2.0
/* Of the loop's time: a switch that was not seen leaves so little unknown that it does not matter.
 */
#define UNKNOWN_MOST 0.002

/* Answers after a while, so that its loop rests in between. At each SIGUSR2 it says how long the
 * loop has rested and worked since the one before. */
static const char node_server[] =
	"const {performance} = require('perf_hooks');\n"
	"let last, count = 0;\n"
	"process.on('SIGUSR2', () => {\n"
	"  const now = performance.eventLoopUtilization();\n"
	"  const since = last ? performance.eventLoopUtilization(now, last) : now;\n"
	"  last = now;\n"
	"  console.log(`idle${count}=${Math.round(since.idle * 1e6)} `\n"
	"    + `active${count}=${Math.round(since.active * 1e6)} said${count++}`);\n"
	"});\n"
	"require('http').createServer((request, response) =>\n"
	"  setTimeout(() => response.end('hello'), 4)).listen(+process.argv[1], '127.0.0.1');\n";

static void ask_node(struct program *server, int number)
{
	program__signal(server, SIGUSR2);
	program__await_output(server, live__text("said%d", number));
}

/* Node's own account of the time between its answers number - 1 and `number`, ns. */
static double nodes_time(struct program *server, const char *what, int number)
{
	return (double)program__value(server, live__text("%s%d", what, number));
}

/* One run under load, from a little before node's first answer to a little after its second. */
static struct trace *trace_node(struct program *server, unsigned int port, int attempt)
{
	struct trace *trace = trace__start(WORDS("-p", live__text("%d", server->pid)));
	struct program *loader;

	trace__await_attached(trace);
	ask_node(server, 2 * attempt);
	if (program__run(
		    &loader,
		    WORDS("wrk", "-t1", "-c8", "-d1s", live__text("http://127.0.0.1:%u/", port)),
		    LIVE_TIMEOUT_MS) != 0)
		live__fail("wrk failed: %s", program__errors(loader));
	ask_node(server, 2 * attempt + 1);
	program__signal(trace->program, SIGINT);
	trace__finish(trace, LIVE_TIMEOUT_MS);
	assert_count(trace->status, 0);
	return trace;
}

static struct program *start_node(unsigned int port)
{
	struct program *server =
		program__start(WORDS("node", "-e", node_server, live__text("%u", port)));

	real__await_port(port);
	return server;
}

/*
 * Node counts as rest all its time in epoll_wait; ours is the sleep in it, and what it waited there
 * for a CPU (call_ns) is no rest. That apart, the two are of one window: before the first answer
 * and after the second one, there is nothing to do.
 */
static void compare(struct json_object *loop, double active, double idle)
{
	double window = json__number(loop, "window_ns"), at_rest = json__number(loop, "idle_ns"),
	       in_call = json__number(loop, "call_ns");
	double ours = 100 * (window - at_rest - in_call) / (active + idle);
	double theirs = 100 * active / (active + idle);

	assert_loop_conserved(loop);
	assert_true(fabs(json__number(loop, "utilisation") - (1 - at_rest / window)) < 1e-6);
	if (fabs(ours - theirs) > POINTS_MOST)
		live__fail("the loop works for %.1f%% of the time, but node says %.1f%%", ours,
			   theirs);
}

static bool is_complete(struct trace *trace, struct json_object *thread)
{
	struct json_object *loop = json__at(thread, "loop");

	return !thread__was_hit(trace, thread) ||
	       json__number(loop, "unknown_ns") < UNKNOWN_MOST * json__number(loop, "window_ns");
}

/* By node's account the loop did both. On a busy machine it may never rest: nothing to tell apart.
 */
static bool does_both(double active, double idle)
{
	return active > idle / 20 && idle > active / 20;
}

static void node_agrees_on_the_utilisation_of_its_loop(void **state)
{
	unsigned int port = real__free_port();
	struct program *server = start_node(port);

	(void)state;
	for (int i = 0; i < ATTEMPTS; i++) {
		struct trace *trace = trace_node(server, port, i);
		struct json_object *thread = the_thread(trace->profile, server->pid);
		double active = nodes_time(server, "active", 2 * i + 1),
		       idle = nodes_time(server, "idle", 2 * i + 1);

		if (!is_complete(trace, thread) || !does_both(active, idle))
			continue;
		compare(json__at(thread, "loop"), active, idle);
		return;
	}
	real__never_complete();
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(node_agrees_on_the_utilisation_of_its_loop),
	};

	real__begin(argc, argv, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
