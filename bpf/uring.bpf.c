/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * io_uring: requests from their submission to the completion that is posted (full tier).
 *
 * The tracepoints have changed their names and arguments many times. Where the arguments stand is
 * found out from the kernel's BTF before the load (names/uring_hooks.c), and set in `uring`.
 */
#include "overhead.bpf.h"
#include "uring_end.bpf.h"

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
	if (!thread || !thread->process || request.since >= hot.window_end)
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
	if (thread->flags & THREAD_IO_WORKER)
		uring__look(request.ring,
			    request.since); /* SQPOLL: no syscall shows what is taken */
	else
		thread->uring_ring = request.ring;
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
		bpf_probe_read_kernel(result, URING_ENTRY_BYTES,
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
	TIMED u64 now = bpf_ktime_get_ns();
	struct uring_result result = {};
	u64 ring;

	if (now >= hot.window_end)
		return 0;
	uring__read_result(arguments, &result);
	ring = uring__argument(arguments, uring.complete.ring);
	uring__complete(ring, uring__argument(arguments, uring.complete.request), &result, now);
	if (result.posted.row) {
		uring__look(ring, now);
		uring__post(ring, &result.posted);
	}
	return 0;
}

/* The completion queue is full: the kernel keeps the completion until there is room. */
SEC("?tp_btf/io_uring_cqe_overflow")
int uring_overflow(void *arguments)
{
	TIMED u64 now = bpf_ktime_get_ns();
	struct uring_result result = {};

	if (now >= hot.window_end)
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
