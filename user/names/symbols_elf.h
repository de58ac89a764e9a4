/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside names/symbols*: the functions of one ELF file. */
#ifndef WAITSCOPE_NAMES_SYMBOLS_ELF_H
#define WAITSCOPE_NAMES_SYMBOLS_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct elf_symbol {
	uint64_t address; /* as the file has it, before it is moved to where it is loaded */
	uint64_t size;	  /* 0: not known, up to the next */
	uint32_t name;	  /* offset in the names */
	uint32_t rank;	  /* of several at one address the lowest is shown */
};

struct elf_segment {
	uint64_t address, offset, size;
};

#define ELF_SEGMENTS 16

struct elf_table {
	struct elf_symbol *symbols; /* by address */
	size_t count, room;
	char *names;
	size_t names_used, names_room;
	struct elf_segment segments[ELF_SEGMENTS]; /* those that are loaded */
	size_t segment_count;
};

/*
 * Reads the functions of an open file: of its symbol table, or where it was stripped of that, of
 * its separate debug file (by build id below /usr/lib/debug, or .gnu_debuglink beside `path`), and
 * of its dynamic symbols. 0 or a negative errno; elf_table__clear() frees either way.
 */
int elf_table__read(struct elf_table *table, int fd, const char *path);
/* The same of an image in our own memory: the vDSO. */
int elf_table__read_image(struct elf_table *table, char *image, size_t size);
void elf_table__clear(struct elf_table *table);

/* The address of a byte at `offset` in the file; `offset` itself if no segment has it. */
uint64_t elf_table__address(const struct elf_table *table, uint64_t offset);
/* The function at an address, as it is called in the file; NULL: none. */
const char *elf_table__find(const struct elf_table *table, uint64_t address);

/* For tables that come from elsewhere: adds one, then sorts. 0 or -ENOMEM. */
int elf_table__add(struct elf_table *table, const char *name, uint64_t address, uint64_t size,
		   uint32_t rank);
void elf_table__sort(struct elf_table *table);

#endif
