/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One blocking call, stage by stage. Pure: they write to a stream. */
#ifndef WAITSCOPE_RENDER_ANATOMY_H
#define WAITSCOPE_RENDER_ANATOMY_H

#include <stdbool.h>
#include <stdio.h>

#include "model/anatomy.h"

/* Which one it is among those that could have been meant. */
struct anatomy_place {
	uint64_t rank, of; /* from 1 on */
};

/* For people. 0, or -EIO if the stream failed. */
int render__anatomy_text(FILE *stream, const struct anatomy *anatomy,
			 const struct anatomy_place *place, bool unicode);

/* One JSON object: docs/anatomy.schema.json. 0, -ENOMEM or -EIO. */
int render__anatomy_json(FILE *stream, const struct anatomy *anatomy,
			 const struct anatomy_place *place);

#endif
