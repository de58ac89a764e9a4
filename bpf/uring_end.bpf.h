/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* io_uring: completions, the requests that they end, and how these were served. */
#ifndef WAITSCOPE_URING_END_BPF_H
#define WAITSCOPE_URING_END_BPF_H

#include "uring.bpf.h"
#include "uring_taken.bpf.h"

/* include/uapi/linux/io_uring.h */
#define CQE_MORE	 0x02
#define CQE_NOTIFICATION 0x08
#define REQUEST_CQE_SKIP 0x40 /* IOSQE_CQE_SKIP_SUCCESS, 5.17 */

/* What a completion says: struct io_uring_cqe, and what we know of it. */
struct uring_result {
	u64 user_data;
	s32 result;
	u32 flags;
	struct uring_posted posted; /* the request that it ended; row 0: none */
};

#define URING_ENTRY_BYTES 16

/* Has it been completed by the call that submitted it, before that slept? */
static __always_inline bool uring__is_inline(const struct uring_request *request)
{
	struct thread_row *thread;
	u32 number;

	thread = thread__of((void *)bpf_get_current_task_btf(), &number);
	if (!thread || number != request->thread)
		return false;
	if ((u32)thread->ledger.voluntary != request->slept)
		return false;
	return (thread->flags & THREAD_IO_WORKER) || thread->ledger.call_since <= request->since;
}

/*
 * How the kernel served it; the strongest evidence decides. A read of a file that is in memory may
 * start a read-ahead: that has used the device, but not waited for it.
 */
static __always_inline u32 uring__served(const struct uring_request *request)
{
	bool at_once = uring__is_inline(request);

	if (request->punted)
		return SERVED_PUNTED;
	if (request->polled)
		return SERVED_POLLED;
	if (request->device && !(at_once && request->device == URING_BUFFERED))
		return SERVED_DEVICE;
	if (request->operation == URING_TIMEOUT || request->operation == URING_LINK_TIMEOUT)
		return SERVED_OTHER;
	if (at_once)
		return SERVED_INLINE;
	return request->operation == URING_POLL_ADD ? SERVED_POLLED : SERVED_OTHER;
}

static __always_inline void uring__count_bytes(struct request_row *row, s64 result)
{
	if (operation__is_in(URING_BYTES_OPERATIONS, row->key.operation))
		request__moved(row, result);
}

/* A completion that ends no request that is followed. */
static __always_inline void uring__count_beside(u64 ring, u64 address,
						const struct uring_result *result)
{
	struct uring_origin origin = {ring, result->user_data};
	struct thread_row *thread;
	struct request_row *row;
	u32 number, *many;

	many = bpf_map_lookup_elem(&uring_many, &origin);
	row = many ? ROW(requests, *many) : 0;
	if (row && row->key.api == REQUEST_IO_URING) {
		__sync_fetch_and_add(&row->more, 1);
		if (!(result->flags & CQE_NOTIFICATION))
			uring__count_bytes(row, result->result);
		if (!(result->flags & CQE_MORE))
			bpf_map_delete_elem(&uring_many, &origin);
		return;
	}
	thread = thread__of((void *)bpf_get_current_task_btf(), &number);
	if (!thread || !thread->process)
		return;
	if (address && !(result->flags & CQE_NOTIFICATION)) {
		struct io_kiocb *kiocb = (void *)address;

		request__censored(thread->process, REQUEST_IO_URING, BPF_CORE_READ(kiocb, opcode));
		return;
	}
	number = request__look_up(thread->process, REQUEST_IO_URING, URING_UNPAIRED, 0);
	row = number ? ROW(requests, number) : 0;
	if (row)
		__sync_fetch_and_add(&row->more, 1);
}

/* A timeout that expires has done what it was asked for. */
static __always_inline s32 uring__outcome(const struct uring_request *request, s32 result)
{
	bool times =
		request->operation == URING_TIMEOUT || request->operation == URING_LINK_TIMEOUT;

	return times && result == -ETIME ? 0 : result;
}

