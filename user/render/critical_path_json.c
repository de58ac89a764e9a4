// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "render/critical_path.h"
#include "render/json.h"

#define SCHEMA "waitscope-critical-path/1"

static struct json_object *row_of(struct json_builder *builder, const struct path_row *row)
{
	const struct path_cause *cause = row->cause;
	struct json_object *object = json__object(builder);
	bool is_thread = row->thread->tid, asleep = cause->kind == PATH_ASLEEP;

	json__add_known_count(builder, object, "pid", (uint64_t)row->thread->pid, is_thread);
	json__add_known_count(builder, object, "tid", (uint64_t)row->thread->tid, is_thread);
	json__add_text(builder, object, "comm", is_thread ? row->thread->comm : NULL);
	json__add_text(builder, object, "cause", path_cause__name(cause->kind));
	json__add_text(builder, object, "class",
		       cause->known ? wait_class__name(cause->class) : NULL);
	json__add_text(builder, object, "syscall", cause->syscall);
	json__add_text(builder, object, "object", cause->object);
	json__add_text(builder, object, "waker", asleep ? waker_kind__name(cause->waker) : NULL);
	json__add_count(builder, object, "time_ns", row->time);
	json__add_count(builder, object, "longest_ns", row->longest);
	json__add_count(builder, object, "count", row->count);
	return object;
}

int render__critical_path_json(FILE *stream, const struct critical_path *path)
{
	struct json_builder builder = {0};
	struct json_object *object = json__object(&builder), *rows = json__array(&builder);

	json__add_text(&builder, object, "schema", SCHEMA);
	json__add_count(&builder, object, "window_ns", path->window);
	json__add_bool(&builder, object, "ended", path->ended);
	json__add_count(&builder, object, "lost_events", path->lost);
	for (size_t i = 0; i < path->row_count; i++)
		json__append(&builder, rows, row_of(&builder, &path->rows[i]));
	json__add(&builder, object, "path", rows);
	return json__write(&builder, object, stream);
}
