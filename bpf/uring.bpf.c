/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * io_uring: requests from their submission to the completion that is posted (full tier).
 *
 * The tracepoints have changed their names and arguments many times. Where the arguments stand is
 * found out from the kernel's BTF before the load (names/uring_hooks.c), and set in `uring`.
 *
 * A request is known by the address of its struct io_kiocb. The kernel uses that memory again for
 * another request, at once; one that is still in flight here then has ended without a completion
 * that was seen. The user_data of a request is the program's, and need not be unique; it is only
 * compared. Before 5.18, where a completion does not say of which request it is, user_data and
 * ring are what there is: requests that share them are not followed.
 *
 * Submitter and completer may be any thread: the program's, an SQPOLL thread or a worker (these are
 * of the same process), or a kernel thread that tears down the ring.
 */
#include "request.bpf.h"
#include "task.bpf.h"
#include "uring_records.h"
#include "wait.bpf.h"

struct uring_request {
	u64 since;
	u64 ring;
	u64 user_data;
	u32 row; /* in requests */
	u32 process;
	u32 thread; /* row of the thread that submitted it */
	u32 slept;  /* how often that had slept by then */
	u32 shared; /* before 5.18: how many requests of this key are not followed */
	u8 operation;
	/* what became of it */
	u8 punted, polled, device;
	u8 silent; /* it posts no completion if it succeeds */
	u8 many;   /* it is in uring_many */
	u8 pad[6];
};

/* What completions beside the last one have: they name no request. */
struct uring_origin {
	u64 ring, user_data;
};

INDEX(uring_requests, u64, struct uring_request); /* those in flight, by address */
INDEX(uring_many, struct uring_origin, u32);	  /* rows of those with many completions */

const volatile struct uring_hooks uring; /* where the arguments are */

/* include/uapi/linux/io_uring.h */
#define CQE_MORE	 0x02
#define CQE_NOTIFICATION 0x08
#define REQUEST_CQE_SKIP 0x40 /* IOSQE_CQE_SKIP_SUCCESS, 5.17 */

/* What a completion says: struct io_uring_cqe. */
struct uring_result {
	u64 user_data;
	s32 result;
	u32 flags;
};

/*
 * Argument `position` of a tracepoint. Read as memory: which one it is depends on the kernel, and
 * as a number, for some kernels say of a pointer what it points to, and others do not.
 */
static __always_inline u64 uring__argument(void *arguments, u32 position)
{
	u64 value = 0;

	if (position)
		bpf_probe_read_kernel(&value, sizeof(value), (u64 *)arguments + position - 1);
	return value;
}

static __always_inline void uring__identify(u64 address, struct uring_request *request, u64 *flags)
{
	struct io_kiocb *kiocb = (void *)address;
	struct io_kiocb___5_15 *older = (void *)address;

	request->ring = (u64)BPF_CORE_READ(kiocb, ctx); /* not cast: a number, no pointer */
	if (have_rdonly_cast) {
		kiocb = CAST(address, struct io_kiocb);
		request->operation = kiocb->opcode;
		request->user_data = kiocb->cqe.user_data;
		*flags = kiocb->flags;
		return;
	}
	request->operation = BPF_CORE_READ(kiocb, opcode);
	if (bpf_core_field_exists(kiocb->cqe))
		request->user_data = BPF_CORE_READ(kiocb, cqe.user_data);
	else
		request->user_data = BPF_CORE_READ(older, user_data);
	*flags = BPF_CORE_READ(kiocb, flags);
}

/* What finds a request: its address, or, where completions lack it, all that they have. */
static __always_inline u64 uring__key(u64 address, u64 ring, u64 user_data)
{
	if (uring.complete.request)
		return address;
	return (ring ^ user_data * 0x9e3779b97f4a7c15ULL) | 1;
}

/* Its row, unless user space has given that to another process meanwhile. */
static __always_inline struct request_row *uring__row(const struct uring_request *request)
{
	struct request_row *row = ROW(requests, request->row);

	return row && row->key.process == request->process && row->key.api == REQUEST_IO_URING ? row
											       : 0;
}

static __always_inline bool uring__has_many(u32 operation, u64 flags)
{
	return (flags & uring.many_flags) || operation == URING_POLL_ADD ||
	       operation == URING_TIMEOUT ||
	       operation__is_in(URING_ZERO_COPY_OPERATIONS, operation);
}

