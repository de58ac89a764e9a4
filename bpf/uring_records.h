/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where the arguments of io_uring's tracepoints are: filled by user space, read by the programs. */
#ifndef WAITSCOPE_URING_RECORDS_H
#define WAITSCOPE_URING_RECORDS_H

#include <linux/types.h>

/* Positions of arguments, from 1; 0: the tracepoint has no such argument, or does not exist. */
struct uring_complete_arguments {
	__u32 ring;
	__u32 request;			/* not before 5.18 */
	__u32 entry;			/* 6.15: struct io_uring_cqe, in place of the next three */
	__u32 user_data, result, flags; /* before */
};

struct uring_hooks {
	/* position of the request (struct io_kiocb *) */
	__u32 submit; /* io_uring_submit_req, before 6.4 io_uring_submit_sqe */
	__u32 work;   /* io_uring_queue_async_work */
	__u32 poll;   /* io_uring_poll_arm */
	__u32 failed; /* io_uring_req_failed */
	struct uring_complete_arguments complete;
	__u32 overflow; /* io_uring_cqe_overflow: 1 if it has ring, user_data, result, flags */
	/* bits of struct io_kiocb.flags that a request has whose completions are many */
	__u64 many_flags;
};

/* `device` of a request that has caused block I/O: through the page cache, or not */
#define URING_BUFFERED 1
#define URING_DIRECT   2

#endif
