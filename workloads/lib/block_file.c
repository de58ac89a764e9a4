// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE 1
#include "block_file.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "arguments.h"
#include "check.h"
#include "scratch.h"

enum { BLOCKS_PER_CALL = 64 };

static const uint64_t FILE_MAX = 1ULL << 30;

int block_file__create(const char *path, uint64_t operations, uint64_t size)
{
	if (size > FILE_MAX / operations)
		usage_error("--ops times --size is more than 1G: too large a file");
	return scratch__create(path);
}

/* Many blocks a call: what sets the stage should not be mistaken for the play. */
void block_file__fill(int fd, uint64_t operations, const char *block, uint64_t size)
{
	struct iovec blocks[BLOCKS_PER_CALL];

	for (uint64_t i = 0; i < BLOCKS_PER_CALL; i++)
		blocks[i] = (struct iovec){.iov_base = (void *)block, .iov_len = size};
	for (uint64_t left = operations; left > 0;) {
		int count = left < BLOCKS_PER_CALL ? (int)left : BLOCKS_PER_CALL;

		if (check(writev(fd, blocks, count), "writev") != count * (int64_t)size)
			errx(EXIT_FAILURE, "%s: disk full", scratch__path());
		left -= (uint64_t)count;
	}
	check(fsync(fd), "fsync");
	check(lseek(fd, 0, SEEK_SET), "lseek");
}

void block_file__cool(int fd)
{
	check_error(posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM), "posix_fadvise");
	check_error(posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED), "posix_fadvise");
}

int block_file__open(int flags)
{
	return (int)check(open(scratch__path(), flags | O_CLOEXEC),
			  flags & O_DIRECT ? "open with O_DIRECT" : "open");
}

bool block_file__is_direct_to_device(int fd)
{
	struct statfs status;

	check(fstatfs(fd, &status), "fstatfs");
	return status.f_type == EXT4_SUPER_MAGIC || status.f_type == XFS_SUPER_MAGIC;
}
