// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Functions by address, wherever they come from. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "names/symbols_elf.h"

/* Bounds of one table: Chromium and LLVM, the largest that are met, stay below. */
#define SYMBOLS_MAX 4000000
#define NAMES_MAX   0x20000000U

static int make_room(struct elf_table *table, size_t length)
{
	void *grown;

	if (table->count == table->room) {
		size_t room = table->room ? table->room * 2 : 256;

		grown = reallocarray(table->symbols, room, sizeof(*table->symbols));
		if (!grown)
			return -ENOMEM;
		table->symbols = grown;
		table->room = room;
	}
	while (table->names_used + length > table->names_room) {
		size_t room = table->names_room ? table->names_room * 2 : 8192;

		grown = realloc(table->names, room);
		if (!grown)
			return -ENOMEM;
		table->names = grown;
		table->names_room = room;
	}
	return 0;
}

int elf_table__add(struct elf_table *table, const char *name, uint64_t address, uint64_t size,
		   uint32_t rank)
{
	size_t length = strlen(name) + 1;
	int err;

	if (table->count >= SYMBOLS_MAX || table->names_used + length > NAMES_MAX)
		return 0;
	err = make_room(table, length);
	if (err)
		return err;
	memcpy(table->names + table->names_used, name, length);
	table->symbols[table->count++] =
		(struct elf_symbol){address, size, (uint32_t)table->names_used, rank};
	table->names_used += length;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct elf_symbol *left = a, *right = b;

	if (left->address != right->address)
		return left->address < right->address ? -1 : 1;
	if (!left->size != !right->size)
		return left->size ? -1 : 1;
	if (left->rank != right->rank)
		return left->rank < right->rank ? -1 : 1;
	return (left->name > right->name) - (left->name < right->name);
}

/* Of those at one address the first stays. */
void elf_table__sort(struct elf_table *table)
{
	size_t kept = 0;

	if (!table->count)
		return;
	qsort(table->symbols, table->count, sizeof(*table->symbols), compare);
	for (size_t i = 1; i < table->count; i++)
		if (table->symbols[i].address != table->symbols[kept].address)
			table->symbols[++kept] = table->symbols[i];
	table->count = kept + 1;
}

static bool covers(const struct elf_symbol *symbol, uint64_t address)
{
	return !symbol->size || address - symbol->address < symbol->size;
}

/* How many symbols before the next one may be within a larger one (labels in assembly). */
#define NESTED 8

const char *elf_table__find(const struct elf_table *table, uint64_t address)
{
	size_t low = 0, high = table->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (table->symbols[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	for (size_t back = 1; back <= NESTED && back <= low; back++) {
		const struct elf_symbol *symbol = &table->symbols[low - back];

		if (covers(symbol, address) && (symbol->size || back == 1))
			return table->names + symbol->name;
	}
	return NULL;
}

uint64_t elf_table__address(const struct elf_table *table, uint64_t offset)
{
	for (size_t i = 0; i < table->segment_count; i++) {
		const struct elf_segment *segment = &table->segments[i];

		if (offset >= segment->offset && offset - segment->offset < segment->size)
			return offset - segment->offset + segment->address;
	}
	return offset;
}

void elf_table__clear(struct elf_table *table)
{
	free(table->symbols);
	free(table->names);
	memset(table, 0, sizeof(*table));
}
