// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A recording as the report and as JSON, of all of it or of a part; and the JSON is a profile that
 * `diff` reads.
 */
#include <stdlib.h>

#include "commands/replaying.h"
#include "recording/profile_reader.h"
#include "render/render.h"
#include "tests/fuzz/recording_input.h"

static void write_text(const struct profile *profile, bool verbose)
{
	const struct render_options options = {.width = 100, .verbose = verbose};
	struct result text;

	result__begin(&text);
	expect(render__text(text.stream, profile, &options) == 0);
	result__end_text(&text);
}

static void write_json(const struct profile *profile, bool buckets)
{
	const struct render_options options = {.buckets = buckets};
	char message[READER_MESSAGE];
	struct diff_run run = {0};
	struct result json;

	result__begin(&json);
	expect(render__json(json.stream, profile, &options) == 0);
	result__end(&json);
	if (profile_reader__parse(json.bytes, json.size, &run, message)) {
		fprintf(stderr, "the JSON %s\n", message);
		abort();
	}
	diff_run__clear(&run);
	result__free(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct recording_input input = recording_input__make(data, size);
	int ids[] = {101, 4711};
	struct row_filter filter = {
		.pids = {ids, 1}, .tids = {ids + 1, input.way & 1}, .classes = ~0u};
	struct replaying_options options = {.path = input.path};
	struct replaying *replaying;

	options.filter = input.way & 2 ? &filter : NULL;
	options.from = input.way & 4 ? 1000 : 0;
	options.to = input.way & 8 ? 100000000 : 0;
	if (!replaying__new(&replaying, &options)) {
		if (input.way & 16)
			write_text(replaying__profile(replaying), input.way & 1);
		else
			write_json(replaying__profile(replaying), input.way & 1);
	}
	replaying__free(replaying);
	return 0;
}
