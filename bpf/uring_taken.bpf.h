/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * io_uring: when the program takes completions out of the ring.
 *
 * It does that in its own memory, by moving the head of the completion queue on, and nobody is
 * told. But the head can be read whenever anything else is seen of the ring, or of a thread that
 * uses it: at the entry and the return of each of that thread's syscalls, when a completion is
 * posted, and when an SQPOLL thread submits. A completion that the head has passed was taken after
 * the last look that found it in the queue (and after it was posted), and before the look that did
 * not. Both instants are counted; the truth is between them.
 *
 * What is never seen to be taken is not counted at all, so that it shows in the difference to the
 * completed ones: what waits when the ring or the program ends, and what did not fit in the queue.
 */
#ifndef WAITSCOPE_URING_TAKEN_BPF_H
#define WAITSCOPE_URING_TAKEN_BPF_H

#include "request.bpf.h"
#include "wait.bpf.h"

/* The completion queue of a ring. */
struct uring_ring {
	u64 born;   /* tells it from another ring that had the same address */
	u64 rings;  /* address of the struct io_rings, which the program shares */
	u64 looked; /* the last look: what is past `head` was still there */
	u32 head;   /* completions that had been taken by then */
	u32 posted; /* ... that had been posted, as far as they are followed */
};

struct uring_place {
	u64 ring;  /* address of the struct io_ring_ctx */
	u64 place; /* what the head is when it has been taken: 32 bits, which wrap around */
};

/* A completion in the queue that ended a request. */
struct uring_posted {
	u64 born;	   /* of its ring */
	u64 since, posted; /* the request was submitted, and complete */
	u32 row, process;
};

/* When these are full the oldest make room: of rings that were closed there is no notice. */
LATEST(uring_rings, u64, struct uring_ring); /* by the address of the struct io_ring_ctx */
LATEST(uring_posted, struct uring_place, struct uring_posted);

/* Completions of one look. So many are taken at once by nobody who is known. */
#define TAKEN_MOST 4096

#define REF_DEAD 2 /* __PERCPU_REF_DEAD, include/linux/percpu-refcount.h */

/*
 * Head and tail of the queue. False if the ring has been closed: its memory may be another's by
 * now, so the ring's own word for where the queue is has to be as before, and its count of users
 * alive.
 */
static __always_inline bool uring__read_queue(u64 address, const struct uring_ring *ring, u32 *head,
					      u32 *tail)
{
	struct io_ring_ctx *context = (void *)address;
	struct io_rings *rings;
	u64 users;

	if (have_rdonly_cast) {
		context = CAST(address, struct io_ring_ctx);
		rings = context->rings;
		users = context->refs.percpu_count_ptr;
	} else {
		rings = BPF_CORE_READ(context, rings);
		users = BPF_CORE_READ(context, refs.percpu_count_ptr);
	}
	if ((u64)rings != ring->rings || users & REF_DEAD)
		return false;
	/* in this order, or the head could be past the tail */
	if (have_rdonly_cast) {
		*head = CAST(rings, struct io_rings)->cq.head;
		barrier();
		*tail = CAST(rings, struct io_rings)->cq.tail;
	} else {
		*head = BPF_CORE_READ(rings, cq.head);
		*tail = BPF_CORE_READ(rings, cq.tail);
	}
	return true;
}

struct uring_taking {
	u64 ring, born;
	u64 earliest, latest;
	u32 first; /* place */
	u32 pad;
};

static int uring__take_one(u32 index, struct uring_taking *taking)
{
	struct uring_place place = {taking->ring, (u32)(taking->first + index)};
	struct uring_posted *posted;
	struct request_row *row;
	u64 earliest;

	posted = bpf_map_lookup_elem(&uring_posted, &place);
	if (!posted || posted->born != taking->born)
		return 0;
	row = ROW(requests, posted->row);
	if (row && row->key.process == posted->process && row->key.api == REQUEST_IO_URING) {
		earliest = taking->earliest;
		if (earliest < posted->posted)
			earliest = posted->posted;
		request__taken(row, posted->since, earliest, taking->latest);
	}
	bpf_map_delete_elem(&uring_posted, &place);
	return 0;
}

