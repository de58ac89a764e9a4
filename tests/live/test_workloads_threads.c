// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What waiting costs: stacks of threads that only wait, against the truth of who made them; and an
 * operation. */
#define _GNU_SOURCE
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/live/lib/live.h"

#define THREADS	   200
#define STACK	   (256 * 1024)
#define MAIN_STACK (1024 * 1024) /* the main thread's mapping is smaller than that */

static int64_t of(struct json_object *row, const char *field)
{
	return json__integer(row, field);
}

static struct json_object *cost_of(struct trace *trace)
{
	assert_conserved(trace->profile);
	return json__at(the_process_named(trace->profile, "threads"), "cost");
}

/* By the size of the stack that the program asked for, and by what it has touched at least and at
 * most. */
static void check_stacks(struct json_object *cost)
{
	int64_t reserved = of(cost, "stack_reserved_bytes"), resident;

	assert_in_range(reserved, (int64_t)THREADS * STACK, (int64_t)THREADS * STACK + MAIN_STACK);
	resident = of(cost, "stack_resident_bytes");
	assert_in_range(resident, THREADS * 4096, THREADS * 16384 + MAIN_STACK);
}

static struct trace *run(const char *tier, const char *stack, const char *hold)
{
	struct trace *trace = trace__run(WORDS("--tier", tier, "--", live__workload("threads"),
					       "--count", "200", "--stack", stack, "--hold", hold),
					 LIVE_TIMEOUT_MS);

	assert_count(trace->status, 0);
	return trace;
}

static void stacks_of_a_process_that_ends_are_seen_on_the_way(void **state)
{
	struct trace *trace = run("full", "256K", "3s");
	struct json_object *cost = cost_of(trace);

	(void)state;
	assert_count(json__integer(trace->truth, "stack_reserved_bytes"), THREADS * STACK);
	if (live__emulated()) /* looks cost so much there that there are few */
		assert_in_range(of(cost, "stack_reserved_bytes"), STACK,
				(int64_t)THREADS * STACK + MAIN_STACK);
	else
		check_stacks(cost);
}

/* The kernel's books: KernelStack of /proc/meminfo, in the workload's truth. */
static void kernel_stacks_are_as_large_as_the_kernel_says(void **state)
{
	struct trace *trace = run("waits", "64K", "300ms");
	struct json_object *process = the_process_named(trace->profile, "threads");
	int64_t each = of(process, "cost.kernel_stack_bytes") / of(process, "threads_max");

	(void)state;
	assert_count(of(process, "threads_max"), THREADS + 1);
	assert_count(of(process, "cost.kernel_stack_bytes") % of(process, "threads_max"), 0);
	assert_count(each % 4096, 0);
	/* others come and go meanwhile */
	assert_in_range(json__integer(trace->truth, "memory_per_thread.kernel_stack_bytes"),
			each * 3 / 4, each * 5 / 4);
}

static void stacks_of_a_process_that_lives_are_seen_at_the_end(void **state)
{
	struct program *program =
		program__start(WORDS(live__workload("threads"), "--count", "200", "--stack", "256K",
				     "--hold", live__emulated() ? "60s" : "4s"));
	const char *path = live__text("/proc/%d/status", program->pid);
	struct trace *trace;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		const char *status = live__read_file(path, NULL);

		if (status && strstr(status, "\nThreads:\t201\n"))
			break;
		live__sleep_ms(5);
	}
	trace = trace__run(WORDS("-p", live__text("%d", program->pid), "-d", "20ms"),
			   LIVE_TIMEOUT_MS);
	check_stacks(cost_of(trace));
}

/* Of `blocking`: the waiter's reads and the partner's writes, and what the program reads to begin.
 */
static void what_an_operation_costs_adds_up(void **state)
{
	struct trace *trace = trace__workload(
		"full", WORDS("blocking", "--what", "pipe", "--ops", "200", "--size", "4096"));
	struct json_object *process = the_process_named(trace->profile, "blocking"), *thread, *call;
	struct json_object *cost = json__at(process, "cost");
	double running = json__number(process, "ledger.running_ns");
	int64_t operations = of(cost, "operations"), bytes = of(cost, "bytes"), switches = 0,
		moved = 0;

	(void)state;
	json__each (call, process, "syscalls")
		moved += of(call, "bytes");
	assert_count(bytes, moved);
	assert_true(bytes >= 400 * 4096);
	assert_true(operations >= 400);
	assert_true(fabs(json__number(cost, "cpu_ns_per_operation") * (double)operations / running -
			 1) < 1e-6);
	assert_true(fabs(json__number(cost, "cpu_ns_per_byte") * (double)bytes / running - 1) <
		    1e-6);
	json__each (thread, process, "threads")
		switches += of(thread, "voluntary_switches") + of(thread, "involuntary_switches");
	assert_count(of(cost, "voluntary_switches") + of(cost, "involuntary_switches"), switches);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(stacks_of_a_process_that_ends_are_seen_on_the_way),
		LIVE_TEST(kernel_stacks_are_as_large_as_the_kernel_says),
		LIVE_TEST(stacks_of_a_process_that_lives_are_seen_at_the_end),
		LIVE_TEST(what_an_operation_costs_adds_up),
	};

	live__begin(argc, argv, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
