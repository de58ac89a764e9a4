/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Addresses of code to names: the kernel's, and those of processes, which may be gone by then.
 *
 * What a process had mapped is remembered (symbols__map(), symbols__read_maps()) while it lives,
 * and the files are opened then: a container's, or one that was deleted, is read all the same.
 * Symbol tables are read when an address falls in them. Everything is bounded; what does not fit is
 * not named.
 */
#ifndef WAITSCOPE_NAMES_SYMBOLS_H
#define WAITSCOPE_NAMES_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct symbols;

/* A mapping that can be executed. */
struct symbols_mapping {
	int pid;
	uint64_t start, end;
	uint64_t offset; /* in the file */
	uint32_t major, minor;
	uint64_t inode;
	const char *path; /* as the process sees it; borrowed */
};

/* NULL without memory. */
struct symbols *symbols__new(void);
void symbols__free(struct symbols *symbols);

/* Remembers a mapping; the newest counts where they overlap. 0 or a negative errno: -E2BIG if there
 * are too many already. */
int symbols__map(struct symbols *symbols, const struct symbols_mapping *mapping);

/* A child that shows what its parent had mapped, but for what it has mapped itself since. */
int symbols__fork(struct symbols *symbols, int parent, int child);

/* Remembers what /proc/PID/maps has now. 0 or a negative errno: -ENOENT if there is no such
 * process. */
int symbols__read_maps(struct symbols *symbols, int pid);

/* Has anything been remembered of it? */
bool symbols__knows(const struct symbols *symbols, int pid);

/*
 * What a compiler at run time (of Java, Node.js ...) left in a file of lines "START SIZE NAME", in
 * hexadecimal: /tmp/perf-PID.map. 0 or a negative errno.
 */
int symbols__read_jit(struct symbols *symbols, int pid, const char *path);

/* The function's name (of C++ and Rust in the language's own form), else "[module+0xaddress]" with
 * the address as the file has it, "[jit]" in memory without a file, "[unknown]" in none. Lives as
 * long as `symbols`; NULL without memory. */
const char *symbols__user(struct symbols *symbols, int pid, uint64_t address);

/* Reads the kernel's functions, modules included, from a file like /proc/kallsyms. 0 or a negative
 * errno: -EACCES where it hides the addresses. */
int symbols__read_kernel(struct symbols *symbols, const char *path);

/* "[kernel]" without a name; that of a module's function has " [module]" behind it. */
const char *symbols__kernel(struct symbols *symbols, uint64_t address);

/* As the linker calls it to as the language does: C++, Rust; others stay. The caller frees it. NULL
 * without memory. */
char *symbols__demangle(const char *name);

#endif
