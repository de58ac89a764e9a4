// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The critical path of a recording: as long as the window. */
#include "commands/event_source.h"
#include "recording/pathfinder.h"
#include "render/critical_path.h"
#include "tests/fuzz/recording_input.h"

static int begin(void *context, struct cast *cast, const struct profile *head)
{
	struct pathfinder **pathfinder = context;

	(void)head;
	*pathfinder = pathfinder__new(cast);
	expect(*pathfinder != NULL);
	return 0;
}

static int take(void *context, unsigned int cpu, const struct stream_event *event)
{
	struct pathfinder **pathfinder = context;

	return pathfinder__event(*pathfinder, cpu, event);
}

static int end(void *context, const struct event_end *end)
{
	const struct render_options options = {.width = 100, .verbose = true};
	struct pathfinder **pathfinder = context;
	struct critical_path *path;
	struct result text;
	uint64_t sum = 0;

	if (pathfinder__finish(*pathfinder, end->time, &path))
		return 0;
	for (size_t i = 0; i < path->row_count; i++)
		sum += path->rows[i].time;
	expect(sum == path->window);
	result__begin(&text);
	expect(render__critical_path_text(text.stream, path, &options) == 0);
	expect(render__critical_path_json(text.stream, path) == 0);
	result__end_text(&text);
	critical_path__free(path);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct recording_input input = recording_input__make(data, size);
	struct pathfinder *pathfinder = NULL;
	const struct event_consumer consumer = {
		.begin = begin, .event = take, .finish = end, .context = &pathfinder};

	event_source__read(input.path, &consumer);
	pathfinder__free(pathfinder);
	return 0;
}
