// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>

#include "names/operations.h"
#include "names/syscalls.h"
#include "render/anatomy.h"
#include "render/json.h"

#define SCHEMA "waitscope-anatomy/1"

static void add_thread(struct json_builder *builder, struct json_object *object,
		       const struct anatomy_thread *thread)
{
	json__add_signed(builder, object, "pid", thread->pid);
	json__add_signed(builder, object, "tid", thread->tid);
	json__add_text(builder, object, "comm", *thread->comm ? thread->comm : NULL);
}

/* null: who is not traced, or the idle task */
static void add_known_thread(struct json_builder *builder, struct json_object *object,
			     const char *name, const struct anatomy_thread *thread)
{
	struct json_object *part;

	if (!thread->tid) {
		json__add_null(builder, object, name);
		return;
	}
	part = json__object(builder);
	add_thread(builder, part, thread);
	json__add(builder, object, name, part);
}

static void add_reason(struct json_builder *builder, struct json_object *object,
		       const struct anatomy_reason *reason)
{
	json__add_text(builder, object, "class",
		       reason->known ? wait_class__name(reason->class) : NULL);
	json__add_text(builder, object, "sleep", reason->known ? sleep__name(reason->sleep) : NULL);
	json__add_text(builder, object, "syscall", reason->syscall);
	json__add_text(builder, object, "object", reason->object);
}

static struct json_object *waker_of(struct json_builder *builder, const struct anatomy_waker *waker)
{
	struct json_object *object = json__object(builder);

	json__add_text(builder, object, "kind", waker_kind__name(waker->kind));
	json__add_count(builder, object, "cpu", waker->cpu);
	add_known_thread(builder, object, "thread", &waker->thread);
	add_known_thread(builder, object, "interrupted", &waker->interrupted);
	json__add_text(builder, object, "call", waker->call);
	json__add_known_count(builder, object, "call_ns", waker->call_time, waker->call);
	return object;
}

static struct json_object *runs_of(struct json_builder *builder, const struct anatomy_sleep *sleep)
{
	struct json_object *runs = json__array(builder);

	for (size_t i = 0; i < sleep->run_count; i++) {
		struct json_object *run = json__object(builder);

		add_thread(builder, run, &sleep->runs[i].thread);
		json__add_count(builder, run, "time_ns", sleep->runs[i].time);
		json__append(builder, runs, run);
	}
	return runs;
}

static void add_request(struct json_builder *builder, struct json_object *object,
			const struct anatomy_request *request)
{
	struct json_object *part;

	if (!request->known) {
		json__add_null(builder, object, "request");
		return;
	}
	part = json__object(builder);
	json__add_text(builder, part, "operation",
		       operations__name(REQUEST_BLOCK, request->operation));
	json__add_count(builder, part, "completed_ns", request->completed);
	json__add_count(builder, part, "latency_ns", request->latency);
	json__add(builder, object, "request", part);
}

static struct json_object *chain_of(struct json_builder *builder, const struct anatomy_sleep *sleep)
{
	struct json_object *chain = json__array(builder);

	for (size_t i = 0; i < sleep->chain_count; i++) {
		struct json_object *link = json__object(builder);

		json__add_count(builder, link, "before_ns", sleep->chain[i].woken);
		add_reason(builder, link, &sleep->chain[i].reason);
		json__add(builder, link, "waker", waker_of(builder, &sleep->chain[i].waker));
		add_request(builder, link, &sleep->chain[i].request);
		json__append(builder, chain, link);
	}
	return chain;
}

static struct json_object *sleep_of(struct json_builder *builder, const struct anatomy_sleep *sleep)
{
	struct json_object *object = json__object(builder);

