// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Processes and threads in the JSON format. What later parts of waitscope will judge (models,
 * structure, loops, requests) is there from the start, and says that it is unknown.
 */
#include <math.h>

#include "render/json.h"

static struct json_object *books(struct json_builder *builder, const struct comparison *books)
{
	struct json_object *object = json__object(builder);

	json__add_count(builder, object, "kernel_runtime_ns", books->runtime);
	json__add_count(builder, object, "runtime_ns", books->our_runtime);
	json__add_count(builder, object, "kernel_rundelay_ns", books->rundelay);
	json__add_count(builder, object, "rundelay_ns", books->our_rundelay);
	json__add_count(builder, object, "kernel_voluntary", books->voluntary);
	json__add_count(builder, object, "voluntary", books->our_voluntary);
	json__add_count(builder, object, "kernel_involuntary", books->involuntary);
	json__add_count(builder, object, "involuntary", books->our_involuntary);
	json__add_count(builder, object, "idle_wake_ns", books->idle_wake);
	return object;
}

static void add_thread_counts(struct json_builder *builder, struct json_object *object,
			      const struct thread *thread)
{
	json__add_bool(builder, object, "kernel_thread", thread->kernel_thread);
	json__add_bool(builder, object, "ended", thread->ended);
	json__add_bool(builder, object, "aio_helper", thread->aio_helper);
	json__add_bool(builder, object, "incomplete", thread->incomplete);
	json__add_count(builder, object, "voluntary_switches", thread->voluntary);
	json__add_count(builder, object, "involuntary_switches", thread->involuntary);
	json__add_count(builder, object, "wakeups", thread->wakeups);
	json__add_count(builder, object, "early_wakeups", thread->early);
	json__add_count(builder, object, "unwoken", thread->unwoken);
	json__add_count(builder, object, "spurious_wakeups", thread->spurious);
	json__add_count(builder, object, "backwards", thread->backwards);
	json__add_count(builder, object, "lost_transitions", thread->lost);
	json__add_signed(builder, object, "residual_ns", thread->residual);
	if (thread->books.valid)
		json__add(builder, object, "books", books(builder, &thread->books));
	else
		json__add_null(builder, object, "books");
}

static struct json_object *thread_row(struct json_builder *builder, const struct profile *profile,
				      const struct thread *thread)
{
	struct json_object *object = json__object(builder);
	size_t calls = profile->tier == TIER_FULL ? thread->call_count : 0;

	json__add_signed(builder, object, "tid", thread->tid);
	json__add_text(builder, object, "comm", thread->comm);
	json__add_count(builder, object, "start_ns", thread->start);
	json__add_count(builder, object, "end_ns", thread->end);
	json__add(builder, object, "ledger", json__ledger(builder, &thread->account));
	json__add_text(builder, object, "io_model", "unknown");
	json__add(builder, object, "waits",
		  json__waits(builder, thread->waits, thread->wait_count));
	json__add(builder, object, "syscalls", json__calls(builder, thread->calls, calls));
	add_thread_counts(builder, object, thread);
	return object;
}

/* {mean, max}; NAN is unknown, and a maximum is not known yet by anything */
static struct json_object *mean_and_max(struct json_builder *builder, double mean)
{
	struct json_object *object = json__object(builder);

	json__add_fraction(builder, object, "mean", mean);
	json__add_null(builder, object, "max");
	return object;
}

static struct json_object *cost(struct json_builder *builder, const struct process *process)
{
	struct json_object *object = json__object(builder);

	json__add_count(builder, object, "voluntary_switches", process->voluntary);
	json__add_count(builder, object, "involuntary_switches", process->involuntary);
	json__add_count(builder, object, "blocked_thread_ns", process->account.blocked);
	json__add_known_count(builder, object, "stack_reserved_bytes", process->cost.stack_reserved,
			      process->cost.stacks_known);
	json__add_known_count(builder, object, "stack_resident_bytes", process->cost.stack_resident,
			      process->cost.stacks_known);
	json__add_count(builder, object, "kernel_stack_bytes", process->cost.kernel_stack);
	json__add_null(builder, object, "cpu_ns_per_operation");
	return object;
}

static void add_identity(struct json_builder *builder, struct json_object *object,
			 const struct process *process)
{
	json__add_signed(builder, object, "pid", process->pid);
	json__add_signed(builder, object, "ppid", process->ppid);
	json__add_text(builder, object, "comm", process->comm);
	json__add_text(builder, object, "exe", process->exe);
	json__add_bool(builder, object, "kernel_thread", process->kernel_thread);
	json__add_count(builder, object, "threads_max", process->threads_max);
	json__add_count(builder, object, "lifetime_ns", process->lifetime);
}

/* Calls of the functions that ask after POSIX AIO, or call it off. */
static void add_posix_calls(struct json_builder *builder, struct json_object *object,
			    const struct process *process)
{
	static const char *const names[] = {"aio_suspend", "aio_error", "aio_return", "aio_cancel"};
	struct json_object *calls = json__object(builder);

	for (int i = 0; i < POSIX_AIO_CALLS; i++)
		json__add_count(builder, calls, names[i], process->posix_calls[i]);
	json__add(builder, object, "posix_aio_calls", calls);
	json__add_bool(builder, object, "static_binary", process->static_binary);
}

struct json_object *json__process(struct json_builder *builder, const struct profile *profile,
				  const struct process *process)
{
	struct json_object *object = json__object(builder), *threads;
	size_t calls = profile->tier == TIER_FULL ? process->call_count : 0;
	double parallelism = process->lifetime
				     ? (double)process->account.running / (double)process->lifetime
				     : NAN;

	add_identity(builder, object, process);
	json__add(builder, object, "ledger", json__ledger(builder, &process->account));
	json__add_text(builder, object, "io_model", "unknown");
	json__add(builder, object, "io_models", json__array(builder));
	json__add_text(builder, object, "structure", "unknown");
	json__add(builder, object, "concurrency", mean_and_max(builder, NAN));
	json__add(builder, object, "parallelism", mean_and_max(builder, parallelism));
	json__add(builder, object, "cost", cost(builder, process));
	json__add(builder, object, "waits",
		  json__waits(builder, process->waits, process->wait_count));
	json__add(builder, object, "syscalls", json__calls(builder, process->calls, calls));
	json__add(builder, object, "requests",
		  json__requests(builder, process->requests, process->request_count));
	add_posix_calls(builder, object, process);
	json__add(builder, object, "loops", json__array(builder));
	threads = json__array(builder);
	for (size_t i = 0; i < process->thread_count; i++)
		json__append(builder, threads, thread_row(builder, profile, &process->threads[i]));
	json__add(builder, object, "threads", threads);
	return object;
}
