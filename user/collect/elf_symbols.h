/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where functions are in an ELF file: what a uprobe is attached to. */
#ifndef WAITSCOPE_COLLECT_ELF_SYMBOLS_H
#define WAITSCOPE_COLLECT_ELF_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A function that is looked for. Several names may have one value: they are the same to the
 * caller. */
struct elf_name {
	const char *name;
	uint32_t value;
};

struct elf_function {
	uint64_t offset; /* in the file */
	uint32_t value;
};

/*
 * Looks for `names` in the dynamic symbols of an open x86-64 file, or, where it has none, in its
 * symbol table. Each offset is found once, whatever names it has. Returns how many were found
 * (`room` at most), or a negative errno: -ENOEXEC for any other file.
 */
int elf_symbols__find(int fd, const struct elf_name *names, size_t name_count,
		      struct elf_function *functions, size_t room);

/* True for a program that is loaded without a dynamic linker. False where that cannot be told. */
bool elf__is_static(const char *path);

#endif
