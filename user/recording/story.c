// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <json-c/json.h>

#include "recording/story.h"

#define SCHEMA "waitscope-recording/1"
#define DEPTH  16 /* of nesting: there is none deeper */

static const char *const kinds[] = {
	[TARGET_COMMAND] = "command", [TARGET_PID] = "pid",   [TARGET_TID] = "tid",
	[TARGET_TREE] = "tree",	      [TARGET_NAME] = "name", [TARGET_CGROUP] = "cgroup",
	[TARGET_ALL] = "all",
};

#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void add_text(struct json_object *object, const char *name, const char *text)
{
	if (text)
		json_object_object_add(object, name, json_object_new_string(text));
}

static void add_number(struct json_object *object, const char *name, uint64_t number)
{
	json_object_object_add(object, name, json_object_new_int64((int64_t)number));
}

static void add_numbers(struct json_object *object, const char *name, const uint64_t *numbers,
			size_t count)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < count; i++)
		json_object_array_add(array, json_object_new_int64((int64_t)numbers[i]));
	json_object_object_add(object, name, array);
}

static char *finish(struct json_object *object)
{
	const char *text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN);
	char *copy = text ? strdup(text) : NULL;

	json_object_put(object);
	return copy;
}

static struct json_object *parse(const char *text, size_t length)
{
	struct json_tokener *tokener = json_tokener_new_ex(DEPTH);
	struct json_object *object = NULL;

	if (tokener && length < INT32_MAX)
		object = json_tokener_parse_ex(tokener, text, (int)length);
	if (tokener && json_tokener_get_error(tokener) != json_tokener_success) {
		json_object_put(object);
		object = NULL;
	}
	json_tokener_free(tokener);
	if (object && json_object_get_type(object) == json_type_object)
		return object;
	json_object_put(object);
	return NULL;
}

static struct json_object *member(struct json_object *object, const char *name)
{
	struct json_object *value = NULL;

	return json_object_object_get_ex(object, name, &value) ? value : NULL;
}

/* 0 for what is missing, or is none. */
static uint64_t number_of(struct json_object *object, const char *name)
{
	return (uint64_t)json_object_get_int64(member(object, name));
}

static char *copy_text(struct json_object *object, const char *name)
{
	struct json_object *value = member(object, name);

	if (!value || json_object_get_type(value) != json_type_string)
		return NULL;
	return strdup(json_object_get_string(value));
}

static size_t length_of(struct json_object *array)
{
	if (!array || json_object_get_type(array) != json_type_array)
		return 0;
	return json_object_array_length(array);
}

static uint64_t now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

uint64_t story__clock(const char *head)
{
	struct json_object *object = parse(head, strlen(head));
	uint64_t clock = object ? number_of(object, "clock_ns") : 0;

	json_object_put(object);
	return clock;
}

char *story__head(const struct profile *profile)
{
	struct json_object *object = json_object_new_object(), *array;

	add_text(object, "schema", SCHEMA);
	add_text(object, "kernel", profile->kernel);
	add_number(object, "cpus", (uint64_t)profile->cpus);
	add_number(object, "clock_ns", now(CLOCK_REALTIME) - now(CLOCK_MONOTONIC));
	add_text(object, "tier", profile->tier == TIER_FULL ? "full" : "waits");
	add_text(object, "target", kinds[profile->target]);
	add_text(object, "text", profile->target_text);
	if (profile->command) {
		array = json_object_new_array();
		for (char **word = profile->command; *word; word++)
			json_object_array_add(array, json_object_new_string(*word));
		json_object_object_add(object, "command", array);
	}
	array = json_object_new_array();
	for (size_t i = 0; i < profile->pid_count; i++)
		json_object_array_add(array, json_object_new_int(profile->pids[i]));
	json_object_object_add(object, "pids", array);
	return finish(object);
}

static int read_command(struct json_object *array, struct profile *profile)
{
	size_t count = length_of(array);

	if (!count)
		return 0;
	profile->command = calloc(count + 1, sizeof(*profile->command));
	for (size_t i = 0; profile->command && i < count; i++) {
		const char *word = json_object_get_string(json_object_array_get_idx(array, i));

		profile->command[i] = strdup(word ? word : "");
		if (!profile->command[i])
			return -ENOMEM;
	}
	return profile->command ? 0 : -ENOMEM;
}

static int read_pids(struct json_object *array, struct profile *profile)
{
	size_t count = length_of(array);

	profile->pids = calloc(count + 1, sizeof(*profile->pids));
	if (!profile->pids)
		return -ENOMEM;
	for (; profile->pid_count < count; profile->pid_count++) {
		int pid = json_object_get_int(json_object_array_get_idx(array, profile->pid_count));

		if (pid < 0)
			return -EPROTO;
		profile->pids[profile->pid_count] = pid;
	}
	return 0;
}

static int read_target(struct json_object *object, struct profile *profile)
{
	const char *kind = json_object_get_string(member(object, "target"));

	for (size_t i = 0; kind && i < KINDS; i++) {
		if (strcmp(kind, kinds[i]) != 0)
			continue;
		profile->target = i;
		profile->target_text = copy_text(object, "text");
		if ((i == TARGET_NAME || i == TARGET_CGROUP) && !profile->target_text)
			return -EPROTO;
		return 0;
	}
	return -EPROTO;
}

