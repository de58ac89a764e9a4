/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A recording as a file for other viewers: the Perfetto UI, or Chrome's JSON. */
#ifndef WAITSCOPE_COMMANDS_EXPORTING_H
#define WAITSCOPE_COMMANDS_EXPORTING_H

#include "commands/recording_file.h"
#include "commands/replaying.h"
#include "model/timeline.h"

enum export_format {
	EXPORT_PERFETTO = 0,
	EXPORT_CHROME = 1,
	EXPORT_FORMATS = 2,
};

/*
 * Reads the recording, once for each format that has a path, and writes that file as it goes. What
 * goes wrong is said on stderr. 0 or an exit status.
 */
int exporting__run(const struct replaying_options *options,
		   const char *const paths[EXPORT_FORMATS]);

/*
 * Writes what `file`, just opened, has in the window. 0, or a negative errno: of `stream`, if that
 * has its error flag set; else of the recording, of which nothing was said yet.
 */
int exporting__write(struct recording_file *file, const struct replaying_options *options,
		     enum export_format format, FILE *stream);

/* Tells the writer the same. 0, or a negative errno: of the recording, or what the writer returned.
 */
int exporting__tell(struct recording_file *file, const struct replaying_options *options,
		    const struct timeline_writer *writer);

#endif
