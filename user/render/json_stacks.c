// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Stacks in the profile's JSON. */
#include "render/json.h"

static struct json_object *names(struct json_builder *builder, const char *const *frames,
				 size_t count)
{
	struct json_object *array = json__array(builder);

	for (size_t i = 0; frames && i < count; i++)
		json__append(builder, array, json__text(builder, frames[i]));
	return array;
}

static void add_frames(struct json_builder *builder, struct json_object *object,
		       const struct frames *frames)
{
	const char *const *all = (const char *const *)frames->names;

	json__add(builder, object, "user", names(builder, all, frames->user));
	json__add(builder, object, "kernel",
		  names(builder, all ? all + frames->user : NULL, frames->kernel));
}

static void add_waker(struct json_builder *builder, struct json_object *object,
		      const struct stack *row)
{
	struct json_object *waker;

	if (!row->waker) {
		json__add_null(builder, object, "waker");
		return;
	}
	waker = json__object(builder);
	json__add_text(builder, waker, "name", row->waker);
	add_frames(builder, waker, &row->waker_frames);
	json__add(builder, object, "waker", waker);
}

struct json_object *json__stack(struct json_builder *builder, const struct stack *row)
{
	struct json_object *object = json__object(builder);
	bool waited = row->kind == STACK_KIND_WAIT;

	json__add_text(builder, object, "kind", waited ? "blocked" : "cpu");
	json__add_signed(builder, object, "pid", row->pid);
	json__add_text(builder, object, "process", row->process);
	json__add_text(builder, object, "thread", row->thread);
	json__add_count(builder, object, "count", row->count);
	json__add_known_count(builder, object, "blocked_ns", row->ns, waited);
	json__add_text(builder, object, "class", waited ? wait_class__name(row->class) : NULL);
	json__add_text(builder, object, "syscall", row->syscall);
	if (waited)
		json__add_bool(builder, object, "idle", row->idle);
	else
		json__add_null(builder, object, "idle");
	add_frames(builder, object, &row->frames);
	add_waker(builder, object, row);
	return object;
}

struct json_object *json__stack_sums(struct json_builder *builder, const struct stacks *stacks)
{
	struct json_object *object = json__object(builder);

	json__add_count(builder, object, "blocked_ns", stacks->blocked);
	json__add_count(builder, object, "without_stack_ns", stacks->missing);
	json__add_known_count(builder, object, "samples", stacks->samples, stacks->sample_rate);
	json__add_known_count(builder, object, "samples_per_second", stacks->sample_rate,
			      stacks->sample_rate);
	json__add_bool(builder, object, "kernel", stacks->kernel);
	json__add_bool(builder, object, "user", stacks->user);
	json__add_bool(builder, object, "wakers", stacks->wakers);
	json__add_bool(builder, object, "kernel_hidden", stacks->kernel_hidden);
	return object;
}
