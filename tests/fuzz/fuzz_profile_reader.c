// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Any bytes as a profile: read or refused in one line; what can be read is compared with itself,
 * and the comparison written as the report and as JSON.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>

#include "recording/profile_reader.h"
#include "render/diff.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(int holds)
{
	if (!holds)
		abort();
}

static void write_all(const struct diff *diff)
{
	struct condition condition = {0};
	struct condition_outcome outcome = {0};
	struct diff_report report = {diff, NULL, &condition, &outcome, 1};
	const char *why;
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	expect(stream != NULL);
	expect(condition__parse("blocked.lock>+10%", &condition, &why) == 0);
	condition__decide(&condition, diff, &outcome);
	for (int width = 40; width <= 200; width += 80) {
		struct render_options options = {.width = width, .verbose = true, .unicode = true};

		expect(render__diff_text(stream, &report, &options) == 0);
	}
	expect(render__diff_json(stream, &report, &(struct render_options){0}) == 0);
	fclose(stream);
	expect(!memchr(text, 0x1b, size));
	free(text);
	free(condition.path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct diff_run runs[2] = {{0}};
	struct diff_side sides[2] = {{&runs[0], 1}, {&runs[1], 1}};
	char message[READER_MESSAGE] = "", *text = malloc(size + 1);
	const char *why;
	struct diff *diff;

	expect(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	if (profile_reader__parse(text, size, &runs[0], message)) {
		expect(*message && !strchr(message, '\n'));
	} else {
		expect(profile_reader__parse(text, size, &runs[1], message) == 0);
		diff = diff__new(sides, DIFF_PER_RUN, &why);
		expect(diff != NULL);
		write_all(diff);
		diff__free(diff);
	}
	diff_run__clear(&runs[0]);
	diff_run__clear(&runs[1]);
	free(text);
	return 0;
}
