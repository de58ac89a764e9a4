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

#include "block_file.h"
#include "check.h"
#include "scene.h"
#include "scratch.h"

static void create_file(struct scene *scene)
{
	scene->fd = block_file__create(scene->path, scene->operations, scene->size);
	snprintf(scene->object, sizeof(scene->object), "file %s", scratch__path());
}

static void fill_file(struct scene *scene)
{
	create_file(scene);
	block_file__fill(scene->fd, scene->operations, scene->message, scene->size);
}

static void fill_file_cold(struct scene *scene)
{
	fill_file(scene);
	block_file__cool(scene->fd);
}

static void fill_file_direct(struct scene *scene)
{
	fill_file(scene);
	close(scene->fd);
	scene->fd = block_file__open(O_RDONLY | O_DIRECT);
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
		.size = BLOCK_FILE_BLOCK,
		.size_max = BLOCK_FILE_BLOCK_MAX,
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
		.size = BLOCK_FILE_BLOCK,
		.size_max = BLOCK_FILE_BLOCK_MAX,
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
		.size = BLOCK_FILE_BLOCK,
		.size_max = BLOCK_FILE_BLOCK_MAX,
		.size_multiple = BLOCK_FILE_BLOCK,
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
		.size = BLOCK_FILE_BLOCK,
		.size_max = BLOCK_FILE_BLOCK_MAX,
		.set_up = create_file,
		.prepare = append,
		.attempt = attempt_fsync,
	},
	{0},
};
