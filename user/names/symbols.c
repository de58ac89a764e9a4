// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include "names/symbols.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <libiberty/demangle.h>

#include "names/symbols_internal.h"

struct symbols *symbols__new(void)
{
	struct symbols *symbols = calloc(1, sizeof(*symbols));

	if (!symbols)
		return NULL;
	symbols->named = calloc(NAMED, sizeof(*symbols->named));
	if (!symbols->named) {
		free(symbols);
		return NULL;
	}
	return symbols;
}

void symbols__free(struct symbols *symbols)
{
	if (!symbols)
		return;
	for (size_t i = 0; i < symbols->space_count; i++) {
		free(symbols->spaces[i].mappings);
		elf_table__clear(&symbols->spaces[i].jit);
	}
	for (size_t i = 0; i < symbols->module_count; i++) {
		if (symbols->modules[i].fd >= 0)
			close(symbols->modules[i].fd);
		elf_table__clear(&symbols->modules[i].table);
	}
	free(symbols->spaces);
	free(symbols->modules);
	free(symbols->named);
	elf_table__clear(&symbols->kernel);
	texts__clear(&symbols->texts);
	free(symbols);
}

/* What is longer is shown, or read, in part: templates can be made to expand without end. */
#define MANGLED_MAX   2048
#define DEMANGLED_MAX 400

char *symbols__demangle(const char *name)
{
	char *text = NULL;

	if (name[0] == '_' && strlen(name) <= MANGLED_MAX)
		text = cplus_demangle(name, DMGL_AUTO);
	if (!text)
		text = strdup(name);
	if (text && strlen(text) > DEMANGLED_MAX)
		memcpy(text + DEMANGLED_MAX, "...", sizeof("..."));
	return text;
}

static const char *keep_name(struct symbols *symbols, const char *name)
{
	char *clear = symbols__demangle(name);
	const char *kept = clear ? texts__keep(&symbols->texts, clear) : NULL;

	free(clear);
	return kept;
}

static const char *base_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static const char *name_in_module(struct symbols *symbols, const struct mapping *mapping,
				  uint64_t address)
{
	struct module *module = &symbols->modules[mapping->module - 1];
	const struct elf_table *table = module__table(symbols, module);
	uint64_t at = elf_table__address(table, address - mapping->start + mapping->offset);
	const char *name = elf_table__find(table, at), *kept;
	char *text;

	if (name)
		return keep_name(symbols, name);
	if (asprintf(&text, "[%s+0x%" PRIx64 "]", base_of(module->path), at) < 0)
		return NULL;
	kept = texts__keep(&symbols->texts, text);
	free(text);
	return kept;
}

static const struct mapping *mapping_at(const struct address_space *space, uint64_t address)
{
	for (size_t i = space->count; i > 0; i--)
		if (address >= space->mappings[i - 1].start && address < space->mappings[i - 1].end)
			return &space->mappings[i - 1];
	return NULL;
}

/* Children of children that all only forked; a circle of reused ids ends there as well. */
#define FORKS 16

static const char *look_up(struct symbols *symbols, int pid, uint64_t address)
{
	struct address_space *space = space__find(symbols, pid);

	for (int i = 0; space && i < FORKS; i++) {
		const struct mapping *mapping = mapping_at(space, address);
		const char *name = elf_table__find(&space->jit, address);

		if (name)
			return keep_name(symbols, name);
		if (mapping && mapping->module)
			return name_in_module(symbols, mapping, address);
		if (mapping)
			return texts__keep(&symbols->texts, "[jit]");
		space = space->parent ? space__find(symbols, space->parent) : NULL;
	}
	return texts__keep(&symbols->texts, "[unknown]");
}

const char *symbols__user(struct symbols *symbols, int pid, uint64_t address)
{
	uint64_t hash = (address ^ (uint64_t)pid << 40) * 0x9e3779b97f4a7c15ULL;
	struct named *named = &symbols->named[hash >> 48 & (NAMED - 1)];

	if (named->text && named->pid == pid && named->address == address)
		return named->text;
	named->text = look_up(symbols, pid, address);
	named->pid = pid;
	named->address = address;
	return named->text;
}
