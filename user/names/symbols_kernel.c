// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The kernel's functions: /proc/kallsyms. */
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names/symbols_internal.h"

#define NAME_MAX_LENGTH 511

/* "ffffffff81000000 T name" or, of a module, "... name\t[module]". 0, 1 if it was kept, -ENOMEM. */
static int take_line(struct elf_table *table, const char *line, bool *hidden)
{
	char name[NAME_MAX_LENGTH + 1], module[64] = "", text[NAME_MAX_LENGTH + 80], type;
	uint64_t address;
	int fields = sscanf(line, "%" SCNx64 " %c %511s %63s", &address, &type, name, module);
	int err;

	if (fields < 3 || !strchr("tTwW", type))
		return 0;
	if (!address) {
		*hidden = true;
		return 0;
	}
	snprintf(text, sizeof(text), fields == 4 ? "%s %s" : "%s", name, module);
	err = elf_table__add(table, text, address, 0, strchr("TW", type) ? 0 : 1);
	return err ? err : 1;
}

int symbols__read_kernel(struct symbols *symbols, const char *path)
{
	FILE *file = fopen(path, "re");
	bool hidden = false;
	char *line = NULL;
	size_t room = 0;
	int taken = 0;

	if (!file)
		return -errno;
	elf_table__clear(&symbols->kernel);
	while (taken >= 0 && getline(&line, &room, file) > 0)
		taken = take_line(&symbols->kernel, line, &hidden);
	free(line);
	fclose(file);
	elf_table__sort(&symbols->kernel);
	if (taken < 0)
		return taken;
	return hidden && !symbols->kernel.count ? -EACCES : 0;
}

const char *symbols__kernel(struct symbols *symbols, uint64_t address)
{
	const char *name = elf_table__find(&symbols->kernel, address);

	return texts__keep(&symbols->texts, name ? name : "[kernel]");
}
