// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Symbol tables of ELF files. What is read is anybody's file: libelf reads it into memory of ours
 * (mapped, a file that is cut meanwhile would kill us), and every number in it may be a lie.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "names/symbols_elf.h"

static uint32_t rank_of(const GElf_Sym *symbol)
{
	switch (GELF_ST_BIND(symbol->st_info)) {
	case STB_GLOBAL:
		return 0;
	case STB_WEAK:
		return 1;
	}
	return 2;
}

static bool is_function(const GElf_Sym *symbol)
{
	int type = GELF_ST_TYPE(symbol->st_info);

	return (type == STT_FUNC || type == STT_GNU_IFUNC) && symbol->st_shndx != SHN_UNDEF;
}

static int take_section(struct elf_table *table, Elf *elf, Elf_Scn *section, uint32_t names)
{
	Elf_Data *data = elf_getdata(section, NULL);
	GElf_Sym symbol;
	int err = 0;

	for (int i = 0; data && !err && gelf_getsym(data, i, &symbol); i++) {
		const char *name;

		if (!is_function(&symbol))
			continue;
		name = elf_strptr(elf, names, symbol.st_name);
		if (name && *name)
			err = elf_table__add(table, name, symbol.st_value, symbol.st_size,
					     rank_of(&symbol));
	}
	return err;
}

/* Returns how many functions a section of that type had, or a negative errno. */
static int take_sections(struct elf_table *table, Elf *elf, uint32_t type)
{
	size_t before = table->count;
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	int err = 0;

	while (!err && (section = elf_nextscn(elf, section)))
		if (gelf_getshdr(section, &header) && header.sh_type == type)
			err = take_section(table, elf, section, header.sh_link);
	return err ? err : (int)(table->count - before);
}

static void take_segments(struct elf_table *table, Elf *elf)
{
	GElf_Phdr segment;
	size_t count;

	if (elf_getphdrnum(elf, &count))
		return;
	for (size_t i = 0; i < count && table->segment_count < ELF_SEGMENTS; i++)
		if (gelf_getphdr(elf, (int)i, &segment) && segment.p_type == PT_LOAD)
			table->segments[table->segment_count++] = (struct elf_segment){
				segment.p_vaddr, segment.p_offset, segment.p_filesz};
}

/* --- separate debug files ----------------------------------------------------------------------
 */

#define DEBUG_ROOT   "/usr/lib/debug"
#define BUILD_ID_MAX 64

static size_t id_of_note(const Elf_Data *data, uint8_t *id)
{
	size_t at = 0, name, content;
	GElf_Nhdr note;

	while ((at = gelf_getnote((Elf_Data *)data, at, &note, &name, &content)) > 0)
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
		    !memcmp((char *)data->d_buf + name, "GNU", 4) && note.n_descsz > 1 &&
		    note.n_descsz <= BUILD_ID_MAX) {
			memcpy(id, (char *)data->d_buf + content, note.n_descsz);
			return note.n_descsz;
		}
	return 0;
}

static size_t build_id_of(Elf *elf, uint8_t *id)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	size_t length = 0;

	while (!length && (section = elf_nextscn(elf, section))) {
		Elf_Data *data;

		if (!gelf_getshdr(section, &header) || header.sh_type != SHT_NOTE)
			continue;
		data = elf_getdata(section, NULL);
		if (data)
			length = id_of_note(data, id);
	}
	return length;
}

static void path_of_build_id(const uint8_t *id, size_t length, char *path, size_t size)
{
	int at = snprintf(path, size, DEBUG_ROOT "/.build-id/%02x/", id[0]);

	for (size_t i = 1; i < length; i++)
		at += snprintf(path + at, size - at, "%02x", id[i]);
	snprintf(path + at, size - at, ".debug");
}

