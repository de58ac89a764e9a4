// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Waiting for a disk. No partner can hold a disk back: the delay does not apply, and whether
 * and for how long each call sleeps is the device's affair. On a file system in memory none
 * of these sleeps.
 */
#define _GNU_SOURCE 1
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arguments.h"
#include "check.h"
#include "scene.h"
#include "scratch.h"

enum { BLOCK = 4096 };
static const uint64_t FILE_MAX = 1ULL << 30;

static void create_file(struct scene *scene)
{
	if (scene->size > FILE_MAX / scene->operations)
		usage_error("--ops times --size is more than 1G: too large a file");
	scene->fd = scratch__create(scene->path);
	snprintf(scene->object, sizeof(scene->object), "file %s", scratch__path());
}

/* Writes the file for all operations, and to the disk, so that its pages are clean. */
static void fill_file(struct scene *scene)
{
	create_file(scene);
	for (uint64_t i = 0; i < scene->operations; i++)
		if (check(write(scene->fd, scene->message, scene->size), "write") !=
		    (int64_t)scene->size)
			errx(EXIT_FAILURE, "%s: disk full", scratch__path());
	check(fsync(scene->fd), "fsync");
	check(lseek(scene->fd, 0, SEEK_SET), "lseek");
}

/* Throws the file out of the page cache; no read-ahead, so that each read has to wait. */
static void fill_file_cold(struct scene *scene)
{
	fill_file(scene);
	check_error(posix_fadvise(scene->fd, 0, 0, POSIX_FADV_RANDOM), "posix_fadvise");
	check_error(posix_fadvise(scene->fd, 0, 0, POSIX_FADV_DONTNEED), "posix_fadvise");
}

static void fill_file_direct(struct scene *scene)
{
	fill_file(scene);
	close(scene->fd);
	scene->fd = (int)check(open(scratch__path(), O_RDONLY | O_DIRECT | O_CLOEXEC),
			       "open with O_DIRECT");
}

static int64_t attempt_read(struct scene *scene)
{
	return COUNTED(scene, "read", read(scene->fd, scene->buffer, scene->size));
}

static void append(struct scene *scene)
{
	int64_t written = COUNTED(scene, "write", write(scene->fd, scene->message, scene->size));

	scene->bytes += (uint64_t)check(written, "write");
}

static int64_t attempt_fsync(struct scene *scene)
{
	return COUNTED(scene, "fsync", fsync(scene->fd));
}

/* An interrupt announces the end of the transfer; where it is handled depends on the driver. */
#define DISK_WAKERS "hardirq,softirq,kernel"

const struct wait_kind wait_kinds_file[] = {
	{
		.name = "file",
		.help = "read a file that is in the page cache, which does not sleep",
		.syscall = "read",
		.class = "disk",
		.object_kind = "file",
		.wakers = "",
		.sleeps = SLEEPS_NEVER,
		.uses_file = true,
		.size = BLOCK,
		.size_max = 16 << 20,
		.set_up = fill_file,
		.attempt = attempt_read,
	},
	{
		.name = "file-cold",
		.help = "read a file that is not in the page cache",
		.syscall = "read",
		.class = "disk",
		.object_kind = "file",
		.sleep = "killable",
		.wakers = DISK_WAKERS,
		.sleeps = SLEEPS_MAYBE,
		.uses_file = true,
		.size = BLOCK,
		.size_max = 16 << 20,
		.set_up = fill_file_cold,
		.attempt = attempt_read,
	},
	{
		.name = "file-direct",
		.help = "read a file with O_DIRECT",
		.syscall = "read",
		.class = "disk",
		.object_kind = "file",
		.sleep = "uninterruptible",
		.wakers = DISK_WAKERS,
		.sleeps = SLEEPS_MAYBE,
		.uses_file = true,
		.size = BLOCK,
		.size_max = 16 << 20,
		.size_multiple = BLOCK,
		.set_up = fill_file_direct,
		.attempt = attempt_read,
	},
	{
		/* May sleep several times: for the data, for the journal. */
		.name = "fsync",
		.help = "append to a file and fsync it",
		.syscall = "fsync",
		.class = "disk",
		.object_kind = "file",
		.sleep = "uninterruptible",
		.wakers = DISK_WAKERS,
		.sleeps = SLEEPS_MAYBE,
		.uses_file = true,
		.size = BLOCK,
		.size_max = 16 << 20,
		.set_up = create_file,
		.prepare = append,
		.attempt = attempt_fsync,
	},
	{0},
};
