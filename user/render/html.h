/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A profile as one page of HTML that needs nothing else and asks nobody: the very JSON of the
 * profile, a timeline where there is a recording, flame graphs where there are stacks, and a script
 * that makes everything on the page of them (render/html/).
 */
#ifndef WAITSCOPE_RENDER_HTML_H
#define WAITSCOPE_RENDER_HTML_H

#include <stdio.h>

#include "model/profile.h"
#include "model/timeline.h"
#include "render/render.h"

/* --- the timeline, told by recording/timeline.h ------------------------------------------------
 */

struct html_timeline;

/* Slices of all threads on a page; beyond, short ones are merged (model/lanes.h). */
#define HTML_SLICES 60000

/* `window`: ns, of the profile. Fills in the writer that takes the timeline, whose functions return
 * 0 or -ENOMEM. NULL: no memory. */
struct html_timeline *html_timeline__new(uint64_t window, size_t slices,
					 struct timeline_writer *writer);
void html_timeline__free(struct html_timeline *timeline);

/* As JSON. 0, -ENOMEM or -EIO. */
int html_timeline__write(struct html_timeline *timeline, FILE *stream);

/* --- the page --------------------------------------------------------------------------------
 */

/* `timeline`: NULL: none. 0, -ENOMEM or -EIO. */
int render__html(FILE *stream, const struct profile *profile, const struct render_options *options,
		 struct html_timeline *timeline);

/* JSON as the text of a script element: no "<" is left in it, and it says the same. */
void html__put_json(FILE *stream, const char *json, size_t length);

#endif