	json__add_count(builder, object, "off_ns", sleep->off);
	json__add_count(builder, object, "woken_ns", sleep->woken);
	json__add_count(builder, object, "on_ns", sleep->on);
	json__add_count(builder, object, "off_cpu", sleep->cpu_off);
	json__add_count(builder, object, "on_cpu", sleep->cpu_on);
	json__add_known_count(builder, object, "early_ns", sleep->early_by, sleep->early);
	add_reason(builder, object, &sleep->reason);
	add_known_thread(builder, object, "next", &sleep->next);
	json__add(builder, object, "runs", runs_of(builder, sleep));
	json__add_count(builder, object, "other_runs_ns", sleep->others);
	json__add_count(builder, object, "untraced_ns", sleep->untraced);
	json__add(builder, object, "waker", waker_of(builder, &sleep->waker));
	add_request(builder, object, &sleep->request);
	json__add(builder, object, "chain", chain_of(builder, sleep));
	json__add_bool(builder, object, "chain_complete", !sleep->chain_cut);
	return object;
}

struct stages {
	struct json_builder *builder;
	struct json_object *array;
	const struct anatomy *anatomy;
};

static int add_stage(void *context, const struct anatomy_stage *stage)
{
	struct stages *stages = context;
	struct json_object *object = json__object(stages->builder);
	bool of_sleep = stage->sleep;

	json__add_count(stages->builder, object, "stage", (uint64_t)stage->number);
	json__add_known_count(stages->builder, object, "at_ns", stage->at, stage->seen);
	json__add_known_count(stages->builder, object, "took_ns", stage->took, stage->seen);
	json__add_known_count(stages->builder, object, "sleep",
			      of_sleep ? (uint64_t)(stage->sleep - stages->anatomy->sleeps) : 0,
			      of_sleep);
	json__append(stages->builder, stages->array, object);
	return 0;
}

static struct json_object *more_of(struct json_builder *builder, const struct anatomy_more *more)
{
	struct json_object *object = json__object(builder);

	json__add_count(builder, object, "count", more->count);
	json__add_count(builder, object, "asleep_ns", more->asleep);
	json__add_count(builder, object, "queued_ns", more->queued);
	return object;
}

static void add_call(struct json_builder *builder, struct json_object *object,
		     const struct anatomy *anatomy)
{
	bool failed = anatomy->has_result && anatomy->result < 0 && anatomy->result >= -4095;

	add_thread(builder, object, &anatomy->thread);
	json__add_text(builder, object, "syscall", anatomy->syscall);
	json__add_known_count(builder, object, "descriptor", anatomy->argument,
			      anatomy->on_descriptor && anatomy->argument <= INT32_MAX);
	if (anatomy->has_result)
		json__add_signed(builder, object, "result", anatomy->result);
	else
		json__add_null(builder, object, "result");
	json__add_text(builder, object, "errno",
		       failed ? errnos__name((int)-anatomy->result) : NULL);
	json__add_count(builder, object, "duration_ns", anatomy->total);
	json__add_count(builder, object, "preempted_ns", anatomy->preempted);
	json__add_count(builder, object, "entry_cpu", anatomy->cpu_entry);
	json__add_count(builder, object, "exit_cpu", anatomy->cpu_exit);
}

int render__anatomy_json(FILE *stream, const struct anatomy *anatomy,
			 const struct anatomy_place *place)
{
	struct json_builder builder = {0};
	struct json_object *object = json__object(&builder), *sleeps = json__array(&builder);
	struct stages stages = {&builder, json__array(&builder), anatomy};

	json__add_text(&builder, object, "schema", SCHEMA);
	json__add_count(&builder, object, "rank", place->rank);
	json__add_count(&builder, object, "of", place->of);
	add_call(&builder, object, anatomy);
	anatomy__each_stage(anatomy, add_stage, &stages);
	json__add(&builder, object, "stages", stages.array);
	for (size_t i = 0; i < anatomy->sleep_count; i++)
		json__append(&builder, sleeps, sleep_of(&builder, &anatomy->sleeps[i]));
	json__add(&builder, object, "sleeps", sleeps);
	json__add(&builder, object, "more_sleeps", more_of(&builder, &anatomy->more));
	return json__write(&builder, object, stream);
}
