// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collect/aio_libraries.h"
#include "collect/aio_probes.h"

/* What was looked at of the process in a row. */
struct looked {
	uint32_t tgid, execs;
	uint32_t looks; /* for a C library that was not there */
	bool done;
};

struct aio_probes {
	struct aio_libraries libraries;
	struct looked *looked; /* by process row */
	uint64_t stepped;
};

/* --- what processes map ----------------------------------------------------------------------- */

/* A line of /proc/PID/maps. */
struct mapping {
	uint64_t start, end;
	bool executable;
	struct aio_library library;
	const char *path; /* in the line */
};

static bool parse_mapping(char *line, struct mapping *mapping)
{
	char permissions[5];
	int path = 0;

	*mapping = (struct mapping){0};
	line[strcspn(line, "\n")] = '\0';
	if (sscanf(line, "%lx-%lx %4s %*x %x:%x %lu %n", &mapping->start, &mapping->end,
		   permissions, &mapping->library.major, &mapping->library.minor,
		   &mapping->library.inode, &path) < 6 ||
	    !path)
		return false;
	mapping->executable = permissions[2] == 'x';
	mapping->path = line + path;
	return mapping->path[0] == '/';
}

/* By name: to look into each file that each process maps would take long. */
static bool is_c_library(const char *path)
{
	static const char *const beginnings[] = {"libc.so", "libc-",	  "librt.so",
						 "librt-",  "libc.musl-", "ld-musl-"};
	const char *name = strrchr(path, '/') + 1;

	for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++)
		if (!strncmp(name, beginnings[i], strlen(beginnings[i])))
			return true;
	return false;
}

/*
 * The very file, whatever its path means: in another root, or another mount namespace, it is not
 * what we would find there. Where that is not allowed (CAP_CHECKPOINT_RESTORE), the path in the
 * process's root is right for containers.
 */
static int open_mapping(uint32_t pid, const struct mapping *mapping)
{
	const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/map_files/%lx-%lx", pid, mapping->start,
		 mapping->end);
	fd = open(path, flags);
	if (fd >= 0)
		return fd;
	snprintf(path, sizeof(path), "/proc/%u/root%s", pid, mapping->path);
	return open(path, flags);
}

static int probe_mapping(struct aio_probes *probes, uint32_t pid, struct mapping *mapping)
{
	int fd, err;

	if (aio_libraries__know(&probes->libraries, &mapping->library))
		return 0;
	fd = open_mapping(pid, mapping);
	if (fd < 0)
		return -errno;
	err = aio_libraries__probe(&probes->libraries, &mapping->library, fd);
	close(fd);
	return err;
}

/*
 * Probes the C libraries that a process maps. Returns how many it maps, or a negative errno. With
 * `program` it is the program's own file that is probed: a static one may have symbols.
 */
static int look_at_process(struct aio_probes *probes, uint32_t pid, bool program)
{
	char path[32], *line = NULL;
	struct mapping mapping;
	int found = 0, err = 0;
	size_t room = 0;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%u/maps", pid);
	maps = fopen(path, "re");
	if (!maps)
		return -errno;
	while (!err && getline(&line, &room, maps) > 0) {
		if (!parse_mapping(line, &mapping) || !mapping.executable ||
		    (!program && !is_c_library(mapping.path)))
			continue;
		found++;
		err = probe_mapping(probes, pid, &mapping);
		if (program)
			break;
	}
	free(line);
	fclose(maps);
	return err ? err : found;
}

/* --- processes -------------------------------------------------------------------------------- */

#define LOOKS_MOST    3	 /* until a process without a C library is taken to be one */
#define LOOKS_AT_ONCE 16 /* some 100 us each */
#define STEP_NS	      100000000

/* True if the process in this row is to be looked at. New ones get time to load their libraries. */
static bool is_due(struct looked *looked, const struct process_row *row, bool at_once)
{
	if (!row->tgid || !row->threads)
		return false;
	if (looked->tgid == row->tgid && looked->execs == row->execs)
		return !looked->done;
	*looked = (struct looked){.tgid = row->tgid, .execs = row->execs};
	return at_once;
}

static void look(struct aio_probes *probes, struct looked *looked, const struct process_row *row)
{
	int found = look_at_process(probes, row->tgid, false);

	if (!found && ++looked->looks < LOOKS_MOST)
		return;
	if (!found)
		look_at_process(probes, row->tgid, true);
	looked->done = true;
}

static void look_around(struct aio_probes *probes, const struct rows *processes, bool at_once)
{
	unsigned int looks = 0;

	for (uint32_t i = 1; i <= processes->used && looks < LOOKS_AT_ONCE; i++) {
		const struct process_row *row = rows__at(processes, i);

		if (!is_due(&probes->looked[i], row, at_once))
			continue;
		look(probes, &probes->looked[i], row);
		looks++;
	}
}

void aio_probes__step(struct aio_probes *probes, const struct rows *processes, uint64_t now)
{
	if (!probes || now - probes->stepped < STEP_NS)
		return;
	probes->stepped = now;
	look_around(probes, processes, false);
}

int aio_probes__begin(struct aio_probes **result, enum uprobes_method method,
		      struct bpf_program *entered, struct bpf_program *returned,
		      const struct rows *processes)
{
	struct aio_probes *probes = calloc(1, sizeof(*probes));
	int found;

	*result = probes;
	if (!probes)
		return -ENOMEM;
	probes->libraries.uprobes.method = method;
	probes->libraries.entered = entered;
	probes->libraries.returned = returned;
	probes->looked = calloc(processes->capacity + 1, sizeof(*probes->looked));
	if (!probes->looked)
		return -ENOMEM;
	found = look_at_process(probes, (uint32_t)getpid(), false);
	look_around(probes, processes, true);
	return found < 0 ? found : 0;
}

void aio_probes__end(struct aio_probes *probes)
{
	if (!probes)
		return;
	aio_libraries__clear(&probes->libraries);
	free(probes->looked);
	free(probes);
}
