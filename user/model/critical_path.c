// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <stdlib.h>

#include "model/critical_path.h"

const char *path_cause__name(enum path_cause_kind kind)
{
	static const char *const names[PATH_CAUSES] = {
		[PATH_RUNNING] = "running",	[PATH_RUNNABLE] = "runnable",
		[PATH_PREEMPTED] = "preempted", [PATH_ASLEEP] = "asleep",
		[PATH_UNKNOWN] = "unknown",	[PATH_AFTER] = "after",
	};

	return names[kind];
}

void critical_path__free(struct critical_path *path)
{
	if (!path)
		return;
	for (size_t i = 0; i < path->cause_count; i++)
		free(path->causes[i].object);
	free(path->causes);
	free(path->threads);
	free(path->rows);
	free(path);
}
