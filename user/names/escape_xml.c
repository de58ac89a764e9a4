/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#define _GNU_SOURCE
#include "names/escape_xml.h"

#include <stdlib.h>
#include <string.h>

#include "names/units.h"

static const struct {
	char sign;
	const char *entity;
} entities[] = {
	{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}, {'\'', "&#39;"},
};

#define LONGEST_ENTITY 6

static const char *entity_of(char sign)
{
	for (size_t i = 0; i < sizeof(entities) / sizeof(entities[0]); i++)
		if (entities[i].sign == sign)
			return entities[i].entity;
	return NULL;
}

char *xml__escape(const char *data)
{
	char *clean = units__escape(data), *text, *at;

	if (!clean)
		return NULL;
	text = at = malloc(strlen(clean) * LONGEST_ENTITY + 1);
	for (const char *from = clean; text && *from; from++) {
		const char *entity = entity_of(*from);

		if (entity)
			at = stpcpy(at, entity);
		else
			*at++ = *from;
	}
	if (text)
		*at = '\0';
	free(clean);
	return text;
}
