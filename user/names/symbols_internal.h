/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside names/symbols*. */
#ifndef WAITSCOPE_NAMES_SYMBOLS_INTERNAL_H
#define WAITSCOPE_NAMES_SYMBOLS_INTERNAL_H

#include <stdbool.h>

#include "names/symbols.h"
#include "names/symbols_elf.h"
#include "names/texts.h"

/* A file that is mapped somewhere, or the vDSO. */
struct module {
	uint32_t major, minor;
	uint64_t inode;
	const char *path; /* of the texts */
	int fd;		  /* -1: not open */
	bool looked;	  /* the table is filled, as far as it can be */
	struct elf_table table;
};

struct mapping {
	uint64_t start, end, offset;
	uint32_t module; /* index + 1; 0: memory without a file */
};

struct address_space {
	int pid;
	int parent; /* whose mappings it shows as well; 0: nobody's */
	struct mapping *mappings;
	size_t count;
	struct elf_table jit;
};

/* The last addresses that were named. */
#define NAMED 65536

struct named {
	uint64_t address;
	int pid;
	const char *text;
};

struct symbols {
	struct address_space *spaces; /* by pid */
	size_t space_count;
	struct module *modules;
	size_t module_count;
	size_t mapping_count;
	size_t open_count; /* files that are open */
	struct elf_table kernel;
	struct texts texts;
	struct named *named;
};

/* The modules: finds or makes one for a mapping. Its number, 0 for memory without a file, or a
 * negative errno. */
int64_t module__of_mapping(struct symbols *symbols, const struct symbols_mapping *mapping);
/* Its functions, read if they have not been. */
const struct elf_table *module__table(struct symbols *symbols, struct module *module);

/* NULL: nothing is remembered. */
struct address_space *space__find(const struct symbols *symbols, int pid);
/* The same, made if there is none; NULL without memory or room. */
struct address_space *space__get(struct symbols *symbols, int pid);

#endif
