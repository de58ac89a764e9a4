// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "ring.h"

#include <string.h>

#include "check.h"

const char *const ring_setup_names[RING_SETUPS] = {"default", "sqpoll", "defer-taskrun"};

/* The thread of SQPOLL must not fall asleep while a slow machine holds us up: then the next
 * submission would be a system call. */
enum { SQPOLL_IDLE_MS = 10000 };

/* Room for completions that come faster than they are taken: without, a multishot would end. */
enum { ENTRIES_MIN = 64 };

void ring__set_up(struct ring *ring, enum ring_setup setup, uint64_t entries, int poller_cpu)
{
	struct io_uring_params parameters = {0};
	int error;

	*ring = (struct ring){.setup = setup};
	if (setup == RING_SQPOLL) {
		parameters.flags = IORING_SETUP_SQPOLL | IORING_SETUP_SQ_AFF;
		parameters.sq_thread_cpu = (unsigned int)poller_cpu;
		parameters.sq_thread_idle = SQPOLL_IDLE_MS;
	} else if (setup == RING_DEFER_TASKRUN) {
		parameters.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
	}
	if (entries < ENTRIES_MIN)
		entries = ENTRIES_MIN;
	error = -io_uring_queue_init_params((unsigned int)entries, &ring->ring, &parameters);
	if (error == EPERM || error == ENOSYS)
		errx(EXIT_FAILURE, "io_uring is not allowed on this machine: %s", strerror(error));
	if (error)
		errx(EXIT_FAILURE, "io_uring with the set-up '%s': %s", ring_setup_names[setup],
		     strerror(error));
}

void ring__tear_down(struct ring *ring)
{
	io_uring_queue_exit(&ring->ring);
}

struct io_uring_sqe *ring__new_entry(struct ring *ring)
{
	struct io_uring_sqe *entry = io_uring_get_sqe(&ring->ring);

	/* The kernel's thread may not have said yet that it took what it has already done. */
	while (!entry && ring->setup == RING_SQPOLL)
		entry = io_uring_get_sqe(&ring->ring);
	if (!entry)
		errx(EXIT_FAILURE, "the submission queue is full");
	return entry;
}

static void count_batch(struct ring *ring, uint64_t batch)
{
	ring->submits += batch > 0;
	if (batch > ring->batch_submit_max)
		ring->batch_submit_max = batch;
}

static bool thread_is_asleep(const struct ring *ring)
{
	return IO_URING_READ_ONCE(*ring->ring.sq.kflags) & IORING_SQ_NEED_WAKEUP;
}

void ring__submit(struct ring *ring, struct calls *calls)
{
	const unsigned int batch = ring->ring.sq.sqe_tail - ring->ring.sq.sqe_head;
	int taken;

	if (!batch)
		return;
	count_batch(ring, batch);
	if (ring->setup != RING_SQPOLL || thread_is_asleep(ring))
		calls__count(calls, "io_uring_enter");
	taken = io_uring_submit(&ring->ring);
	check_error(taken < 0 ? -taken : 0, "io_uring_submit");
}

void ring__submit_and_wait(struct ring *ring, struct calls *calls)
{
	int result;

	if (ring->setup == RING_SQPOLL) {
		ring__submit(ring, calls);
		while (!io_uring_cq_ready(&ring->ring))
			;
		return;
	}
	count_batch(ring, ring->ring.sq.sqe_tail - ring->ring.sq.sqe_head);
	do {
		calls__count(calls, "io_uring_enter");
		result = io_uring_submit_and_wait(&ring->ring, 1);
	} while (result == -EINTR);
	check_error(result < 0 ? -result : 0, "io_uring_submit_and_wait");
}

unsigned int ring__reap(struct ring *ring, void (*take)(void *owner, const struct io_uring_cqe *),
			void *owner)
{
	struct io_uring_cqe *completion;
	unsigned int head, count = 0;

	io_uring_for_each_cqe(&ring->ring, head, completion)
	{
		take(owner, completion);
		count++;
	}
	io_uring_cq_advance(&ring->ring, count);
	if (count > ring->batch_reap_max)
		ring->batch_reap_max = count;
	return count;
}