static __always_inline void uring__count_batch(struct thread_row *thread, struct request_row *row)
{
	const struct ledger *ledger = &thread->ledger;

	if (!(ledger->flags & LEDGER_IN_CALL) || thread->uring_call == ledger->call_since ||
	    !(call__traits(ledger->call) & TRAIT_URING_ENTER))
		return;
	thread->uring_call = ledger->call_since;
	__sync_fetch_and_add(&row->batches, 1);
}

/* The memory of one that was in flight is used again: it has ended, and how was not seen. */
static __always_inline void uring__forget(const struct uring_request *request)
{
	struct request_row *row = uring__row(request);

	if (row && !request->silent)
		request__forgotten(row, request->since);
}

/* 5.15 to 5.17: another one with this ring and user_data. Which is complete when, nobody knows. */
static __always_inline void uring__share(struct uring_request *known, struct request_row *row)
{
	if (!known->shared) {
		uring__forget(known);
		known->shared = 1;
	}
	known->shared++;
	request__unfollowed(row);
}

/* False if it is not followed. */
static __always_inline bool uring__insert(u64 key, const struct uring_request *request,
					  struct request_row *row)
{
	struct uring_request *known;

	if (!bpf_map_update_elem(&uring_requests, &key, request, BPF_NOEXIST))
		return true;
	known = bpf_map_lookup_elem(&uring_requests, &key);
	if (!known) {
		lose(LOSS_INFLIGHT);
		request__unfollowed(row);
		return false;
	}
	if (!uring.complete.request) {
		uring__share(known, row);
		return false;
	}
	uring__forget(known);
	*known = *request;
	return true;
}

/* The request at `address` begins, in the thread that submits it. */
GLOBAL int uring__submit(u64 address)
{
	struct uring_request request = {.since = bpf_ktime_get_ns()};
	struct uring_origin origin;
	struct thread_row *thread;
	struct request_row *row;
	u64 flags = 0, key;

	thread = thread__of((void *)bpf_get_current_task_btf(), &request.thread);
	if (!thread || !thread->process || request.since >= window_end)
		return 0;
	uring__identify(address, &request, &flags);
	request.process = thread->process;
	request.slept = thread->ledger.voluntary;
	request.silent = !!(flags & REQUEST_CQE_SKIP);
	request.many = uring__has_many(request.operation, flags);
	request.row = request__look_up(request.process, REQUEST_IO_URING, request.operation, 0);
	row = request.row ? ROW(requests, request.row) : 0;
	if (!row)
		return 0;
	uring__count_batch(thread, row);
	key = uring__key(address, request.ring, request.user_data);
	if (!uring__insert(key, &request, row))
		return 0;
	thread->uring_request = key;
	thread->uring_address = address;
	if (request.silent)
		request__unfollowed(row);
	else
		request__submitted(row, request.since);
	if (request.many) {
		origin = (struct uring_origin){request.ring, request.user_data};
		if (bpf_map_update_elem(&uring_many, &origin, &request.row, BPF_ANY))
			lose(LOSS_INFLIGHT);
	}
	return 0;
}

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
 * Does a worker complete it that did not submit it? One that has done a request goes on with the
 * one that is linked to it (io_wq_free_work()), and no tracepoint says that it was given that.
 */
static __always_inline bool uring__is_done_by_worker(const struct uring_request *request)
{
	struct thread_row *thread;
	u32 number;

	thread = thread__of((void *)bpf_get_current_task_btf(), &number);
	return thread && thread->flags & THREAD_IO_WORKER && number != request->thread;
}

/*
 * How the kernel served it; the strongest evidence decides. A read of a file that is in memory may
 * start a read-ahead: that has used the device, but not waited for it.
 */
static __always_inline u32 uring__served(const struct uring_request *request)
{
	bool at_once = uring__is_inline(request);

	if (request->punted || uring__is_done_by_worker(request))
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
static __always_inline bool uring__end(struct uring_request *request,
				       const struct uring_result *result, u64 now)
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
	return true;
}

/* Pairs a completion with its request. `address` 0: it names none. */
GLOBAL int uring__complete(u64 ring, u64 address, const struct uring_result *result, u64 now)
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
GLOBAL int uring__complete_overflow(u64 ring, const struct uring_result *result, u64 now)
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

