// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <stdlib.h>
#include <string.h>

#include "render/perfetto_internal.h"

/* As many are remembered; then all are forgotten and said anew, so that memory has a bound. */
#define NAMES_MOST  8192UL
#define NAMES_SLOTS (NAMES_MOST * 2)

struct name {
	char *text; /* owned; NULL: no name */
	uint64_t number;
	uint32_t hash;
	enum name_kind kind;
};

struct names {
	struct name slots[NAMES_SLOTS];
	size_t count;
	uint64_t numbers[NAME_KINDS]; /* the last one that was given */
	/* of the packet that is being made */
	Pf__InternedData interned;
	Pf__InternedData__Name names[NAMES_A_PACKET];
	Pf__InternedData__Name *lists[NAME_TEXT][NAMES_A_PACKET];
	Pf__InternedData__Text texts[NAMES_A_PACKET];
	Pf__InternedData__Text *text_list[NAMES_A_PACKET];
	size_t fresh, counts[NAME_KINDS];
};

struct names *names__new(void)
{
	return calloc(1, sizeof(struct names));
}

static void forget(struct names *names)
{
	for (size_t i = 0; i < NAMES_SLOTS; i++)
		free(names->slots[i].text);
	memset(names->slots, 0, sizeof(names->slots));
	memset(names->numbers, 0, sizeof(names->numbers));
	names->count = 0;
}

void names__free(struct names *names)
{
	if (names)
		forget(names);
	free(names);
}

bool names__begin(struct names *names)
{
	bool full = names->count + NAMES_A_PACKET > NAMES_MOST;

	if (full)
		forget(names);
	names->fresh = 0;
	memset(names->counts, 0, sizeof(names->counts));
	return full;
}

/* FNV-1a */
static uint32_t hash_of(enum name_kind kind, const char *text)
{
	uint32_t hash = 2166136261U ^ kind;

	for (; *text; text++)
		hash = (hash ^ (uint8_t)*text) * 16777619U;
	return hash;
}

static void say(struct names *names, const struct name *name)
{
	size_t place = names->counts[name->kind]++;
	Pf__InternedData__Name *fresh = &names->names[names->fresh];

	if (name->kind == NAME_TEXT) {
		Pf__InternedData__Text *text = &names->texts[place];

		*text = (Pf__InternedData__Text)PF__INTERNED_DATA__TEXT__INIT;
		text->has_number = text->has_text = 1;
		text->number = name->number;
		text->text.data = (uint8_t *)name->text;
		text->text.len = strlen(name->text);
		names->text_list[place] = text;
	} else {
		*fresh = (Pf__InternedData__Name)PF__INTERNED_DATA__NAME__INIT;
		fresh->has_number = 1;
		fresh->number = name->number;
		fresh->name = name->text;
		names->lists[name->kind][place] = fresh;
	}
	names->fresh++;
}

static uint64_t number_of(struct names *names, enum name_kind kind, const char *text)
{
	uint32_t hash = hash_of(kind, text), at = hash % NAMES_SLOTS;
	struct name *name;

	for (; names->slots[at].text; at = (at + 1) % NAMES_SLOTS) {
		name = &names->slots[at];
		if (name->hash == hash && name->kind == kind && !strcmp(name->text, text))
			return name->number;
	}
	if (names->fresh == NAMES_A_PACKET)
		return 0;
	name = &names->slots[at];
	*name = (struct name){strdup(text), ++names->numbers[kind], hash, kind};
	if (!name->text)
		return 0;
	names->count++;
	say(names, name);
	return name->number;
}

/* Texts are known by what is written of them. */
uint64_t names__number(struct names *names, enum name_kind kind, const char *text)
{
	char *owned = NULL;
	const char *clean = perfetto__clean(text, &owned);
	uint64_t number = clean ? number_of(names, kind, clean) : 0;

	free(owned);
	return number;
}

Pf__InternedData *names__fresh(struct names *names)
{
	Pf__InternedData *interned = &names->interned;

	if (!names->fresh)
		return NULL;
	*interned = (Pf__InternedData)PF__INTERNED_DATA__INIT;
	interned->n_category = names->counts[NAME_CATEGORY];
	interned->category = names->lists[NAME_CATEGORY];
	interned->n_event = names->counts[NAME_EVENT];
	interned->event = names->lists[NAME_EVENT];
	interned->n_note = names->counts[NAME_NOTE];
	interned->note = names->lists[NAME_NOTE];
	interned->n_text = names->counts[NAME_TEXT];
	interned->text = names->text_list;
	return interned;
}
