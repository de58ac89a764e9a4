/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The scratch file as a row of blocks, one for each operation. */
#ifndef WORKLOADS_BLOCK_FILE_H
#define WORKLOADS_BLOCK_FILE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	BLOCK_FILE_BLOCK = 4096, /* what O_DIRECT asks of sizes, and the default */
	BLOCK_FILE_BLOCK_MAX = 16 << 20,
};

/* Creates it, empty. Refuses (status 2) what would be more than 1G. */
int block_file__create(const char *path, uint64_t operations, uint64_t size);

/*
 * Writes the block once for each operation, and all to the disk, so that the pages are clean.
 * Leaves the file position at the beginning.
 */
void block_file__fill(int fd, uint64_t operations, const char *block, uint64_t size);

/* Throws it out of the page cache. There is no read-ahead after this: each read has to wait. */
void block_file__cool(int fd);

/* Opens it again with the given flags (O_RDWR | O_DIRECT ...). */
int block_file__open(int flags);

/*
 * Does O_DIRECT reach a device without a detour through workers or the page cache? True for the
 * file systems of which that is known.
 */
bool block_file__is_direct_to_device(int fd);

#endif
