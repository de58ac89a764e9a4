// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The rows of a process (waits, syscalls, requests, loops) as figures.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "names/lasting.h"
#include "recording/profile_rows.h"

void rows__add(struct fields *fields, enum diff_figure figure, const struct diff_name *name,
	       double value, uint64_t samples)
{
	int err = fields->error ? 0 : diff_run__add(fields->run, figure, name, value, samples);

	if (err)
		fields__refuse(fields, err, "no memory");
}

/* A member as a figure; what is null has none. */
static void add_member(struct fields *fields, enum diff_figure figure, const struct diff_name *name,
		       struct json_object *row, const char *member)
{
	bool known;
	double value = fields__known_number(fields, row, member, &known);

	if (known)
		rows__add(fields, figure, name, value, 0);
}

/*
 * p50, p90, p99 of the distribution `member`; `first` is the figure of p50. The figures of all
 * processes have none where two processes have some: quantiles do not add up.
 */
static void add_quantiles(struct fields *fields, enum diff_figure first,
			  const struct diff_name *name, struct json_object *row, const char *member)
{
	static const char *const members[] = {"p50_ns", "p90_ns", "p99_ns"};
	struct json_object *distribution = fields__object(fields, row, member);
	uint64_t count;
	double number;
	size_t outer;

	if (!distribution)
		return;
	outer = fields__enter(fields, member);
	number = fields__number(fields, distribution, "count");
	count = number < 1e18 ? (uint64_t)number : (uint64_t)1e18;
	for (unsigned int i = 0; i < 3; i++) {
		bool known;
		double value = fields__known_number(fields, distribution, members[i], &known);

		if (known)
			rows__add(fields, first + i, name, value, count);
	}
	fields__leave(fields, outer);
}

static void take_wait(struct fields *fields, struct json_object *row, void *context)
{
	struct diff_name name = {.process = context}, class = name, object = name;
	const char *text = fields__known_text(fields, row, "object");
	bool idle = fields__truth(fields, row, "idle");
	char *lasting = NULL;

	name.name = class.name = fields__text(fields, row, "class");
	name.syscall = fields__known_text(fields, row, "syscall");
	if (text) {
		lasting = lasting__object(text);
		if (!lasting)
			fields__refuse(fields, -ENOMEM, "no memory");
		name.object = object.name = lasting;
	}
	add_member(fields, idle ? DIFF_CLASS_IDLE : DIFF_CLASS_BLOCKED, &class, row, "total_ns");
	if (!idle) {
		add_member(fields, DIFF_CLASS_WAITS, &class, row, "count");
		add_member(fields, DIFF_WAIT_BLOCKED, &name, row, "total_ns");
		add_member(fields, DIFF_WAIT_WAITS, &name, row, "count");
		add_member(fields, DIFF_WAIT_RUNQUEUE, &name, row, "runqueue_ns");
		add_quantiles(fields, DIFF_WAIT_P50, &name, row, "duration");
	}
	if (!idle && lasting) {
		add_member(fields, DIFF_OBJECT_BLOCKED, &object, row, "total_ns");
		add_member(fields, DIFF_OBJECT_WAITS, &object, row, "count");
	}
	free(lasting);
}

static void take_syscall(struct fields *fields, struct json_object *row, void *context)
{
	struct diff_name name = {.process = context};

	name.name = fields__text(fields, row, "name");
	add_member(fields, DIFF_SYSCALL_TOTAL, &name, row, "total_ns");
	add_member(fields, DIFF_SYSCALL_CALLS, &name, row, "calls");
	add_member(fields, DIFF_SYSCALL_ERRORS, &name, row, "errors");
	add_member(fields, DIFF_SYSCALL_EAGAIN, &name, row, "eagain");
	add_member(fields, DIFF_SYSCALL_BLOCKED, &name, row, "blocked_ns");
	add_member(fields, DIFF_SYSCALL_CPU, &name, row, "cpu_ns");
	add_quantiles(fields, DIFF_SYSCALL_P50, &name, row, "latency");
}

