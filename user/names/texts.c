// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE /* tdestroy */
#include "names/texts.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

const char *texts__keep(struct texts *texts, const char *text)
{
	char *const *found = tfind(text, &texts->root, compare);
	char *copy;

	if (found)
		return *found;
	copy = strdup(text);
	if (copy && !tsearch(copy, &texts->root, compare)) {
		free(copy);
		return NULL;
	}
	return copy;
}

void texts__clear(struct texts *texts)
{
	tdestroy(texts->root, free);
	texts->root = NULL;
}