/* What .gnu_debuglink says: a file name. NULL: nothing, or something with a directory in it. */
static const char *debug_link_of(Elf *elf)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	size_t names;

	if (elf_getshdrstrndx(elf, &names))
		return NULL;
	while ((section = elf_nextscn(elf, section))) {
		const char *name;
		Elf_Data *data;

		if (!gelf_getshdr(section, &header))
			continue;
		name = elf_strptr(elf, names, header.sh_name);
		if (!name || strcmp(name, ".gnu_debuglink") != 0)
			continue;
		data = elf_getdata(section, NULL);
		if (!data || !memchr(data->d_buf, 0, data->d_size) || strchr(data->d_buf, '/'))
			return NULL;
		return data->d_buf;
	}
	return NULL;
}

/* Functions of the symbol table of a debug file, if it is one of the same build. Returns how many,
 * or a negative errno. */
static int take_debug_file(struct elf_table *table, const char *path, const uint8_t *id,
			   size_t length)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY), taken = 0;
	uint8_t other[BUILD_ID_MAX];
	struct stat status;
	Elf *elf;

	if (fd < 0)
		return 0;
	elf = !fstat(fd, &status) && S_ISREG(status.st_mode) ? elf_begin(fd, ELF_C_READ, NULL)
							     : NULL;
	if (elf && elf_kind(elf) == ELF_K_ELF &&
	    (!length || (build_id_of(elf, other) == length && !memcmp(id, other, length))))
		taken = take_sections(table, elf, SHT_SYMTAB);
	elf_end(elf);
	close(fd);
	return taken;
}

/* The places that GDB looks in, for one file name. */
static int take_linked_file(struct elf_table *table, const char *link, const char *path,
			    const uint8_t *id, size_t length)
{
	static const char *const places[] = {"%s/%s", "%s/.debug/%s", DEBUG_ROOT "%s/%s"};
	char copy[PATH_MAX], candidate[2 * PATH_MAX];
	int taken = 0;

	if (snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy))
		return 0;
	path = dirname(copy);
	for (size_t i = 0; !taken && i < sizeof(places) / sizeof(places[0]); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		snprintf(candidate, sizeof(candidate), places[i], path, link);
#pragma GCC diagnostic pop
		taken = take_debug_file(table, candidate, id, length);
	}
	return taken;
}

static int take_separate(struct elf_table *table, Elf *elf, const char *path)
{
	uint8_t id[BUILD_ID_MAX];
	size_t length = build_id_of(elf, id);
	const char *link = debug_link_of(elf);
	char candidate[2 * BUILD_ID_MAX + 64];
	int taken = 0;

	if (length) {
		path_of_build_id(id, length, candidate, sizeof(candidate));
		taken = take_debug_file(table, candidate, id, length);
	}
	if (!taken && link && path)
		taken = take_linked_file(table, link, path, id, length);
	return taken;
}

static int take_all(struct elf_table *table, Elf *elf, const char *path)
{
	int taken;

	if (!elf || elf_kind(elf) != ELF_K_ELF)
		return -ENOEXEC;
	take_segments(table, elf);
	taken = take_sections(table, elf, SHT_SYMTAB);
	if (!taken)
		taken = take_separate(table, elf, path);
	if (taken >= 0)
		taken = take_sections(table, elf, SHT_DYNSYM);
	elf_table__sort(table);
	return taken < 0 ? taken : 0;
}

int elf_table__read(struct elf_table *table, int fd, const char *path)
{
	Elf *elf;
	int err;

	if (elf_version(EV_CURRENT) == EV_NONE)
		return -ENOEXEC;
	elf = elf_begin(fd, ELF_C_READ, NULL);
	err = take_all(table, elf, path);
	elf_end(elf);
	return err;
}

int elf_table__read_image(struct elf_table *table, char *image, size_t size)
{
	Elf *elf;
	int err;

	if (elf_version(EV_CURRENT) == EV_NONE)
		return -ENOEXEC;
	elf = elf_memory(image, size);
	err = take_all(table, elf, NULL);
	elf_end(elf);
	return err;
}