int story__read_head(const char *text, struct profile *profile)
{
	struct json_object *object = parse(text, strlen(text));
	const char *schema = object ? json_object_get_string(member(object, "schema")) : NULL;
	const char *tier = object ? json_object_get_string(member(object, "tier")) : NULL;
	int err = -EPROTO;

	if (schema && !strcmp(schema, SCHEMA) && tier)
		err = read_target(object, profile);
	if (!err) {
		profile->tier = strcmp(tier, "waits") ? TIER_FULL : TIER_WAITS;
		profile->kernel = copy_text(object, "kernel");
		profile->cpus = (int)number_of(object, "cpus");
		err = read_command(member(object, "command"), profile);
		if (!err && profile->target == TARGET_COMMAND && !profile->command)
			err = -EPROTO;
	}
	if (!err)
		err = read_pids(member(object, "pids"), profile);
	json_object_put(object);
	return err;
}

static struct json_object *process_object(const struct process *process)
{
	struct json_object *object = json_object_new_object();

	add_number(object, "pid", (uint64_t)process->pid);
	add_number(object, "kernel_stack", process->cost.kernel_stack);
	if (process->cost.stacks_known) {
		add_number(object, "stack_reserved", process->cost.stack_reserved);
		add_number(object, "stack_resident", process->cost.stack_resident);
	}
	if (process->static_binary)
		json_object_object_add(object, "static", json_object_new_boolean(true));
	return object;
}

char *story__end(const struct profile *profile, const struct story *story)
{
	const struct trace_facts *facts = &story->facts;
	struct json_object *object = json_object_new_object(), *array;
	uint64_t in_use[POOLS], capacity[POOLS];

	for (int i = 0; i < POOLS; i++) {
		in_use[i] = facts->in_use[i];
		capacity[i] = facts->capacity[i];
	}
	add_number(object, "attached_ns", facts->attached_at);
	add_number(object, "ended_ns", facts->ended_at);
	add_number(object, "missed_runs", facts->missed_runs);
	add_numbers(object, "losses", facts->losses, LOSSES);
	add_numbers(object, "in_use", in_use, POOLS);
	add_numbers(object, "capacity", capacity, POOLS);
	add_number(object, "events", story->stream.events);
	add_number(object, "late", story->stream.late);
	add_number(object, "lost", story->stream.lost);
	if (story->before)
		add_number(object, "before_ns", story->before);
	if (profile->has_exit_status)
		add_number(object, "exit_status", (uint64_t)profile->exit_status);
	if (profile->audit.programs_known)
		add_number(object, "programs_ns", profile->audit.programs);
	add_number(object, "tool_cpu_ns", profile->audit.tool_cpu);
	array = json_object_new_array();
	for (size_t i = 0; i < profile->process_count; i++)
		json_object_array_add(array, process_object(&profile->processes[i]));
	json_object_object_add(object, "processes", array);
	return finish(object);
}

static void read_numbers(struct json_object *array, uint64_t *numbers, size_t count)
{
	for (size_t i = 0; i < count && i < length_of(array); i++)
		numbers[i] = (uint64_t)json_object_get_int64(json_object_array_get_idx(array, i));
}

int story__read_end(const char *text, size_t length, struct story *story)
{
	struct json_object *object = parse(text, length);
	struct trace_facts *facts = &story->facts;
	uint64_t in_use[POOLS] = {0}, capacity[POOLS] = {0};

	if (!object)
		return -EPROTO;
	facts->attached_at = number_of(object, "attached_ns");
	facts->ended_at = number_of(object, "ended_ns");
	facts->missed_runs = number_of(object, "missed_runs");
	read_numbers(member(object, "losses"), facts->losses, LOSSES);
	read_numbers(member(object, "in_use"), in_use, POOLS);
	read_numbers(member(object, "capacity"), capacity, POOLS);
	for (int i = 0; i < POOLS; i++) {
		facts->in_use[i] = (uint32_t)in_use[i];
		facts->capacity[i] = (uint32_t)capacity[i];
	}
	story->stream = (struct stream_facts){
		.events = number_of(object, "events"),
		.late = number_of(object, "late"),
		.lost = number_of(object, "lost"),
	};
	story->before = number_of(object, "before_ns");
	json_object_put(object);
	return 0;
}

static void tell_process(struct json_object *object, struct profile *profile)
{
	int pid = (int)number_of(object, "pid");

	for (size_t i = 0; i < profile->process_count; i++) {
		struct process *process = &profile->processes[i];

		if (process->pid != pid)
			continue;
		process->static_binary = member(object, "static") != NULL;
		process->cost.kernel_stack = number_of(object, "kernel_stack");
		process->cost.stacks_known = member(object, "stack_reserved") != NULL;
		process->cost.stack_reserved = number_of(object, "stack_reserved");
		process->cost.stack_resident = number_of(object, "stack_resident");
	}
}

int story__tell(const char *text, size_t length, struct profile *profile)
{
	struct json_object *object = parse(text, length), *processes;

	if (!object)
		return -EPROTO;
	profile->has_exit_status = member(object, "exit_status") != NULL;
	profile->exit_status = (int)number_of(object, "exit_status");
	profile->audit.programs_known = member(object, "programs_ns") != NULL;
	profile->audit.programs = number_of(object, "programs_ns");
	profile->audit.tool_cpu = number_of(object, "tool_cpu_ns");
	processes = member(object, "processes");
	for (size_t i = 0; i < length_of(processes); i++)
		tell_process(json_object_array_get_idx(processes, i), profile);
	json_object_put(object);
	return 0;
}
