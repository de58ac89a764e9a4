// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Processes and threads in the JSON format. */
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
	json__add_count(builder, object, "clock_gain_ns", books->clock_gain);
	json__add_count(builder, object, "clock_loss_ns", books->clock_loss);
	json__add_count(builder, object, "put_off_by_untraced", books->put_off);
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
	json__add_io_model(builder, object, &thread->verdict);
	json__add(builder, object, "waits",
		  json__waits(builder, thread->waits, thread->wait_count));
	json__add(builder, object, "syscalls", json__calls(builder, thread->calls, calls));
	json__add(builder, object, "attempts",
		  json__attempts(builder, thread->attempts, thread->attempt_count));
	if (thread->loop_count && thread->loops[0].main)
		json__add(builder, object, "loop", json__loop(builder, &thread->loops[0]));
	add_thread_counts(builder, object, thread);
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

static struct json_object *loops(struct json_builder *builder, const struct process *process)
{
	struct json_object *rows = json__array(builder);

	for (size_t i = 0; i < process->thread_count; i++)
		for (size_t j = 0; j < process->threads[i].loop_count; j++)
			json__append(builder, rows,
				     json__loop(builder, &process->threads[i].loops[j]));
	return rows;
}

/* Calls of the functions that ask after POSIX AIO, or call it off. */
static struct json_object *posix_calls(struct json_builder *builder, const struct process *process)
{
	static const char *const names[] = {"aio_suspend", "aio_error", "aio_return", "aio_cancel"};
	struct json_object *calls = json__object(builder);

	for (int i = 0; i < POSIX_AIO_CALLS; i++)
		json__add_count(builder, calls, names[i], process->posix_calls[i]);
	return calls;
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
	json__add_io_model(builder, object, &process->verdict);
	json__add(builder, object, "io_models", json__io_models(builder, &process->verdict));
	json__add_text(builder, object, "structure", structure__name(process->structure));
	/* requests in flight are part of it, and the waits tier does not see them */
	json__add(builder, object, "concurrency",
		  json__level(builder, &process->concurrency,
			      process->concurrency.max_known ? process->concurrency.mean : NAN));
	json__add(builder, object, "parallelism",
		  json__level(builder, &process->parallelism, parallelism));
	json__add(builder, object, "cost",
		  json__cost(builder, process, profile->tier == TIER_FULL));
	json__add(builder, object, "waits",
		  json__waits(builder, process->waits, process->wait_count));
	json__add(builder, object, "syscalls", json__calls(builder, process->calls, calls));
	json__add(builder, object, "requests",
		  json__requests(builder, process->requests, process->request_count));
	json__add(builder, object, "posix_aio_calls", posix_calls(builder, process));
	json__add_bool(builder, object, "static_binary", process->static_binary);
	json__add(builder, object, "attempts",
		  json__attempts(builder, process->attempts, process->attempt_count));
	json__add(builder, object, "loops", loops(builder, process));
	threads = json__array(builder);
	for (size_t i = 0; i < process->thread_count; i++)
		json__append(builder, threads, thread_row(builder, profile, &process->threads[i]));
	json__add(builder, object, "threads", threads);
	return object;
}
