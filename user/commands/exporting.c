// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <errno.h>

#include "commands/commands.h"
#include "commands/exporting.h"
#include "commands/output.h"
#include "recording/story.h"
#include "recording/timeline.h"
#include "render/chrome_json.h"
#include "render/perfetto.h"

struct exporting {
	struct timeline_writer writer;
	struct perfetto *perfetto;
	struct chrome_json *chrome;
};

struct telling {
	struct timeline *timeline;
	struct story story; /* zeroes: it has no end */
};

static int open_writer(struct exporting *exporting, enum export_format format, FILE *stream)
{
	if (format == EXPORT_PERFETTO)
		exporting->perfetto = perfetto__new(stream, &exporting->writer);
	else
		exporting->chrome = chrome_json__new(stream, &exporting->writer);
	return exporting->perfetto || exporting->chrome ? 0 : -ENOMEM;
}

static int take(void *context, const struct reader_item *item)
{
	struct telling *telling = context;

	if (item->kind != READER_SUMMARY)
		return timeline__take(telling->timeline, item);
	return story__read_end(item->bytes, item->length, &telling->story);
}

int exporting__tell(struct recording_file *file, const struct replaying_options *options,
		    const struct timeline_writer *writer)
{
	struct telling telling = {0};
	int err = -ENOMEM;

	telling.timeline = timeline__new(writer, file->head->kernel, options->from, options->to);
	if (telling.timeline)
		err = recording_file__read(file, take, &telling);
	if (!err)
		err = timeline__finish(telling.timeline, telling.story.facts.ended_at,
				       telling.story.stream.lost);
	timeline__free(telling.timeline);
	return err;
}

int exporting__write(struct recording_file *file, const struct replaying_options *options,
		     enum export_format format, FILE *stream)
{
	struct exporting exporting = {0};
	int err = open_writer(&exporting, format, stream);

	if (!err)
		err = exporting__tell(file, options, &exporting.writer);
	perfetto__free(exporting.perfetto);
	chrome_json__free(exporting.chrome);
	return err;
}

static int write_file(struct recording_file *file, const struct replaying_options *options,
		      enum export_format format, const char *path)
{
	struct output output = {0};
	int status = output__begin(&output, path), err;

	if (status)
		return status;
	errno = 0;
	err = exporting__write(file, options, format, output.stream);
	if (err && !ferror(output.stream))
		status = recording_file__check(file, err);
	else
		status = output__conclude(&output, err);
	output__close(&output);
	return status;
}

int exporting__run(const struct replaying_options *options, const char *const paths[EXPORT_FORMATS])
{
	struct recording_file file;
	bool cut = false;
	int status = 0;

	for (int i = 0; i < EXPORT_FORMATS && !status; i++) {
		if (!paths[i])
			continue;
		status = recording_file__open(&file, options->path);
		if (!status)
			status = write_file(&file, options, i, paths[i]);
		if (!status && reader__is_cut(file.reader) && !cut) {
			recording_file__say_cut(&file);
			cut = true;
		}
		profile__free(file.head);
		recording_file__close(&file);
	}
	return status;
}
