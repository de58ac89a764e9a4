/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The critical path of a command. Pure: they write to a stream. */
#ifndef WAITSCOPE_RENDER_CRITICAL_PATH_H
#define WAITSCOPE_RENDER_CRITICAL_PATH_H

#include <stdio.h>

#include "model/critical_path.h"
#include "render/render.h"

/* For people. 0, -ENOMEM or -EIO. */
int render__critical_path_text(FILE *stream, const struct critical_path *path,
			       const struct render_options *options);

/* One JSON object: docs/critical-path.schema.json. 0, -ENOMEM or -EIO. */
int render__critical_path_json(FILE *stream, const struct critical_path *path);

#endif
