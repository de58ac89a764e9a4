// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <errno.h>

#include "commands/exporting.h"
#include "commands/output.h"
#include "commands/recording_file.h"
#include "recording/story.h"
#include "recording/timeline.h"
#include "render/chrome_json.h"
#include "render/perfetto.h"

struct exporting {
	const struct replaying_options *options;
	enum export_format format;
	struct recording_file file;
	struct output output;
	struct timeline_writer writer;
	struct perfetto *perfetto;
	struct chrome_json *chrome;
	struct timeline *timeline;
	uint64_t end; /* 0: nobody wrote when it ended */
};

static int open_writer(struct exporting *exporting)
{
	FILE *stream = exporting->output.stream;
	const struct replaying_options *options = exporting->options;
	bool made;

	if (exporting->format == EXPORT_PERFETTO)
		exporting->perfetto = perfetto__new(stream, &exporting->writer);
	else
		exporting->chrome = chrome_json__new(stream, &exporting->writer);
	made = exporting->perfetto || exporting->chrome;
	if (made)
		exporting->timeline =
			timeline__new(&exporting->writer, exporting->file.head->kernel,
				      options->from, options->to);
	return made && exporting->timeline ? 0 : -ENOMEM;
}

static int take(void *context, const struct reader_item *item)
{
	struct exporting *exporting = context;
	struct story story = {0};
	int err;

	if (item->kind != READER_SUMMARY)
		return timeline__take(exporting->timeline, item);
	err = story__read_end(item->bytes, item->length, &story);
	exporting->end = story.facts.ended_at;
	return err;
}

/* 0, or a negative errno of the writer; *status: what was wrong with the recording. */
static int convert(struct exporting *exporting, int *status)
{
	int err = open_writer(exporting);

	if (err)
		return err;
	err = recording_file__read(&exporting->file, take, exporting);
	if (err == -EPROTO)
		*status = recording_file__check(&exporting->file, err);
	if (err)
		return err;
	if (reader__is_cut(exporting->file.reader))
		recording_file__say_cut(&exporting->file);
	return timeline__finish(exporting->timeline, exporting->end);
}

static int write_file(struct exporting *exporting, const char *path)
{
	int status = output__begin(&exporting->output, path), err;

	if (status)
		return status;
	errno = 0;
	err = convert(exporting, &status);
	if (!status)
		status = output__conclude(&exporting->output, err);
	output__close(&exporting->output);
	return status;
}

int exporting__run(const struct replaying_options *options, enum export_format format,
		   const char *path)
{
	struct exporting exporting = {.options = options, .format = format};
	int status = recording_file__open(&exporting.file, options->path);

	if (!status)
		status = write_file(&exporting, path);
	timeline__free(exporting.timeline);
	perfetto__free(exporting.perfetto);
	chrome_json__free(exporting.chrome);
	profile__free(exporting.file.head);
	recording_file__close(&exporting.file);
	return status;
}