static void take_request(struct fields *fields, struct json_object *row, void *context)
{
	struct diff_name name = {.process = context};
	const char *api = fields__text(fields, row, "api");
	const char *operation = fields__text(fields, row, "operation");
	struct json_object *latency = fields__object(fields, row, "latency");
	char *both = NULL;

	if (fields->error)
		return;
	if (asprintf(&both, "%s.%s", api, operation) < 0) {
		fields__refuse(fields, -ENOMEM, "no memory");
		return;
	}
	name.name = both;
	add_member(fields, DIFF_REQUEST_LATENCY, &name, latency, "sum_ns");
	add_member(fields, DIFF_REQUEST_COMPLETED, &name, row, "completed");
	add_member(fields, DIFF_REQUEST_FAILED, &name, row, "failed");
	add_quantiles(fields, DIFF_REQUEST_P50, &name, row, "latency");
	free(both);
}

static void take_loop(struct fields *fields, struct json_object *row, void *context)
{
	struct diff_name name = {.process = context};

	name.name = fields__text(fields, row, "call");
	add_member(fields, DIFF_LOOP_BUSY, &name, row, "busy_ns");
	add_member(fields, DIFF_LOOP_BLOCKED, &name, row, "blocked_ns");
	add_member(fields, DIFF_LOOP_DELAYED, &name, row, "delayed_ns");
	add_member(fields, DIFF_LOOP_LONGEST, &name, row, "longest_handler_ns");
	add_member(fields, DIFF_LOOP_ITERATIONS, &name, row, "iterations");
}

static void take_ledger(struct fields *fields, const struct diff_name *name,
			struct json_object *process)
{
	struct json_object *ledger = fields__object(fields, process, "ledger");
	double blocked, idle;
	size_t outer;

	if (!ledger)
		return;
	outer = fields__enter(fields, "ledger");
	blocked = fields__number(fields, ledger, "blocked_ns");
	idle = fields__number(fields, ledger, "idle_ns");
	rows__add(fields, DIFF_BLOCKED, name, blocked > idle ? blocked - idle : 0, 0);
	rows__add(fields, DIFF_IDLE, name, idle, 0);
	rows__add(fields, DIFF_RUNNING, name, fields__number(fields, ledger, "running_ns"), 0);
	rows__add(fields, DIFF_RUNNABLE, name, fields__number(fields, ledger, "runnable_ns"), 0);
	rows__add(fields, DIFF_PREEMPTED, name, fields__number(fields, ledger, "preempted_ns"), 0);
	rows__add(fields, DIFF_UNKNOWN, name, fields__number(fields, ledger, "unknown_ns"), 0);
	rows__add(fields, DIFF_LIFETIME, name, fields__number(fields, ledger, "lifetime_ns"), 0);
	add_member(fields, DIFF_USER, name, ledger, "user_ns");
	add_member(fields, DIFF_KERNEL, name, ledger, "kernel_ns");
	fields__leave(fields, outer);
}

static void take_level(struct fields *fields, enum diff_figure figure, const struct diff_name *name,
		       struct json_object *process, const char *member)
{
	struct json_object *level = fields__object(fields, process, member);

	if (level)
		add_member(fields, figure, name, level, "mean");
}

static void take_cost(struct fields *fields, const struct diff_name *name,
		      struct json_object *process)
{
	struct json_object *cost = fields__object(fields, process, "cost");

	rows__add(fields, DIFF_PROCESSES, name, 1, 0);
	add_member(fields, DIFF_THREADS, name, process, "threads_max");
	take_level(fields, DIFF_CONCURRENCY, name, process, "concurrency");
	take_level(fields, DIFF_PARALLELISM, name, process, "parallelism");
	if (!cost)
		return;
	add_member(fields, DIFF_SWITCHES, name, cost, "voluntary_switches");
	add_member(fields, DIFF_FORCED, name, cost, "involuntary_switches");
	add_member(fields, DIFF_OPERATIONS, name, cost, "operations");
	add_member(fields, DIFF_BYTES, name, cost, "bytes");
	add_member(fields, DIFF_MAJOR_FAULTS, name, cost, "major_faults");
	add_member(fields, DIFF_CPU_PER_OPERATION, name, cost, "cpu_ns_per_operation");
}

void rows__take_process(struct fields *fields, struct json_object *process, char *comm)
{
	struct diff_name name = {.process = comm};

	take_ledger(fields, &name, process);
	take_cost(fields, &name, process);
	fields__each(fields, process, "waits", true, take_wait, comm);
	fields__each(fields, process, "syscalls", true, take_syscall, comm);
	fields__each(fields, process, "requests", true, take_request, comm);
	fields__each(fields, process, "loops", true, take_loop, comm);
}
