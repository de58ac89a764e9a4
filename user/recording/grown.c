// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "recording/grown.h"

void *grown__make(struct grown *grown, uint32_t number)
{
	uint32_t room = grown->room ? grown->room : 64;
	char *base;

	if (number >= ROWS_MOST)
		return NULL;
	while (room <= number)
		room *= 2;
	if (room > ROWS_MOST)
		room = ROWS_MOST;
	if (room != grown->room) {
		/* not realloc(): rows that a damaged file skips are memory that nobody touches */
		base = calloc(room, grown->size);
		if (!base)
			return NULL;
		if (grown->base)
			memcpy(base, grown->base, grown->room * grown->size);
		free(grown->base);
		grown->base = base;
		grown->room = room;
	}
	if (number > grown->used)
		grown->used = number;
	return grown->base + number * grown->size;
}

int grown__error(uint32_t number)
{
	return number >= ROWS_MOST ? -EPROTO : -ENOMEM;
}

uint32_t grown__add(struct grown *grown)
{
	uint32_t number = grown->used + 1;

	return grown__at(grown, number) ? number : 0;
}

uint32_t task_id__safe(uint32_t id)
{
	return id <= 4U << 20 ? id : 0; /* PID_MAX_LIMIT */
}

void wait_key__make_safe(struct wait_key *key)
{
	if (key->sleep > LEDGER_SLEEP_FROZEN)
		key->sleep = LEDGER_SLEEP_NONE;
	if (key->futex > FUTEX_USE_JOIN)
		key->futex = FUTEX_USE_NONE;
}

void object_row__make_safe(struct object_row *row)
{
	if (row->key.kind > OBJECT_OTHER)
		row->key.kind = OBJECT_OTHER;
	if (row->text_length >= OBJECT_TEXT)
		row->text_length = OBJECT_TEXT - 1;
	row->text[row->text_length] = '\0';
}
