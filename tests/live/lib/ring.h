/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * io_uring by its system calls, for roles: the tests want to break the rules that a library keeps.
 */
#ifndef WAITSCOPE_LIVE_RING_H
#define WAITSCOPE_LIVE_RING_H

#include <linux/io_uring.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring {
	int fd;
	unsigned int entries;
	unsigned int filled; /* requests that are in the queue and not submitted yet */
	void *memory;
	size_t size;
	struct io_uring_sqe *sqes;
	struct io_uring_cqe *cqes;
	unsigned int *sq_tail, *sq_array, *cq_head, *cq_tail;
	unsigned int sq_mask, cq_mask;
};

/* Exits if that fails. `completions` 0: as many as the kernel likes. */
void ring__open(struct ring *ring, unsigned int entries, unsigned int completions);
void ring__close(struct ring *ring);

/* The next request, zeroed; there has to be room. */
struct io_uring_sqe *ring__request(struct ring *ring, int operation, int fd, uint64_t user_data);

/* Submits what is there, and waits for so many completions. Returns how many were submitted, or a
 * negative errno. */
int ring__enter(struct ring *ring, unsigned int wait);

/* Takes completions that are there, at most `most`. Returns how many. */
unsigned int ring__take(struct ring *ring, unsigned int most);

#endif
