/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The figures of one run: from its profile, and from what its program stated. */
#ifndef WAITSCOPE_COMMANDS_MODELS_FIGURES_H
#define WAITSCOPE_COMMANDS_MODELS_FIGURES_H

#include <json-c/json.h>

#include "model/models.h"
#include "model/profile.h"

/*
 * Fills in the figures, the verdict and the audit of a row whose group and expectations are set.
 * `truth` is the workload's; `client` is that of the client of a server, else NULL. Returns 0, or
 * -ENOENT if the profile does not have the process that the truth names, or -ENOMEM.
 */
int models_figures__fill(struct models_row *row, const struct profile *profile,
			 struct json_object *truth, struct json_object *client);

#endif
