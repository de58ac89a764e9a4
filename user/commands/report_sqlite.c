// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <string.h>

#include "commands/commands.h"
#include "commands/output.h"
#include "commands/report_sqlite.h"
#include "recording/sqlite.h"

static int refuse(const char *path, const char *why)
{
	complain("%s: %s", path, why);
	return EXIT_FAILED;
}

/* What the base itself failed with is more than that it failed. */
static int say(const char *path, const struct sqlite *sqlite, int err)
{
	return refuse(path, sqlite && err != -ENOMEM && *sqlite__problem(sqlite)
				    ? sqlite__problem(sqlite)
				    : strerror(-err));
}

static int fill(struct sqlite *sqlite, const struct replaying_options *options, const char *path)
{
	struct rebuild_listener listener = sqlite__listener(sqlite);
	struct replaying_options own = *options;
	struct replaying *replaying;
	int status, err = 0;

	listener.filter = options->filter;
	own.listener = &listener;
	status = replaying__new(&replaying, &own);
	if (!status)
		err = sqlite__finish(sqlite,
				     &(struct sqlite_rest){.rebuild = replaying__rebuild(replaying),
							   .sources = replaying__sources(replaying),
							   .profile = replaying__profile(replaying),
							   .story = replaying__story(replaying),
							   .clock = replaying__clock(replaying)});
	replaying__free(replaying);
	if (!err && status && *sqlite__problem(sqlite))
		err = -ECANCELED;
	return err ? say(path, sqlite, err) : status;
}

int report__sqlite(const struct replaying_options *options, const char *path)
{
	struct output output = {0};
	struct sqlite *sqlite = NULL;
	int err = output__open_named(&output, path), status = 0;

	if (err == -EINVAL)
		return refuse(path, "has to be a file");
	if (err) {
		status = refuse(path, strerror(-err));
		output__close(&output);
		return status;
	}
	err = sqlite__new(&sqlite, output.temporary);
	status = err ? say(path, sqlite, err) : fill(sqlite, options, path);
	sqlite__free(sqlite);
	errno = 0;
	if (!status)
		status = output__conclude(&output, 0);
	output__close(&output);
	return status;
}
