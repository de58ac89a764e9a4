// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>

#include "names/syscalls.h"
#include "render/json.h"
#include "render/trace_line.h"
#include "version.h"

#define SCHEMA "waitscope-trace/1"

/* One line, and the object is gone. */
static int put(FILE *stream, struct json_builder *builder, struct json_object *object)
{
	int err = 0;

	if (builder->failed)
		err = -ENOMEM;
	else if (fprintf(stream, "%s\n",
			 json_object_to_json_string_ext(
				 object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)) <
		 0)
		err = -EIO;
	json_object_put(object);
	return err;
}

int render__trace_json_begin(FILE *stream, const struct profile *head)
{
	struct json_builder builder = {0};
	struct json_object *object = json__object(&builder);

	json__add_text(&builder, object, "type", "begin");
	json__add_text(&builder, object, "schema", SCHEMA);
	json__add_text(&builder, object, "version", WAITSCOPE_VERSION);
	json__add_text(&builder, object, "tier", head->tier == TIER_FULL ? "full" : "waits");
	json__add_text(&builder, object, "kernel", head->kernel);
	json__add_known_count(&builder, object, "cpus", (uint64_t)head->cpus, head->cpus > 0);
	return put(stream, &builder, object);
}

static struct json_object *waker_of(struct json_builder *builder, const struct line_waker *waker)
{
	struct json_object *object = json__object(builder);

	json__add_text(builder, object, "kind", waker_kind__name(waker->kind));
	if (waker->pid)
		json__add_signed(builder, object, "pid", waker->pid);
	if (waker->tid)
		json__add_signed(builder, object, "tid", waker->tid);
	if (waker->comm)
		json__add_text(builder, object, "comm", waker->comm);
	return object;
}

static struct json_object *sleep_of(struct json_builder *builder, const struct line_sleep *sleep)
{
	struct json_object *object = json__object(builder);

	json__add_text(builder, object, "class",
		       sleep->known ? wait_class__name(sleep->class) : NULL);
	json__add_text(builder, object, "syscall", sleep->syscall);
	json__add_text(builder, object, "object", sleep->object);
	json__add_text(builder, object, "sleep", sleep->known ? sleep__name(sleep->sleep) : NULL);
	json__add_bool(builder, object, "idle", sleep->idle);
	json__add_count(builder, object, "count", sleep->count);
	json__add_bool(builder, object, "censored", sleep->censored);
	json__add_count(builder, object, "blocked_ns", sleep->blocked);
	json__add_count(builder, object, "runqueue_ns", sleep->runqueue);
	if (sleep->open)
		json__add_null(builder, object, "waker");
	else
		json__add(builder, object, "waker", waker_of(builder, &sleep->waker));
	return object;
}

static void add_result(struct json_builder *builder, struct json_object *object,
		       const struct trace_line *line)
{
	bool failed = line->has_result && line->result < 0 && line->result >= -4095;

	json__add_bool(builder, object, "finished", line->finished);
	json__add_known_count(builder, object, "duration_ns", line->until - line->since,
			      line->entered && line->finished);
	if (line->has_result)
		json__add_signed(builder, object, "result", line->result);
	else
		json__add_null(builder, object, "result");
	json__add_text(builder, object, "errno", failed ? errnos__name((int)-line->result) : NULL);
	json__add_known_count(builder, object, "descriptor", line->argument,
			      line->finished && line->on_descriptor);
}

int render__trace_json_line(FILE *stream, const struct trace_line *line)
{
	struct json_builder builder = {0};
	struct json_object *object = json__object(&builder), *sleeps;

	json__add_text(&builder, object, "type", line->is_call ? "call" : "wait");
	json__add_count(&builder, object, "start_ns", line->since);
	json__add_count(&builder, object, "end_ns", line->until);
	json__add_count(&builder, object, "cpu", line->cpu);
	json__add_signed(&builder, object, "pid", line->pid);
	json__add_signed(&builder, object, "tid", line->tid);
	json__add_text(&builder, object, "comm", line->comm);
	json__add_text(&builder, object, "syscall", line->syscall);
	if (line->is_call)
		add_result(&builder, object, line);
	json__add_count(&builder, object, "waits", line->waits);
	json__add_count(&builder, object, "blocked_ns", line->blocked);
	json__add_count(&builder, object, "runqueue_ns", line->runqueue);
	sleeps = json__array(&builder);
	for (size_t i = 0; i < line->sleep_count; i++)
		json__append(&builder, sleeps, sleep_of(&builder, &line->sleeps[i]));
	json__add(&builder, object, "sleeps", sleeps);
	return put(stream, &builder, object);
}

int render__trace_json_loss(FILE *stream, const struct line_loss *loss)
{
	struct json_builder builder = {0};
	struct json_object *object = json__object(&builder);

	json__add_text(&builder, object, "type", "lost");
	json__add_count(&builder, object, "time_ns", loss->time);
	json__add_count(&builder, object, "cpu", loss->cpu);
	json__add_count(&builder, object, "events", loss->events);
	return put(stream, &builder, object);
}

int render__trace_json_end(FILE *stream, const struct trace_sum *sum)
{
	struct json_builder builder = {0};
	struct json_object *object = json__object(&builder), *lost = json__object(&builder);

	json__add_text(&builder, object, "type", "end");
	json__add_count(&builder, object, "time_ns", sum->time);
	json__add_count(&builder, object, "events", sum->events);
	json__add_count(&builder, object, "lines", sum->lines);
	json__add_count(&builder, object, "lost_events", sum->lost_events);
	for (size_t i = 0; i < sum->lost_count; i++)
		json__add_count(&builder, lost, sum->lost[i].cause, sum->lost[i].count);
	json__add(&builder, object, "lost", lost);
	return put(stream, &builder, object);
}
