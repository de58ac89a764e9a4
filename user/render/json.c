// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The JSON of docs/profile.schema.json: one object, one line for each process.
 *
 * Members of the document are written as they are made, processes one by one, so that a
 * profile of a whole system is not held a second time as a tree.
 */
#include <errno.h>
#include <math.h>

#include "render/json.h"
#include "version.h"

#define SCHEMA "waitscope-profile/1"

/* Writes `value` and frees it. Returns 0, -ENOMEM or -EIO. */
static int write_value(FILE *stream, struct json_builder *builder, struct json_object *value)
{
	const char *text = NULL;
	int error = 0;

	if (value && !builder->failed)
		text = json_object_to_json_string_ext(
			value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	if (!text)
		error = -ENOMEM;
	else if (fputs(text, stream) == EOF)
		error = -EIO;
	json_object_put(value);
	return error;
}

/* Writes the members of `object`, each on a line, and frees it. The document stays open. */
static int write_members(FILE *stream, struct json_builder *builder, struct json_object *object)
{
	struct json_object_iterator at, end;
	int error = 0;

	if (!object || builder->failed) {
		json_object_put(object);
		return -ENOMEM;
	}
	at = json_object_iter_begin(object);
	end = json_object_iter_end(object);
	while (!error && !json_object_iter_equal(&at, &end)) {
		struct json_object *value = json_object_iter_peek_value(&at);

		fprintf(stream, "\"%s\":", json_object_iter_peek_name(&at));
		if (value)
			error = write_value(stream, builder, json_object_get(value));
		else
			fputs("null", stream);
		fputs(",\n", stream);
		json_object_iter_next(&at);
	}
	json_object_put(object);
	return error;
}

/* What was asked for: "pid" with `tree` or `name` where it was not a plain pid. */
static struct json_object *target(struct json_builder *builder, const struct profile *profile)
{
	static const char *const kinds[] = {
		[TARGET_COMMAND] = "command", [TARGET_PID] = "pid",  [TARGET_TID] = "tid",
		[TARGET_TREE] = "pid",	      [TARGET_NAME] = "pid", [TARGET_CGROUP] = "cgroup",
		[TARGET_ALL] = "all",
	};
	struct json_object *object = json__object(builder);

	json__add_text(builder, object, "kind", kinds[profile->target]);
	if (profile->command) {
		struct json_object *words = json__array(builder);

		for (char **word = profile->command; *word; word++)
			json__append(builder, words, json__text(builder, *word));
		json__add(builder, object, "command", words);
	}
	if (profile->pid_count) {
		struct json_object *pids = json__array(builder);

		for (size_t i = 0; i < profile->pid_count; i++)
			json__append(builder, pids, json_object_new_int(profile->pids[i]));
		json__add(builder, object, "pids", pids);
	}
	if (profile->target == TARGET_TREE)
		json__add_bool(builder, object, "tree", true);
	if (profile->target == TARGET_NAME)
		json__add_text(builder, object, "name", profile->target_text);
	if (profile->target == TARGET_CGROUP)
		json__add_text(builder, object, "path", profile->target_text);
	return object;
}

static struct json_object *heading(struct json_builder *builder, const struct profile *profile)
{
	struct json_object *object = json__object(builder), *part;

	json__add_text(builder, object, "schema", SCHEMA);
	part = json__object(builder);
	json__add_text(builder, part, "version", WAITSCOPE_VERSION);
	json__add_text(builder, part, "tier", profile->tier == TIER_FULL ? "full" : "waits");
	json__add(builder, object, "tool", part);
	part = json__object(builder);
	json__add_text(builder, part, "kernel", profile->kernel);
	json__add_known_count(builder, part, "cpus", (uint64_t)profile->cpus, profile->cpus > 0);
	json__add(builder, object, "host", part);
	json__add(builder, object, "target", target(builder, profile));
	json__add_count(builder, object, "window_ns", profile->window);
	if (profile->has_exit_status)
		json__add_signed(builder, object, "exit_status", profile->exit_status);
	else
		json__add_null(builder, object, "exit_status");
	return object;
}

static struct json_object *lost(struct json_builder *builder, const struct audit *audit)
{
	struct json_object *object = json__object(builder);

	for (size_t i = 0; i < audit->lost_count; i++)
		json__add_count(builder, object, audit->lost[i].cause, audit->lost[i].count);
	return object;
}

static struct json_object *maps(struct json_builder *builder, const struct audit *audit)
{
	struct json_object *rows = json__array(builder);

	for (size_t i = 0; i < audit->map_count; i++) {
		struct json_object *row = json__object(builder);

		json__add_text(builder, row, "name", audit->maps[i].name);
		json__add_count(builder, row, "used", audit->maps[i].used);
		json__add_count(builder, row, "capacity", audit->maps[i].capacity);
		json__append(builder, rows, row);
	}
	return rows;
}

struct json_object *json__audit(struct json_builder *builder, const struct audit *audit)
{
	struct json_object *object = json__object(builder), *overhead = json__object(builder);
	bool known = audit->comparable > 0;

	json__add_bool(builder, object, "conserved", audit->conserved);
	json__add_signed(builder, object, "residual_ns", audit->residual);
	json__add_count(builder, object, "comparable_threads", audit->comparable);
	json__add_fraction(builder, object, "runtime_error", known ? audit->runtime_error : NAN);
	json__add_count(builder, object, "hidden_switches", audit->hidden_switches);
	json__add_fraction(builder, object, "run_and_delay_error",
			   known && audit->rundelay_known ? audit->together_error : NAN);
	json__add_fraction(builder, object, "rundelay_per_wakeup_ns",
			   known && audit->rundelay_known ? audit->rundelay_per_wakeup : NAN);
	json__add_fraction(builder, object, "rundelay_error",
			   known && audit->rundelay_known ? audit->rundelay_error : NAN);
	json__add_known_count(builder, object, "clock_gain_ns", audit->clock_gain, known);
	json__add_known_count(builder, object, "clock_loss_ns", audit->clock_loss, known);
	json__add_known_count(builder, object, "put_off_by_untraced", audit->put_off, known);
	json__add_fraction(builder, object, "switches_error", known ? audit->switches_error : NAN);
	json__add(builder, object, "lost", lost(builder, audit));
	json__add(builder, object, "maps", maps(builder, audit));
	json__add_known_count(builder, overhead, "programs_ns", audit->programs,
			      audit->programs_known);
	json__add_count(builder, overhead, "tool_cpu_ns", audit->tool_cpu);
	json__add(builder, object, "overhead", overhead);
	return object;
}

static int write_processes(FILE *stream, struct json_builder *builder,
			   const struct profile *profile)
{
	int error = 0;

	fputs("\"processes\":[", stream);
	for (size_t i = 0; !error && i < profile->process_count; i++) {
		fputs(i ? ",\n" : "\n", stream);
		error = write_value(stream, builder,
				    json__process(builder, profile, &profile->processes[i]));
	}
	fputs("],\n\"findings\":", stream);
	return error;
}

static int write_stacks(FILE *stream, struct json_builder *builder, const struct stacks *stacks)
{
	int error;

	if (!stacks) {
		fputs(",\n\"stack_sums\":null,\n\"stacks\":null", stream);
		return 0;
	}
	fputs(",\n\"stack_sums\":", stream);
	error = write_value(stream, builder, json__stack_sums(builder, stacks));
	fputs(",\n\"stacks\":[", stream);
	for (size_t i = 0; !error && i < stacks->count; i++) {
		fputs(i ? ",\n" : "\n", stream);
		error = write_value(stream, builder, json__stack(builder, &stacks->rows[i]));
	}
	fputs("]", stream);
	return error;
}

int render__json(FILE *stream, const struct profile *profile, const struct render_options *options)
{
	struct json_builder builder = {.options = options};
	int error;

	fputs("{", stream);
	error = write_members(stream, &builder, heading(&builder, profile));
	if (!error)
		error = write_processes(stream, &builder, profile);
	if (!error)
		error = write_value(stream, &builder, json__findings(&builder, profile));
	if (!error)
		error = write_stacks(stream, &builder, profile->stacks);
	fputs(",\n\"audit\":", stream);
	if (!error)
		error = write_value(stream, &builder, json__audit(&builder, &profile->audit));
	if (error)
		return error;
	fputs("}\n", stream);
	return fflush(stream) || ferror(stream) ? -EIO : 0;
}
