/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A profile as a page of HTML in a file. What goes wrong is said on stderr. */
#ifndef WAITSCOPE_COMMANDS_HTML_FILE_H
#define WAITSCOPE_COMMANDS_HTML_FILE_H

#include "commands/output.h"
#include "commands/replaying.h"

/* Of a recording, with its timeline: reads it twice. 0 or an exit status. */
int html_file__of_recording(const struct replaying_options *options, const char *path);

/* Of a profile that there is no recording of; the output is open. 0 or an exit status. */
int html_file__of_profile(struct output *output, const struct profile *profile);

#endif
