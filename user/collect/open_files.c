// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "collect/open_files.h"

#define ENOUGH 4096

void open_files__raise(struct open_files *files)
{
	struct rlimit limit;

	*files = (struct open_files){0};
	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= ENOUGH)
		return;
	files->before = limit;
	limit.rlim_cur = ENOUGH;
	if (limit.rlim_max < ENOUGH) {
		limit.rlim_max = ENOUGH;
		if (!setrlimit(RLIMIT_NOFILE, &limit)) /* it takes CAP_SYS_RESOURCE */
			return;
		limit.rlim_cur = limit.rlim_max = files->before.rlim_max;
	}
	setrlimit(RLIMIT_NOFILE, &limit);
}

void open_files__put_back(const struct open_files *files)
{
	if (files->before.rlim_max)
		setrlimit(RLIMIT_NOFILE, &files->before);
}
