/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a request of io_uring is, and how it is found again.
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
#ifndef WAITSCOPE_URING_BPF_H
#define WAITSCOPE_URING_BPF_H

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

/* The memory of one that was in flight is used again: it has ended, and how was not seen. */
static __always_inline void uring__forget(const struct uring_request *request)
{
	struct request_row *row = uring__row(request);

	if (row && !request->silent)
		request__forgotten(row, request->since);
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

#endif
