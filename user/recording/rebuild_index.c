// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Rows by what they are of: a hash table of row numbers, in which 0 is a free place. */
#include <stdlib.h>

#include "recording/rebuild_internal.h"

static uint32_t *find(struct rebuild *rebuild, const struct row_index *index, struct grown *rows,
		      uint64_t key)
{
	uint32_t mask = index->places.room - 1;
	uint32_t at = (uint32_t)(key * 0x9e3779b97f4a7c15ULL >> 32) & mask;

	for (;; at = (at + 1) & mask) {
		uint32_t *place = (uint32_t *)index->places.base + at;

		if (!*place || index->key_of(rebuild__at(rebuild, rows, *place)) == key)
			return place;
	}
}

/* Twice as large, so that it never is more than half full. */
static int grow(struct rebuild *rebuild, struct row_index *index, struct grown *rows)
{
	struct grown *places = &index->places;

	if (places->room && rows->used * 2 < places->room)
		return 0;
	free(places->base);
	*places = (struct grown){.size = sizeof(uint32_t)};
	if (!rebuild__at(rebuild, places, rows->used * 4 + 63))
		return rebuild->err;
	for (uint32_t i = 1; i <= rows->used; i++)
		*find(rebuild, index, rows, index->key_of(rebuild__at(rebuild, rows, i))) = i;
	return 0;
}

uint32_t rebuild__look_up(struct rebuild *rebuild, struct row_index *index, struct grown *rows,
			  uint64_t key)
{
	return grow(rebuild, index, rows) ? 0 : *find(rebuild, index, rows, key);
}

void *rebuild__keyed(struct rebuild *rebuild, struct row_index *index, struct grown *rows,
		     uint64_t key, uint32_t *number)
{
	uint32_t *place;

	if (grow(rebuild, index, rows))
		return NULL;
	place = find(rebuild, index, rows, key);
	if (!*place)
		*place = rebuild__add(rebuild, rows);
	*number = *place;
	return *place ? rebuild__at(rebuild, rows, *place) : NULL;
}
