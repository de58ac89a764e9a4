// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collect/elf_symbols.h"

/* A search on its way. */
struct search {
	Elf *elf;
	const struct elf_name *names;
	size_t name_count;
	struct elf_function *functions;
	size_t count, room;
};

/* Offset in the file of an address, or 0: there is no segment for it (0 is the ELF header's). */
static uint64_t offset_of(Elf *elf, uint64_t address)
{
	GElf_Phdr segment;
	size_t count;

	if (elf_getphdrnum(elf, &count))
		return 0;
	for (size_t i = 0; i < count; i++) {
		if (!gelf_getphdr(elf, (int)i, &segment) || segment.p_type != PT_LOAD)
			continue;
		if (address >= segment.p_vaddr && address < segment.p_vaddr + segment.p_filesz)
			return address - segment.p_vaddr + segment.p_offset;
	}
	return 0;
}

static void add_function(struct search *search, uint64_t offset, uint32_t value)
{
	for (size_t i = 0; i < search->count; i++)
		if (search->functions[i].offset == offset)
			return;
	if (offset && search->count < search->room)
		search->functions[search->count++] = (struct elf_function){offset, value};
}

static void take_symbol(struct search *search, const GElf_Sym *symbol, const char *name)
{
	if (GELF_ST_TYPE(symbol->st_info) != STT_FUNC || symbol->st_shndx == SHN_UNDEF || !name)
		return;
	for (size_t i = 0; i < search->name_count; i++)
		if (!strcmp(search->names[i].name, name))
			add_function(search, offset_of(search->elf, symbol->st_value),
				     search->names[i].value);
}

/* True if the file has such a section. */
static bool search_section(struct search *search, uint32_t type)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	GElf_Sym symbol;
	Elf_Data *data;
	bool found = false;

	while ((section = elf_nextscn(search->elf, section))) {
		if (!gelf_getshdr(section, &header) || header.sh_type != type)
			continue;
		data = elf_getdata(section, NULL);
		found = data != NULL;
		for (int i = 0; data && gelf_getsym(data, i, &symbol); i++)
			take_symbol(search, &symbol,
				    elf_strptr(search->elf, header.sh_link, symbol.st_name));
	}
	return found;
}

int elf_symbols__find(int fd, const struct elf_name *names, size_t name_count,
		      struct elf_function *functions, size_t room)
{
	struct search search = {
		.names = names, .name_count = name_count, .functions = functions, .room = room};
	GElf_Ehdr header;
	int result = -ENOEXEC;

	if (elf_version(EV_CURRENT) == EV_NONE)
		return -ENOEXEC;
	search.elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	if (!search.elf)
		return -ENOEXEC;
	if (elf_kind(search.elf) == ELF_K_ELF && gelf_getehdr(search.elf, &header) &&
	    header.e_machine == EM_X86_64 && header.e_ident[EI_CLASS] == ELFCLASS64) {
		if (!search_section(&search, SHT_DYNSYM))
			search_section(&search, SHT_SYMTAB);
		result = (int)search.count;
	}
	elf_end(search.elf);
	return result;
}

static bool names_an_interpreter(int fd, const Elf64_Ehdr *header)
{
	Elf64_Phdr segment;

	for (unsigned int i = 0; i < header->e_phnum; i++) {
		off_t at = (off_t)(header->e_phoff + i * sizeof(segment));

		if (pread(fd, &segment, sizeof(segment), at) != sizeof(segment))
			return true; /* not known */
		if (segment.p_type == PT_INTERP)
			return true;
	}
	return false;
}

bool elf__is_static(const char *path)
{
	/* whatever is there now: it may not be what it was */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	Elf64_Ehdr header;
	struct stat status;
	bool is_static = false;

	if (fd < 0)
		return false;
	if (!fstat(fd, &status) && S_ISREG(status.st_mode) &&
	    pread(fd, &header, sizeof(header), 0) == sizeof(header) &&
	    !memcmp(header.e_ident, ELFMAG, SELFMAG) && header.e_ident[EI_CLASS] == ELFCLASS64 &&
	    header.e_phentsize == sizeof(Elf64_Phdr))
		is_static = !names_an_interpreter(fd, &header);
	close(fd);
	return is_static;
}