static __always_inline struct uring_request *uring__find(u64 address)
{
	struct uring_request identity = {};
	u64 flags, key;

	if (!uring.complete.request)
		uring__identify(address, &identity, &flags);
	key = uring__key(address, identity.ring, identity.user_data);
	return bpf_map_lookup_elem(&uring_requests, &key);
}

/* io_uring_submit_req; before 6.4 it is attached to io_uring_submit_sqe. */
SEC("?tp_btf/io_uring_submit_req")
int uring_submit(void *arguments)
{
	uring__submit(uring__argument(arguments, uring.submit));
	return 0;
}

/* It failed before it was submitted, for what it asks is not possible: its end follows. */
SEC("?tp_btf/io_uring_req_failed")
int uring_failed(void *arguments)
{
	uring__submit(uring__argument(arguments, uring.failed));
	return 0;
}

/* It is given to a worker thread. */
SEC("?tp_btf/io_uring_queue_async_work")
int uring_work(void *arguments)
{
	struct uring_request *request = uring__find(uring__argument(arguments, uring.work));

	if (request)
		request->punted = 1;
	return 0;
}

/* It waits until its file is ready. */
SEC("?tp_btf/io_uring_poll_arm")
int uring_poll(void *arguments)
{
	struct uring_request *request = uring__find(uring__argument(arguments, uring.poll));

	if (request)
		request->polled = 1;
	return 0;
}

static __always_inline void uring__read_result(void *arguments, struct uring_result *result)
{
	if (uring.complete.entry) {
		bpf_probe_read_kernel(result, sizeof(*result),
				      (void *)uring__argument(arguments, uring.complete.entry));
		return;
	}
	result->user_data = uring__argument(arguments, uring.complete.user_data);
	result->result = uring__argument(arguments, uring.complete.result);
	result->flags = uring__argument(arguments, uring.complete.flags);
}

SEC("?tp_btf/io_uring_complete")
int uring_complete(void *arguments)
{
	u64 now = bpf_ktime_get_ns();
	struct uring_result result = {};

	if (now >= window_end)
		return 0;
	uring__read_result(arguments, &result);
	uring__complete(uring__argument(arguments, uring.complete.ring),
			uring__argument(arguments, uring.complete.request), &result, now);
	return 0;
}

/* The completion queue is full: the kernel keeps the completion until there is room. */
SEC("?tp_btf/io_uring_cqe_overflow")
int uring_overflow(void *arguments)
{
	u64 now = bpf_ktime_get_ns();
	struct uring_result result = {};

	if (now >= window_end)
		return 0;
	result.user_data = uring__argument(arguments, 2);
	result.result = uring__argument(arguments, 3);
	result.flags = uring__argument(arguments, 4);
	uring__complete_overflow(uring__argument(arguments, 1), &result, now);
	return 0;
}

/* Is the request that this thread submitted last still being issued? */
static __always_inline bool uring__is_issuing(const struct thread_row *thread,
					      const struct uring_request *request)
{
	const struct ledger *ledger = &thread->ledger;

	if (thread->flags & THREAD_IO_WORKER)
		return true;
	return (ledger->flags & LEDGER_IN_CALL) && request->since >= ledger->call_since &&
	       (call__traits(ledger->call) & TRAIT_URING_ENTER);
}

/* Block I/O is caused by whoever runs here: by a request, if one is being issued. */
SEC("?tp_btf/block_bio_queue")
int uring_block_io(void *arguments)
{
	struct uring_request *request;
	struct thread_row *thread;
	struct io_kiocb *kiocb;
	u32 number;
	u64 key;

	thread = thread__of((void *)bpf_get_current_task_btf(), &number);
	if (!thread || !thread->uring_request)
		return 0;
	key = thread->uring_request;
	request = bpf_map_lookup_elem(&uring_requests, &key);
	if (!request || request->device || request->thread != number ||
	    !operation__is_in(URING_FILE_OPERATIONS, request->operation) ||
	    !uring__is_issuing(thread, request))
		return 0;
	kiocb = (void *)thread->uring_address;
	request->device =
		BPF_CORE_READ(kiocb, file, f_flags) & FILE_DIRECT ? URING_DIRECT : URING_BUFFERED;
	return 0;
}
