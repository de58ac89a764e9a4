// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <stdio.h>
#include <string.h>

#include "names/tasks.h"

uint32_t tasks__name(uint32_t tid, char *comm, size_t size)
{
	char path[48], line[128];
	unsigned int pid = 0;
	FILE *file;

	memset(comm, 0, size);
	/* every thread has such a directory, though only those of leaders are listed */
	snprintf(path, sizeof(path), "/proc/%u/status", tid);
	file = fopen(path, "r");
	if (!file)
		return 0;
	while (!pid && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (!strncmp(line, "Name:\t", 6))
			snprintf(comm, size, "%s", line + 6);
		else if (sscanf(line, "Tgid: %u", &pid) != 1)
			pid = 0;
	}
	fclose(file);
	return pid;
}
