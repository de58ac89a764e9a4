// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <string.h>

#include "tests/live/lib/internal.h"
#include "tests/live/lib/verdict.h"

#define ATTEMPTS 8

bool words__include(const char *words, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = words; (at = strstr(at, word)) != NULL; at += length)
		if ((at == words || at[-1] == ' ') && (at[length] == ' ' || !at[length]))
			return true;
	return false;
}

void assert_model(struct json_object *owner, const char *model)
{
	const char *is = json__string(owner, "io_model");
	struct json_object *shares = NULL;

	if (strcmp(is, model) == 0)
		return;
	json_object_object_get_ex(owner, "io_models", &shares); /* threads have none */
	live__fail("%s is said to be %s, not %s: %s %.1500s", json__string(owner, "comm"), is,
		   model, json__show(json__at(owner, "io_model_reason")), json__show(shares));
}

void assert_structure(struct json_object *process, const char *structures)
{
	const char *is = json__string(process, "structure");

	if (!words__include(structures, is))
		live__fail("the structure of %s is said to be %s, not %s",
			   json__string(process, "comm"), is, structures);
}

int64_t model__operations(struct json_object *owner, const char *model)
{
	struct json_object *share;

	json__each (share, owner, "io_models")
		if (strcmp(json__string(share, "model"), model) == 0)
			return json__integer(share, "operations");
	return 0;
}

static int64_t operations(struct json_object *process)
{
	struct json_object *share;
	int64_t sum = 0;

	json__each (share, process, "io_models")
		sum += json__integer(share, "operations");
	return sum;
}

struct json_object *busiest_process(struct json_object *profile)
{
	struct json_object *process, *busiest = NULL;

	json__each (process, profile, "processes")
		if (!busiest || operations(process) > operations(busiest))
			busiest = process;
	if (!busiest)
		live__fail("no process is in the profile");
	return busiest;
}

bool verdict__is_kept_back(struct trace *trace)
{
	struct json_object *process;

	if (!trace__was_hit(trace))
		return false;
	json__each (process, trace->profile, "processes")
		if (strcmp(json__string(process, "io_model"), "unknown") == 0 ||
		    strcmp(json__string(process, "structure"), "unknown") == 0)
			return true;
	return false;
}

struct trace *verdict__run(const char *const *options)
{
	struct trace *trace = NULL;

	for (int i = 0; i < ATTEMPTS; i++) {
		trace = trace__run(options, LIVE_TIMEOUT_MS);
		if (trace->status != 0)
			live__fail("the command ended with status %d: %s", trace->status,
				   program__errors(trace->program));
		if (!verdict__is_kept_back(trace))
			break;
	}
	return trace;
}