/* What has been taken out of this ring since it was looked at last? */
GLOBAL int uring__look(u64 address, u64 now)
{
	struct uring_taking taking = {.ring = address, .latest = now};
	struct uring_ring *ring;
	u32 before, head, tail, count;

	if (!have_loop)
		return 0;
	ring = bpf_map_lookup_elem(&uring_rings, &address);
	if (!ring)
		return 0;
	before = ring->head;
	if (before == ring->posted)
		return 0; /* nothing that is followed is there */
	if (!uring__read_queue(address, ring, &head, &tail) || head - before > tail - before)
		return 0;
	if ((s32)(head - before) < 0)
		return 0; /* heads only grow: a new ring has the memory of a closed one */
	taking.earliest = ring->looked;
	taking.born = ring->born;
	taking.first = before + 1;
	if ((s32)(head - ring->posted) > 0)
		head = ring->posted; /* the rest is of requests that are not followed */
	/* who sees it first counts them: somebody may look on another CPU */
	if (head != before && __sync_val_compare_and_swap(&ring->head, before, head) != before)
		return 0;
	if (now > ring->looked)
		ring->looked = now;
	count = head - before;
	if (count > TAKEN_MOST)
		count = TAKEN_MOST;
	if (count)
		bpf_loop(count, uring__take_one, &taking, 0);
	return 0;
}

/* The ring's queue; made if there is none. NULL: no room. */
static __always_inline struct uring_ring *uring__ring(u64 address, u32 place, u64 now)
{
	struct uring_ring *ring = bpf_map_lookup_elem(&uring_rings, &address);
	struct uring_ring fresh = {
		.born = now, .looked = now, .head = place - 1, .posted = place - 1};

	/* places only grow: else it is another ring at this address */
	if (ring && (s32)(place - ring->posted) > 0)
		return ring;
	bpf_map_update_elem(&uring_rings, &address, &fresh, BPF_ANY);
	return bpf_map_lookup_elem(&uring_rings, &address);
}

/*
 * A completion that ends a request is being put into its ring. The kernel has counted it by then,
 * before 6.1 (which `work_llist` came with) not yet.
 */
GLOBAL int uring__post(u64 address, const struct uring_posted *given)
{
	struct io_ring_ctx *context = (void *)address;
	struct uring_place place = {.ring = address};
	struct uring_posted posted;
	struct uring_ring *ring;
	u32 head, tail;

	if (!have_loop || !given)
		return 0;
	posted = *given;
	place.place = BPF_CORE_READ(context, cached_cq_tail);
	if (!bpf_core_field_exists(((struct io_ring_ctx___6_1 *)context)->work_llist))
		place.place = (u32)place.place + 1;
	ring = uring__ring(address, place.place, posted.posted);
	if (!ring)
		return 0;
	ring->rings = (u64)BPF_CORE_READ(context, rings); /* it can be given larger ones (6.13) */
	if (ring->head == ring->posted && uring__read_queue(address, ring, &head, &tail)) {
		ring->head = head;
		ring->looked = posted.posted;
	}
	posted.born = ring->born;
	if (!bpf_map_update_elem(&uring_posted, &place, &posted, BPF_ANY))
		ring->posted = place.place;
	return 0;
}

/* io_uring_enter is entered: which ring does this thread use? */
GLOBAL int uring__enter(struct thread_row *thread, u64 now)
{
	struct task_struct *task = (void *)bpf_get_current_task_btf();
	struct call_facts call = {};
	struct file *file;
	u64 ring;

	if (!thread)
		return 0;
	call__read(task, thread, &call);
	if (call.args[3] & URING_ENTER_REGISTERED)
		return 0; /* no descriptor, but a number of its own: the ring is that of before */
	file = (void *)file_at(task, call.args[0]);
	ring = file ? (u64)BPF_CORE_READ(file, private_data) : 0;
	if (!ring || ring == thread->uring_ring || !bpf_map_lookup_elem(&uring_rings, &ring))
		return 0;
	thread->uring_ring = ring;
	uring__look(ring, now);
	return 0;
}

#endif
