/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Inside collect/aio_probes: the C libraries whose functions for POSIX AIO have uprobes. Each file
 * gets them once, however often and from wherever it is mapped.
 */
#ifndef WAITSCOPE_COLLECT_AIO_LIBRARIES_H
#define WAITSCOPE_COLLECT_AIO_LIBRARIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "collect/uprobes.h"

/* A file that was looked at. Where it is overlaid, the device is that of the overlay: containers
 * of one image map the same file then, and the rest tells that it is. */
struct aio_library {
	unsigned int major, minor; /* as a process maps it */
	uint64_t inode;
	uint64_t device; /* 0: overlaid */
	ino_t number;
	off_t size;
	struct timespec changed;
};

struct aio_libraries {
	struct uprobes uprobes;
	struct bpf_program *entered, *returned; /* what the probes run */
	struct aio_library *files;
	size_t count;
};

/* Has what a process maps (device and inode as it maps it) been looked at? */
bool aio_libraries__know(const struct aio_libraries *libraries, const struct aio_library *mapped);

/* Puts probes on the functions that the file has; fills in the rest of `library`. 0 or a negative
 * errno. */
int aio_libraries__probe(struct aio_libraries *libraries, struct aio_library *library, int fd);

/* Takes the probes off, and frees what is in it. */
void aio_libraries__clear(struct aio_libraries *libraries);

#endif
