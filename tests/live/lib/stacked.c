// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "tests/live/lib/stacked.h"
#include "tests/live/lib/walks.h"

uint64_t stacked__blocked(struct json_object *profile)
{
	struct json_object *process;
	uint64_t total = 0;

	json__each (process, profile, "processes")
		total += (uint64_t)json__integer(process, "ledger.blocked_ns");
	return total;
}

void stacked__check(struct json_object *profile)
{
	struct json_object *row;
	uint64_t ns = 0, samples = 0;

	json__each (row, profile, "stacks") {
		if (strcmp(json__string(row, "kind"), "cpu") == 0)
			samples += (uint64_t)json__integer(row, "count");
		else
			ns += (uint64_t)json__integer(row, "blocked_ns");
	}
	assert_count(ns, stacked__blocked(profile));
	assert_count(json__integer(profile, "stack_sums.blocked_ns"), stacked__blocked(profile));
	if (json__has(profile, "stack_sums.samples"))
		assert_count(json__integer(profile, "stack_sums.samples"), samples);
}

const char *stacked__frame(struct json_object *owner, const char *part, size_t from_inner)
{
	size_t count = json__length(owner, part);

	if (from_inner >= count)
		return "";
	return json_object_get_string(
		json_object_array_get_idx(json__at(owner, part), count - 1 - from_inner));
}

bool stacked__has_frame(struct json_object *owner, const char *part, const char *name)
{
	for (size_t i = 0; i < json__length(owner, part); i++)
		if (!strcmp(stacked__frame(owner, part, i), name))
			return true;
	return false;
}

uint64_t stacked__folded_total(const char *path)
{
	char *text = live__read_file(path, NULL), *line;
	uint64_t total = 0;

	assert_non_null(text);
	while ((line = strsep(&text, "\n")) && *line) {
		assert_non_null(strrchr(line, ' '));
		total += strtoull(strrchr(line, ' ') + 1, NULL, 10);
	}
	return total;
}

void stacked__check_fed(struct json_object *profile)
{
	struct json_object *row;
	uint64_t reads = 0, fed = 0;

	json__each (row, profile, "stacks") {
		const char *call = json__string(row, "syscall");

		if (!call || strcmp(call, "read") != 0 ||
		    strcmp(stacked__frame(row, "user", 0), "be_fed") != 0)
			continue;
		reads += (uint64_t)json__integer(row, "count");
		if (json__has(row, "waker") && !strcmp(json__string(row, "waker.name"), "feeder") &&
		    !strcmp(stacked__frame(row, "waker.user", 0), "feed_one"))
			fed += (uint64_t)json__integer(row, "count");
	}
	/* a byte may be there before it is asked for */
	assert_true(reads > FED / 2 && reads <= FED);
	assert_count(fed, reads);
}

uint64_t stacked__naps(struct json_object *profile)
{
	struct json_object *process;
	uint64_t count = 0;

	json__each (process, profile, "processes")
		count += waits_count(process, "timer", "nanosleep");
	return count;
}
