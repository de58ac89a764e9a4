// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>

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

static struct json_object *sleep_of(struct json_builder *builder, const struct anatomy_sleep *sleep)
{
	struct json_object *object = json__object(builder);

	json__add_count(builder, object, "off_ns", sleep->off);
	json__add_count(builder, object, "woken_ns", sleep->woken);
	json__add_count(builder, object, "on_ns", sleep->on);
	json__add_count(builder, object, "off_cpu", sleep->cpu_off);
	json__add_known_count(builder, object, "waker_cpu", sleep->cpu_waker, !sleep->early);
	json__add_count(builder, object, "on_cpu", sleep->cpu_on);
	json__add_bool(builder, object, "early", sleep->early);
	json__add_text(builder, object, "class",
		       sleep->known ? wait_class__name(sleep->class) : NULL);
	json__add_text(builder, object, "sleep", sleep->known ? sleep__name(sleep->sleep) : NULL);
	json__add_text(builder, object, "object", sleep->object);
	add_known_thread(builder, object, "next", &sleep->next);
	json__add(builder, object, "runs", runs_of(builder, sleep));
	json__add_count(builder, object, "other_runs_ns", sleep->others);
	json__add_count(builder, object, "untraced_ns", sleep->untraced);
	json__add_text(builder, object, "waker_kind", waker_kind__name(sleep->waker_kind));
	add_known_thread(builder, object, "waker", &sleep->waker);
	json__add_text(builder, object, "waker_call", sleep->waker_call);
	return object;
}

int render__anatomy_json(FILE *stream, const struct anatomy *anatomy)
{
	struct json_builder builder = {0};
	struct json_object *object = json__object(&builder), *sleeps = json__array(&builder);
	bool failed = anatomy->result < 0 && anatomy->result >= -4095;
	int err = 0;

	json__add_text(&builder, object, "schema", SCHEMA);
	add_thread(&builder, object, &anatomy->thread);
	json__add_text(&builder, object, "syscall", anatomy->syscall);
	json__add_known_count(&builder, object, "descriptor", anatomy->argument,
			      anatomy->on_descriptor);
	json__add_signed(&builder, object, "result", anatomy->result);
	json__add_text(&builder, object, "errno",
		       failed ? errnos__name((int)-anatomy->result) : NULL);
	json__add_count(&builder, object, "duration_ns", anatomy->total);
	json__add_count(&builder, object, "preempted_ns", anatomy->preempted);
	json__add_count(&builder, object, "exit_cpu", anatomy->cpu_exit);
	for (size_t i = 0; i < anatomy->sleep_count; i++)
		json__append(&builder, sleeps, sleep_of(&builder, &anatomy->sleeps[i]));
	json__add(&builder, object, "sleeps", sleeps);
	if (builder.failed)
		err = -ENOMEM;
	else if (fprintf(stream, "%s\n",
			 json_object_to_json_string_ext(
				 object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
						 JSON_C_TO_STRING_NOSLASHESCAPE)) < 0)
		err = -EIO;
	json_object_put(object);
	return err;
}
