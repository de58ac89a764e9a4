// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <errno.h>

#include "commands/commands.h"
#include "commands/critical_path.h"
#include "commands/event_source.h"
#include "recording/pathfinder.h"
#include "render/critical_path.h"

struct path_search {
	const char *recording;
	struct pathfinder *finder;
	struct critical_path *path;
	int status; /* what is said already */
};

static int refuse(struct path_search *search, const char *why)
{
	complain("%s: %s", search->recording, why);
	search->status = EXIT_FAILED;
	return -EPIPE; /* all is said */
}

static int begin(void *context, struct cast *cast, const struct profile *head)
{
	struct path_search *search = context;

	if (head->target != TARGET_COMMAND)
		return refuse(search, "no command was recorded: only that has a critical path");
	search->finder = pathfinder__new(cast);
	return search->finder ? 0 : -ENOMEM;
}

static int take(void *context, unsigned int cpu, const struct stream_event *event)
{
	return pathfinder__event(((struct path_search *)context)->finder, cpu, event);
}

static int end(void *context, const struct event_end *end)
{
	struct path_search *search = context;
	int err = pathfinder__finish(search->finder, end->time, &search->path);

	return err == -ENODATA ? refuse(search, "the exec of the command is not in it") : err;
}

static int show(const struct path_search *search, const struct output_options *options)
{
	struct output output = {0};
	struct render_options style;
	int status = output__begin(&output, options->path), err;

	if (status)
		return status;
	style = output_options__page(options, &output);
	errno = 0;
	err = options->json ? render__critical_path_json(output.stream, search->path)
			    : render__critical_path_text(output.stream, search->path, &style);
	status = output__conclude(&output, err);
	output__close(&output);
	return status;
}

int critical_path__show(const char *recording, const struct output_options *options)
{
	struct path_search search = {.recording = recording};
	const struct event_consumer consumer = {
		.begin = begin, .event = take, .finish = end, .context = &search};
	int status = event_source__read(recording, &consumer);

	if (!status)
		status = search.status;
	if (!status)
		status = show(&search, options);
	critical_path__free(search.path);
	pathfinder__free(search.finder);
	return status;
}
