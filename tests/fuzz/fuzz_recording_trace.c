// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* A recording line by line, as text and as JSON. */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "commands/event_source.h"
#include "recording/lines.h"
#include "render/trace_line.h"
#include "tests/fuzz/recording_input.h"

struct printing {
	unsigned int way;
	struct lines *lines;
	struct result text, json;
};

static int on_line(void *context, const struct trace_line *line)
{
	struct printing *printing = context;

	expect(render__trace_line(printing->text.stream, line, printing->way & 2) == 0);
	return render__trace_json_line(printing->json.stream, line);
}

static int on_loss(void *context, const struct line_loss *loss)
{
	struct printing *printing = context;

	expect(render__trace_loss(printing->text.stream, loss) == 0);
	return render__trace_json_loss(printing->json.stream, loss);
}

static int begin(void *context, struct cast *cast, const struct profile *head)
{
	struct printing *printing = context;
	const struct lines_options options = {.full = printing->way & 4,
					      .all_calls = printing->way & 1,
					      .line = on_line,
					      .loss = on_loss,
					      .context = printing};

	printing->lines = lines__new(&options, cast);
	expect(printing->lines != NULL);
	return render__trace_json_begin(printing->json.stream, head);
}

static int take(void *context, unsigned int cpu, const struct stream_event *event)
{
	return lines__event(((struct printing *)context)->lines, cpu, event);
}

static int end(void *context, const struct event_end *end)
{
	struct printing *printing = context;

	return lines__finish(printing->lines, end->time);
}

/* Each line is an object of its own. */
static void read_lines(char *text)
{
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		struct json_object *object = json_tokener_parse(line);

		expect(json_object_is_type(object, json_type_object));
		json_object_put(object);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct recording_input input = recording_input__make(data, size);
	struct printing printing = {.way = input.way};
	const struct event_consumer consumer = {
		.begin = begin, .event = take, .finish = end, .context = &printing};

	result__begin(&printing.text);
	result__begin(&printing.json);
	event_source__read(input.path, &consumer);
	lines__free(printing.lines);
	result__end_text(&printing.text);
	result__end(&printing.json);
	read_lines(printing.json.bytes);
	result__free(&printing.json);
	return 0;
}
