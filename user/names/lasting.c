// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include "names/lasting.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* From these words on, a name is good for one run only; "pipe:[3]" is "pipe". */
static const char *const passing[] = {" 0x", ":[", " fd ", " inode "};

/* Does nothing but digits, and what may close them, follow? */
static int is_number(const char *text)
{
	size_t digits = strspn(text, "0123456789abcdef");

	return digits && (!text[digits] || !strcmp(text + digits, "]"));
}

/* "/proc/1234/stat": the process is another in each run. */
static char *without_pid(const char *object)
{
	const char *pid = strstr(object, " /proc/");
	size_t digits;
	char *text;

	if (!pid)
		return strdup(object);
	pid += strlen(" /proc/");
	digits = strspn(pid, "0123456789");
	if (!digits || pid[digits] != '/')
		return strdup(object);
	return asprintf(&text, "%.*sPID%s", (int)(pid - object), object, pid + digits) < 0 ? NULL
											   : text;
}

/* Of a connection one end was chosen by the kernel: the one that connected. */
static char *without_port(const char *object, const char *arrow)
{
	const char *space = strchr(object, ' ');
	char *text;
	int length;

	if (arrow[1] == '<')
		length = asprintf(&text, "%.*s <-", (int)(arrow - object), object);
	else
		length = asprintf(&text, "%.*s%s", (int)(space - object), object, arrow);
	return length < 0 ? NULL : text;
}

char *lasting__object(const char *object)
{
	const char *arrow = strstr(object, " -> ");

	if (!strchr(object, '/')) {
		if (!arrow)
			arrow = strstr(object, " <- ");
		if (arrow)
			return without_port(object, arrow);
	}
	for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++) {
		const char *found = strstr(object, passing[i]);

		if (found && found > object && is_number(found + strlen(passing[i])))
			return strndup(object, (size_t)(found - object));
	}
	return without_pid(object);
}

char *lasting__kernel_thread(const char *comm)
{
	size_t length = strcspn(comm, "/");

	return strndup(comm, length ? length : strlen(comm));
}
