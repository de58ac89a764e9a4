// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What processes have mapped, and what compilers at run time say of it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "names/symbols_internal.h"

#define SPACES_MAX   65536
#define MAPPINGS_MAX 1000000

/* The place where the space of a process is, or would be. */
static size_t place_of(const struct symbols *symbols, int pid)
{
	size_t low = 0, high = symbols->space_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (symbols->spaces[middle].pid < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct address_space *space__find(const struct symbols *symbols, int pid)
{
	size_t place = place_of(symbols, pid);

	if (place < symbols->space_count && symbols->spaces[place].pid == pid)
		return &symbols->spaces[place];
	return NULL;
}

struct address_space *space__get(struct symbols *symbols, int pid)
{
	struct address_space *known = space__find(symbols, pid), *grown;
	size_t place = place_of(symbols, pid);

	if (known)
		return known;
	if (symbols->space_count >= SPACES_MAX)
		return NULL;
	grown = reallocarray(symbols->spaces, symbols->space_count + 1, sizeof(*grown));
	if (!grown)
		return NULL;
	symbols->spaces = grown;
	memmove(&grown[place + 1], &grown[place], (symbols->space_count - place) * sizeof(*grown));
	symbols->space_count++;
	grown[place] = (struct address_space){.pid = pid};
	return &grown[place];
}

static bool is_same(const struct mapping *left, const struct mapping *right)
{
	return left->start == right->start && left->end == right->end &&
	       left->offset == right->offset && left->module == right->module;
}

static bool is_known(const struct address_space *space, const struct mapping *mapping)
{
	for (size_t i = space->count; i > 0; i--)
		if (is_same(&space->mappings[i - 1], mapping))
			return true;
	return false;
}

int symbols__map(struct symbols *symbols, const struct symbols_mapping *mapping)
{
	struct address_space *space = space__get(symbols, mapping->pid);
	int64_t module = module__of_mapping(symbols, mapping);
	struct mapping fresh, *grown;

	if (!space || symbols->mapping_count >= MAPPINGS_MAX)
		return -E2BIG;
	if (module < 0)
		return (int)module;
	fresh = (struct mapping){.start = mapping->start,
				 .end = mapping->end,
				 .offset = mapping->offset,
				 .module = (uint32_t)module};
	if (is_known(space, &fresh))
		return 0;
	grown = reallocarray(space->mappings, space->count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	space->mappings = grown;
	grown[space->count++] = fresh;
	symbols->mapping_count++;
	return 0;
}

int symbols__fork(struct symbols *symbols, int parent, int child)
{
	struct address_space *space = parent == child ? NULL : space__get(symbols, child);

	if (!space)
		return parent == child ? 0 : -E2BIG;
	/* a pid that was somebody else's: what it had mapped is older than all that comes */
	space->parent = parent;
	return 0;
}

bool symbols__knows(const struct symbols *symbols, int pid)
{
	const struct address_space *space = space__find(symbols, pid);

	return space && (space->count || space->parent);
}

/* One line of /proc/PID/maps. */
static int take_line(struct symbols *symbols, int pid, char *line)
{
	struct symbols_mapping mapping = {.pid = pid};
	char permissions[5] = "";
	int name = 0;

	line[strcspn(line, "\n")] = '\0';
	if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %" SCNu64 " %n",
		   &mapping.start, &mapping.end, permissions, &mapping.offset, &mapping.major,
		   &mapping.minor, &mapping.inode, &name) < 7 ||
	    permissions[2] != 'x')
		return 0;
	mapping.path = name ? line + name : "";
	return symbols__map(symbols, &mapping);
}

int symbols__read_maps(struct symbols *symbols, int pid)
{
	char path[32], *line = NULL;
	size_t room = 0;
	FILE *file;
	int err = 0;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	while (!err && getline(&line, &room, file) > 0)
		err = take_line(symbols, pid, line);
	free(line);
	fclose(file);
	return err;
}

int symbols__read_jit(struct symbols *symbols, int pid, const char *path)
{
	struct address_space *space = space__get(symbols, pid);
	/* anybody can put anything there: a FIFO would hold us up */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW), err = 0;
	struct stat status;
	char *line = NULL;
	size_t room = 0;
	FILE *file;

	if (fd < 0)
		return -errno;
	file = space && !fstat(fd, &status) && S_ISREG(status.st_mode) ? fdopen(fd, "r") : NULL;
	if (!file) {
		close(fd);
		return -EINVAL;
	}
	while (!err && getline(&line, &room, file) > 0) {
		uint64_t start, size;
		int name = 0;

		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "%" SCNx64 " %" SCNx64 " %n", &start, &size, &name) >= 2 && name &&
		    line[name])
			err = elf_table__add(&space->jit, line + name, start, size,
					     UINT32_MAX - (uint32_t)space->jit.count);
	}
	free(line);
	fclose(file);
	elf_table__sort(&space->jit);
	return err;
}