/* The request has ended; true if it is to be deleted from those in flight. */
static __always_inline bool uring__end(struct uring_request *request, struct uring_result *result,
				       u64 now)
{
	s32 outcome = uring__outcome(request, result->result);
	struct request_row *row = uring__row(request);

	if (request->shared) /* one of several, not followed */
		return --request->shared == 0;
	if (!row)
		return true;
	uring__count_bytes(row, result->result);
	if ((result->flags & CQE_MORE) &&
	    !operation__is_in(URING_ZERO_COPY_OPERATIONS, request->operation)) {
		__sync_fetch_and_add(&row->more, 1);
		return false;
	}
	if (request->silent) { /* it has failed: what was given up is known after all */
		__sync_fetch_and_add(&row->unseen, -1);
		request__ended(row, request->since, now, outcome);
	} else {
		request__completed(row, request->since, now, outcome);
	}
	request__served(row, uring__served(request));
	result->posted = (struct uring_posted){
		.since = request->since,
		.posted = now,
		.row = request->row,
		.process = request->process,
	};
	return true;
}

/* Pairs a completion with its request, and says so in `result`. `address` 0: it names none. */
GLOBAL int uring__complete(u64 ring, u64 address, struct uring_result *result, u64 now)
{
	struct uring_request *request;
	struct uring_origin origin;
	u64 key;

	if (!result)
		return 0;
	key = uring__key(address, ring, result->user_data);
	request = key ? bpf_map_lookup_elem(&uring_requests, &key) : 0;
	if (request && (request->ring != ring || request->user_data != result->user_data)) {
		/* of a thread that is not traced, in memory that was used before */
		uring__forget(request);
		bpf_map_delete_elem(&uring_requests, &key);
		request = 0;
	}
	if (!request) {
		uring__count_beside(ring, address, result);
		return 0;
	}
	if (!uring__end(request, result, now))
		return 0;
	if (request->many && !(result->flags & CQE_MORE)) {
		origin = (struct uring_origin){ring, result->user_data};
		bpf_map_delete_elem(&uring_many, &origin);
	}
	bpf_map_delete_elem(&uring_requests, &key);
	return 0;
}

/* Requests of a flush that are looked through for the one whose completion did not fit. */
#define FLUSH_MOST 256

struct uring_flush {
	u64 ring, user_data;
	struct io_wq_work_node *node;
	u64 found; /* address of the request, 0: not yet */
};

static int uring__look_through(u32 index, struct uring_flush *flush)
{
	struct io_wq_work_node *node = flush->node;
	u64 address = (u64)node - bpf_core_field_offset(struct io_kiocb, comp_list);
	struct uring_request *request;

	(void)index;
	if (!node)
		return 1;
	request = bpf_map_lookup_elem(&uring_requests, &address);
	if (request && request->ring == flush->ring && request->user_data == flush->user_data) {
		flush->found = address;
		return 1;
	}
	flush->node = BPF_CORE_READ(node, next);
	return 0;
}

/*
 * The request of a completion that found the queue full: the tracepoint does not name it, but
 * the kernel is walking the list of those it completes, and those before have left our books.
 */
GLOBAL int uring__complete_overflow(u64 ring, struct uring_result *result, u64 now)
{
	struct io_ring_ctx *context = (void *)ring;
	struct uring_flush flush = {.ring = ring};
	struct uring_request *request;
	struct request_row *row;

	if (!result || !have_loop || !bpf_core_field_exists(context->submit_state.compl_reqs.first))
		return 0;
	flush.user_data = result->user_data;
	flush.node = BPF_CORE_READ(context, submit_state.compl_reqs.first);
	bpf_loop(FLUSH_MOST, uring__look_through, &flush, 0);
	request = flush.found ? bpf_map_lookup_elem(&uring_requests, &flush.found) : 0;
	row = request ? uring__row(request) : 0;
	if (row)
		__sync_fetch_and_add(&row->overflowed, 1);
	if (request)
		uring__complete(ring, flush.found, result, now);
	return 0;
}

#endif
