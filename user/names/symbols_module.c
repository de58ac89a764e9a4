// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The files that code comes from: opened while a process has them mapped, read when asked. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "names/symbols_internal.h"

#define MODULES_MAX 65536
/* Files that are kept open. Others are found again by their path, if they are still there. */
#define OPEN_MAX_FILES 256

static bool is_file(const char *path)
{
	return path[0] == '/' && strncmp(path, "//anon", 6) != 0 &&
	       strncmp(path, "/dev/zero", 9) != 0 && strncmp(path, "/memfd:", 7) != 0 &&
	       strncmp(path, "/SYSV", 5) != 0;
}

static bool is_vdso(const char *path)
{
	return !strcmp(path, "[vdso]");
}

static int open_regular(const char *path, struct stat *status)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd >= 0 && (fstat(fd, status) || !S_ISREG(status->st_mode))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* By its path, if that leads to the same file still. */
static int open_by_path(const struct module *module)
{
	struct stat status;
	int fd = open_regular(module->path, &status);

	if (fd >= 0 && module->inode && status.st_ino != module->inode) {
		close(fd);
		return -1;
	}
	return fd;
}

/* The very file that a living process has mapped, whatever became of its name; else what stands at
 * the name in its root. */
static int open_mapped(const struct module *module, const struct symbols_mapping *mapping)
{
	char path[PATH_MAX + 64];
	struct stat status;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/map_files/%" PRIx64 "-%" PRIx64, mapping->pid,
		 mapping->start, mapping->end);
	fd = open_regular(path, &status);
	if (fd >= 0)
		return fd;
	snprintf(path, sizeof(path), "/proc/%d/root%s", mapping->pid, mapping->path);
	fd = open_regular(path, &status);
	if (fd >= 0 && (!mapping->inode || status.st_ino == mapping->inode))
		return fd;
	if (fd >= 0)
		close(fd);
	return open_by_path(module);
}

static bool is_same(const struct module *module, const struct symbols_mapping *mapping)
{
	return module->inode == mapping->inode && module->major == mapping->major &&
	       module->minor == mapping->minor && !strcmp(module->path, mapping->path);
}

static void open_module(struct symbols *symbols, struct module *module,
			const struct symbols_mapping *mapping)
{
	if (module->fd >= 0 || module->looked || symbols->open_count >= OPEN_MAX_FILES)
		return;
	module->fd = open_mapped(module, mapping);
	if (module->fd >= 0)
		symbols->open_count++;
}

int64_t module__of_mapping(struct symbols *symbols, const struct symbols_mapping *mapping)
{
	struct module *grown;

	if (!is_file(mapping->path) && !is_vdso(mapping->path))
		return 0;
	for (size_t i = symbols->module_count; i > 0; i--)
		if (is_same(&symbols->modules[i - 1], mapping)) {
			open_module(symbols, &symbols->modules[i - 1], mapping);
			return (int64_t)i;
		}
	if (symbols->module_count >= MODULES_MAX)
		return -E2BIG;
	grown = reallocarray(symbols->modules, symbols->module_count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	symbols->modules = grown;
	grown += symbols->module_count;
	*grown = (struct module){mapping->major, mapping->minor, mapping->inode,
				 texts__keep(&symbols->texts, mapping->path), -1};
	if (!grown->path)
		return -ENOMEM;
	if (is_file(mapping->path))
		open_module(symbols, grown, mapping);
	return (int64_t)++symbols->module_count;
}

/* The vDSO is the kernel's, and the same in all processes of one kind: ours will do. */
static void read_vdso(struct elf_table *table)
{
	char line[256], *image = NULL;
	FILE *maps = fopen("/proc/self/maps", "re");
	int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	uint64_t start, end;

	while (maps && !image && fgets(line, sizeof(line), maps)) {
		if (!strstr(line, "[vdso]") ||
		    sscanf(line, "%" SCNx64 "-%" SCNx64, &start, &end) != 2)
			continue;
		image = malloc(end - start);
		if (image &&
		    pread(memory, image, end - start, (off_t)start) == (ssize_t)(end - start))
			elf_table__read_image(table, image, end - start);
	}
	free(image);
	if (maps)
		fclose(maps);
	if (memory >= 0)
		close(memory);
}

const struct elf_table *module__table(struct symbols *symbols, struct module *module)
{
	if (module->looked)
		return &module->table;
	module->looked = true;
	if (is_vdso(module->path)) {
		read_vdso(&module->table);
		return &module->table;
	}
	if (module->fd < 0)
		module->fd = open_by_path(module);
	else
		symbols->open_count--;
	if (module->fd < 0)
		return &module->table;
	elf_table__read(&module->table, module->fd, module->path);
	close(module->fd);
	module->fd = -1;
	return &module->table;
}
