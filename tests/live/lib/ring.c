// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/live/lib/ring.h"
#include "tests/live/lib/role.h"

static void *at(const struct ring *ring, unsigned int offset)
{
	return (char *)ring->memory + offset;
}

static void *map(int fd, size_t size, uint64_t offset)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd,
			    (off_t)offset);

	role__check(memory == MAP_FAILED ? -1 : 0, "mmap of a ring");
	return memory;
}

void ring__open(struct ring *ring, unsigned int entries, unsigned int completions)
{
	struct io_uring_params parameters = {
		.flags = completions ? IORING_SETUP_CQSIZE : 0,
		.cq_entries = completions,
	};

	memset(ring, 0, sizeof(*ring));
	ring->fd = (int)role__check(syscall(SYS_io_uring_setup, entries, &parameters),
				    "io_uring_setup");
	ring->entries = parameters.sq_entries;
	/* one mapping for both queues (5.4) */
	ring->size = parameters.cq_off.cqes + parameters.cq_entries * sizeof(*ring->cqes);
	if (ring->size < parameters.sq_off.array + parameters.sq_entries * sizeof(unsigned int))
		ring->size = parameters.sq_off.array + parameters.sq_entries * sizeof(unsigned int);
	ring->memory = map(ring->fd, ring->size, IORING_OFF_SQ_RING);
	ring->sqes = map(ring->fd, parameters.sq_entries * sizeof(*ring->sqes), IORING_OFF_SQES);
	ring->cqes = at(ring, parameters.cq_off.cqes);
	ring->sq_tail = at(ring, parameters.sq_off.tail);
	ring->sq_array = at(ring, parameters.sq_off.array);
	ring->cq_head = at(ring, parameters.cq_off.head);
	ring->cq_tail = at(ring, parameters.cq_off.tail);
	ring->sq_mask = *(unsigned int *)at(ring, parameters.sq_off.ring_mask);
	ring->cq_mask = *(unsigned int *)at(ring, parameters.cq_off.ring_mask);
}

void ring__close(struct ring *ring)
{
	munmap(ring->sqes, ring->entries * sizeof(*ring->sqes));
	munmap(ring->memory, ring->size);
	close(ring->fd);
}

struct io_uring_sqe *ring__request(struct ring *ring, int operation, int fd, uint64_t user_data)
{
	unsigned int place = *ring->sq_tail & ring->sq_mask;
	struct io_uring_sqe *request = &ring->sqes[place];

	role__check(ring->filled < ring->entries ? 0 : -1, "no room in the ring");
	memset(request, 0, sizeof(*request));
	request->opcode = (uint8_t)operation;
	request->fd = fd;
	request->user_data = user_data;
	ring->sq_array[place] = place;
	__atomic_store_n(ring->sq_tail, *ring->sq_tail + 1, __ATOMIC_RELEASE);
	ring->filled++;
	return request;
}

int ring__enter(struct ring *ring, unsigned int wait)
{
	long done = syscall(SYS_io_uring_enter, ring->fd, ring->filled, wait,
			    wait ? IORING_ENTER_GETEVENTS : 0, NULL, 0);

	if (done < 0)
		return -errno;
	ring->filled -= (unsigned int)done;
	return (int)done;
}

unsigned int ring__take(struct ring *ring, unsigned int most)
{
	unsigned int tail = __atomic_load_n(ring->cq_tail, __ATOMIC_ACQUIRE);
	unsigned int there = tail - *ring->cq_head;

	if (there > most)
		there = most;
	__atomic_store_n(ring->cq_head, *ring->cq_head + there, __ATOMIC_RELEASE);
	return there;
}
