// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A recording as the timeline of a page: few slices, so that they are merged. It is read as JSON,
 * and no name in it gets out of its script element. */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "commands/exporting.h"
#include "render/html.h"
#include "tests/fuzz/recording_input.h"

static void read_timeline(struct html_timeline *timeline)
{
	struct json_object *document;
	struct result json;

	result__begin(&json);
	expect(html_timeline__write(timeline, json.stream) == 0);
	result__end(&json);
	document = json_tokener_parse(json.bytes);
	expect(document != NULL);
	json_object_put(document);
	result__free(&json);
}

static size_t count_scripts(const struct profile *head, struct html_timeline *timeline)
{
	const struct render_options options = {0};
	struct result page;
	size_t count = 0;

	result__begin(&page);
	expect(render__html(page.stream, head, &options, timeline) == 0);
	result__end(&page);
	for (const char *at = page.bytes; (at = strstr(at, "</script")); at++)
		count++;
	result__free(&page);
	return count;
}

static void write_page(const struct profile *head, struct html_timeline *timeline)
{
	static size_t count;

	if (!count)
		count = count_scripts(head, timeline);
	expect(count_scripts(head, timeline) == count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct recording_input input = recording_input__make(data, size);
	const struct replaying_options options = {.path = input.path,
						  .from = input.way & 1 ? 1000 : 0};
	struct recording_file file = {0};
	struct timeline_writer writer;
	struct html_timeline *timeline =
		html_timeline__new(input.way & 2 ? 1000000 : 1000000000, 16, &writer);

	expect(timeline != NULL);
	if (!recording_file__open(&file, input.path) &&
	    !exporting__tell(&file, &options, &writer)) {
		if (input.way % 16 == 15)
			write_page(file.head, timeline);
		else
			read_timeline(timeline);
	}
	profile__free(file.head);
	recording_file__close(&file);
	html_timeline__free(timeline);
	return 0;
}
