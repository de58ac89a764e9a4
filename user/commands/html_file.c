// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "commands/html_file.h"

#include <errno.h>

#include "commands/exporting.h"
#include "render/html.h"

static int conclude(struct output *output, const struct profile *profile,
		    struct html_timeline *timeline)
{
	const struct render_options options = {0};

	errno = 0;
	return output__conclude(output, render__html(output->stream, profile, &options, timeline));
}

int html_file__of_profile(struct output *output, const struct profile *profile)
{
	return conclude(output, profile, NULL);
}

/* The length of the window is known only when all was read; so it is read once more. */
static int write_page(struct output *output, const struct replaying_options *options,
		      const struct profile *profile)
{
	struct timeline_writer writer;
	struct html_timeline *timeline = html_timeline__new(profile->window, HTML_SLICES, &writer);
	struct recording_file file = {0};
	int status = recording_file__open(&file, options->path);

	if (!status)
		status = recording_file__check(
			&file, timeline ? exporting__tell(&file, options, &writer) : -ENOMEM);
	if (!status)
		status = conclude(output, profile, timeline);
	profile__free(file.head);
	recording_file__close(&file);
	html_timeline__free(timeline);
	return status;
}

int html_file__of_recording(const struct replaying_options *options, const char *path)
{
	struct output output = {0};
	struct replaying *replaying = NULL;
	int status = output__begin(&output, path);

	if (!status)
		status = replaying__new(&replaying, options);
	if (!status)
		status = write_page(&output, options, replaying__profile(replaying));
	replaying__free(replaying);
	output__close(&output);
	return status;
}
