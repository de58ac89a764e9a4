/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the BPF programs and user space share about I/O models: processes, event loops, calls that
 * would have blocked, and asynchronous requests. The rules of records.h hold here as well.
 */
#ifndef WAITSCOPE_IO_RECORDS_H
#define WAITSCOPE_IO_RECORDS_H

#include <linux/types.h>

/* What kind of call a syscall is: bits, set by user space (names/syscall_traits.c). */
#define TRAIT_IO	   0x0001 /* moves data, or a connection, through the file of argument 0 */
#define TRAIT_BYTES	   0x0002 /* ... and its result is a number of bytes */
#define TRAIT_WRITES	   0x0004 /* ... out of the program; without it, into it */
#define TRAIT_MULTIPLEX	   0x0008 /* waits for any of many: select, poll, epoll */
#define TRAIT_OPERATION	   0x0010 /* asleep in it, an operation is outstanding */
#define TRAIT_MESSAGE_ARG2 0x0020 /* argument 2 has MSG_DONTWAIT or not */
#define TRAIT_MESSAGE_ARG3 0x0040 /* argument 3 has */
#define TRAIT_AIO_SUBMIT   0x0080 /* io_submit */
#define TRAIT_AIO_REAP	   0x0100 /* io_getevents, io_pgetevents */
#define TRAIT_URING_ENTER  0x0200 /* io_uring_enter: a loop where it waits for completions */
#define TRAIT_CLOSES	   0x0400 /* the descriptor of argument 0 is free for another file */
#define TRAIT_SETTLES	   0x0800 /* getsockopt: SO_ERROR tells how a connect ended */
#define TRAIT_AIO_DESTROY  0x1000 /* io_destroy */
#define TRAIT_AIO	   (TRAIT_AIO_SUBMIT | TRAIT_AIO_REAP | TRAIT_AIO_DESTROY)
#define TRAIT_SERVES_AIO   0x2000 /* a C library's helper thread serves POSIX AIO with it */
#define TRAIT_POSITIONED   0x4000 /* argument 3 is the position in the file */

/* The functions of a C library that do POSIX AIO: what a uprobe has as its cookie. */
enum posix_aio_function {
	POSIX_AIO_NONE = 0,
	POSIX_AIO_READ = 1,
	POSIX_AIO_WRITE = 2,
	POSIX_AIO_FSYNC = 3,
	POSIX_AIO_LIST = 4, /* lio_listio */
	POSIX_AIO_SUSPEND = 5,
	POSIX_AIO_ERROR = 6,
	POSIX_AIO_RETURN = 7,
	POSIX_AIO_CANCEL = 8,
};

#define POSIX_AIO_FIRST_CALL POSIX_AIO_SUSPEND /* these and the ones after it are counted only */
#define POSIX_AIO_CALLS	     4

/* struct aiocb of <aio.h>: glibc and musl lay it out alike on 64-bit machines, `error` included,
 * to which neither gives a public name (asserted in user/collect/aio_libraries.c). */
struct posix_aio_control {
	__s32 fd;
	__s32 opcode; /* LIO_READ 0, LIO_WRITE 1, LIO_NOP 2 */
	__s32 priority;
	__s32 pad;
	__u64 buffer;
	__u64 bytes;
	__u64 event_value;
	__s32 event_signal;
	__s32 event_notify; /* SIGEV_* */
	__u64 event_rest[6];
	__u64 inside[2];
	__s32 error; /* EINPROGRESS until it is done */
	__s32 inside_too;
	__s64 result;
	__u64 offset;
};

/* What makes a syscall of a helper thread the work of a request. */
struct posix_aio_key {
	__u32 process; /* row in processes */
	__s32 fd;
	__u64 buffer; /* fsync has none, and no offset */
	__u64 offset;
	__u32 operation; /* enum posix_operation */
	__u32 pad;
};

#define POSIX_AIO_ANYWHERE (~0ULL) /* offset of a request on a file that has no positions */

/* A request in flight. */
struct posix_aio_request {
	__u64 since;	 /* when its function was entered; of several, these instants added up */
	__u64 control;	 /* address of its struct aiocb */
	__u32 request;	 /* row in requests */
	__u32 submitter; /* thread id */
	__u32 copies;	 /* requests in flight that cannot be told apart */
	__u32 alike;	 /* there was more than one */
};

/* A block request that is not completed yet. */
struct block_request {
	__u64 created;
	__u64 inserted;		/* in a queue, from which it was not issued yet; 0: it is in none */
	__u64 issued;		/* 0: not yet */
	__u32 process, request; /* rows */
};

/* What the threads of a process share. Several CPUs write it: atomics only. */
struct process_row {
	__u32 tgid;
	__u32 threads; /* thread rows that refer to it */
	/* on a CPU now, and most at once (full tier; a maximum that two CPUs raise at the same
	 * instant may be one short) */
	__u32 running, running_max;
	/* operations outstanding: threads asleep in an I/O call, and requests in flight */
	__s32 operations, operations_max;
	/* of the descriptors that were ever refused, modulo 64: calls on others need not ask */
	__u64 refused;
	__s32 connecting; /* connects in progress, as far as known: none, and nobody asks */
	__u32 aio;	  /* it has had Linux AIO requests in flight */
	__u64 ended;	  /* instant at which its last thread began to exit; 0: it lives */
	__u64 room[2];
	/* what changes seldom */
	__u64 posix_calls[POSIX_AIO_CALLS]; /* of aio_suspend, aio_error, aio_return, aio_cancel */
	__u32 execs; /* programs that it has begun: its libraries change with them */
	__u32 pad;
	__u64 more_room[3];
};

/*
 * A thread that comes back to one multiplexing call again and again. Its time since `begin` is, to
 * the nanosecond, idle + call + busy + blocked + delayed + unknown.
 */
struct loop_row {
	__u32 thread; /* row in threads */
	__u32 syscall;
	__u64 begin; /* entry of the first call; if that was before the window, the thread's start
		      */
	__u64 iterations; /* returns from the call */
	__u64 events;	  /* what these returned, added up; not known of io_uring_enter */
	__u64 empty;	  /* of them, returns with nothing ready */
	__u64 unslept;	  /* of the empty ones, those that never slept: polling */
	__u64 idle;	  /* ns asleep in the call */
	__u64 call;	  /* ns in the call and not asleep: on a CPU, or waiting for one */
	/* between a return and the next entry: */
	__u64 busy;    /* ns on a CPU */
	__u64 blocked; /* ns asleep: its handler was blocked */
	__u64 delayed; /* ns runnable or preempted */
	__u64 unknown;
	__u64 handlers;	     /* how many such stretches are complete */
	__u64 handler_total; /* ns, all of these */
	__u64 handler_min;
	__u64 longest, longest_blocked,
		longest_at; /* the longest one, its blocked part, its begin */
	__u32 longest_wait; /* row of the longest wait in it, 0: none */
	__u32 handler_histogram;
	__u64 readiness_count, readiness_total, readiness_min, readiness_max;
	__u32 readiness_histogram; /* waking to return from the call */
	__u32 batch_max;
	/* the stretch that is open: when the call returned (0: it is in the call), and the thread's
	 * sums then */
	__u64 since, since_busy, since_blocked, since_delayed, since_unknown;
	__u64 wait_longest; /* ns of the longest wait in it, so far */
	__u32 wait_row;
	__u32 watched; /* most descriptors that it was seen to watch; LOOP_MANY: any number */
	/* returns with nothing ready that had not slept: their row in attempts, for this descriptor
	 * or number of them, the first since it found something, and the last (0: none) */
	__u32 attempt, attempt_for;
	__u64 refused_first, refused_last;
};

#define LOOP_MANY 0xffffffff

/*
 * A thread has rows for so many objects; what is refused then and was not before goes into the row
 * of its call for all other objects. Or ten thousand connections would be as many rows and objects.
 */
#define THREAD_ATTEMPTS 64

/* What makes two refused calls the same row. */
struct attempt_key {
	__u32 thread; /* row in threads */
	__u32 object; /* row in objects, 0: none, or others */
	__u32 syscall;
	__u32 pad;
};

/*
 * Calls that would have blocked. A run is a sequence of refusals of one thread, on whatever object,
 * with no sleep and less than SPIN_PAUSE on a CPU between one and the next; it ends with an I/O
 * call that succeeds, too. It counts in the row that begins it, its CPU time in those that go on.
 */
#define SPIN_PAUSE 1000000 /* ns: who does so much between two tries has work to do */

struct attempt_row {
	struct attempt_key key;
	__u64 eagain, einprogress;
	__u64 empty; /* a multiplexing call that found nothing ready and was not to wait */
	__u64 spin_runs;
	__u64 spin_cpu;	   /* ns on a CPU from a run's first refused call to its last one's return,
			    * or the entry of the call that succeeds */
	__u64 longest_run; /* most refusals in one run */
	__u64 retries, retry_total, retry_min, retry_max; /* refusal to the next try */
	__u64 successes, readiness_total, readiness_min,
		readiness_max; /* first refusal to success */
	__u32 retry_histogram, readiness_histogram;
};

/* What a descriptor was refused for: each has an answer of its own. */
enum direction {
	DIRECTION_IN = 0,
	DIRECTION_OUT = 1,
	DIRECTION_CONNECT = 2, /* EINPROGRESS */
	DIRECTIONS = 3,
};

/*
 * A descriptor that refused, and its success that is still to come. Shared by the threads of a
 * process: who is refused need not be who succeeds. Kept on as a cache of `row`.
 */
struct episode_key {
	__u32 process; /* row in processes */
	__u32 descriptor;
	__u32 direction;
	__u32 pad;
};

struct episode {
	__u64 file, inode; /* struct file and inode number: what the descriptor was */
	__u64 first;	   /* first refusal since the last success; 0: none */
	__u64 last;	   /* last one, 0: tried again since */
	__u32 thread;	   /* who was refused, by which call, and its row in attempts */
	__u32 syscall;
	__u32 row;
	__u32 pad;
};

enum request_api {
	REQUEST_NONE = 0,
	REQUEST_POSIX_AIO = 1,
	REQUEST_LINUX_AIO = 2,
	REQUEST_IO_URING = 3,
	REQUEST_BLOCK = 4,
};

/* `operation` of POSIX AIO requests */
enum posix_operation {
	POSIX_READ = 0,
	POSIX_WRITE = 1,
	POSIX_FSYNC = 2,
};

/* How the kernel served a request. */
enum request_served {
	SERVED_INLINE = 0, /* done inside the submit */
	SERVED_POLLED = 1, /* armed on a poll */
	SERVED_PUNTED = 2, /* given to a worker thread */
	SERVED_DEVICE = 3, /* by a block device */
	SERVED_OTHER = 4,  /* later, by none of these: a timeout, a message of another ring */
	SERVED_KINDS = 5,
};

struct request_key {
	__u32 process;	 /* row in processes */
	__u16 api;	 /* enum request_api */
	__u16 operation; /* IORING_OP_*, IOCB_CMD_*, enum posix_operation, REQ_OP_* */
	__u32 device;	 /* of block requests: dev_t; else 0 */
	__u32 pad;
};

/* IORING_OP_* that have a say in how a request is counted (include/uapi/linux/io_uring.h) */
enum uring_operation {
	URING_READV = 1,
	URING_WRITEV = 2,
	URING_READ_FIXED = 4,
	URING_WRITE_FIXED = 5,
	URING_POLL_ADD = 6,
	URING_SENDMSG = 9,
	URING_RECVMSG = 10,
	URING_TIMEOUT = 11,
	URING_ACCEPT = 13,
	URING_LINK_TIMEOUT = 15,
	URING_READ = 22,
	URING_WRITE = 23,
	URING_SEND = 26,
	URING_RECV = 27,
	URING_SPLICE = 30,
	URING_TEE = 33,
	URING_SEND_ZC = 47,
	URING_SENDMSG_ZC = 48,
	URING_READ_MULTISHOT = 49,
	URING_WAITID = 50,
	URING_FUTEX_WAIT = 51,
	URING_FUTEX_WAITV = 53,
	URING_RECV_ZC = 58,
	URING_EPOLL_WAIT = 59,
	URING_READV_FIXED = 60,
	URING_WRITEV_FIXED = 61,
	URING_UNPAIRED = 255, /* completions that belong to no request that was seen */
};

#define OPERATION_BIT(operation) (1ULL << (operation))

static inline int operation__is_in(__u64 set, __u32 operation)
{
	return operation < 64 && (set >> operation & 1);
}

/* io_uring operations on the data of files: a block device may serve them */
#define URING_FILE_OPERATIONS                                                                      \
	(OPERATION_BIT(URING_READV) | OPERATION_BIT(URING_WRITEV) |                                \
	 OPERATION_BIT(URING_READ_FIXED) | OPERATION_BIT(URING_WRITE_FIXED) |                      \
	 OPERATION_BIT(URING_READ) | OPERATION_BIT(URING_WRITE) | OPERATION_BIT(URING_SPLICE) |    \
	 OPERATION_BIT(URING_TEE) | OPERATION_BIT(URING_READ_MULTISHOT) |                          \
	 OPERATION_BIT(URING_READV_FIXED) | OPERATION_BIT(URING_WRITEV_FIXED))
/* ... whose result is a number of bytes */
#define URING_BYTES_OPERATIONS                                                                     \
	(URING_FILE_OPERATIONS | OPERATION_BIT(URING_SENDMSG) | OPERATION_BIT(URING_RECVMSG) |     \
	 OPERATION_BIT(URING_SEND) | OPERATION_BIT(URING_RECV) | OPERATION_BIT(URING_SEND_ZC) |    \
	 OPERATION_BIT(URING_SENDMSG_ZC) | OPERATION_BIT(URING_RECV_ZC))
/* ... that wait for an event, or for a time: in flight, but no I/O that is outstanding */
#define URING_WAIT_OPERATIONS                                                                      \
	(OPERATION_BIT(URING_POLL_ADD) | OPERATION_BIT(URING_TIMEOUT) |                            \
	 OPERATION_BIT(URING_ACCEPT) | OPERATION_BIT(URING_LINK_TIMEOUT) |                         \
	 OPERATION_BIT(URING_WAITID) | OPERATION_BIT(URING_FUTEX_WAIT) |                           \
	 OPERATION_BIT(URING_FUTEX_WAITV) | OPERATION_BIT(URING_EPOLL_WAIT))
/* ... that are over when they are first heard of, and of which a second notice comes later */
#define URING_ZERO_COPY_OPERATIONS (OPERATION_BIT(URING_SEND_ZC) | OPERATION_BIT(URING_SENDMSG_ZC))

/* IOCB_CMD_* (include/uapi/linux/aio_abi.h) */
enum linux_aio_operation {
	LINUX_AIO_READ = 0,
	LINUX_AIO_WRITE = 1,
	LINUX_AIO_FSYNC = 2,
	LINUX_AIO_FDSYNC = 3,
	LINUX_AIO_POLL = 5,
	LINUX_AIO_READV = 7,
	LINUX_AIO_WRITEV = 8,
};

#define LINUX_AIO_BYTES_OPERATIONS                                                                 \
	(OPERATION_BIT(LINUX_AIO_READ) | OPERATION_BIT(LINUX_AIO_WRITE) |                          \
	 OPERATION_BIT(LINUX_AIO_READV) | OPERATION_BIT(LINUX_AIO_WRITEV))

/* Is a request in flight an I/O operation that is outstanding? Block requests are behind one that
 * counts already. */
static inline int request__is_operation(__u32 api, __u32 operation)
{
	switch (api) {
	case REQUEST_BLOCK:
		return 0;
	case REQUEST_IO_URING:
		return !operation__is_in(URING_WAIT_OPERATIONS, operation);
	case REQUEST_LINUX_AIO:
		return operation != LINUX_AIO_POLL;
	}
	return 1;
}

/*
 * Requests of a process. Several CPUs write it: atomics only.
 *
 *     submitted = completed + unseen + inflight
 */
struct request_row {
	struct request_key key;
	__u64 submitted;
	__u64 completed; /* with or without success */
	__u64 failed;	 /* of these with an error, cancellations aside */
	__u64 cancelled;
	/* whose end was not seen: reaped without a syscall, not announced by the kernel, or not
	 * followed for want of room */
	__u64 unseen;
	__u64 bytes;
	__u64 served[SERVED_KINDS];
	__u64 latency_total, latency_min, latency_max; /* submit to complete, of completed ones */
	/* instants of submission of those in flight, added up (modulo 2^64): their number times
	 * the window's end, minus this, is for how long they have been in flight */
	__u64 open_since;
	__u64 queue_total, queue_min, queue_max; /* block: inserted to issued */
	__u64 queued;				 /* how many have a queue time */
	__u64 notified[4]; /* POSIX AIO: by sigev_notify (SIGNAL, NONE, THREAD, else) */
	/* completed, but no telling which one it was: identical ones were in flight. No latency,
	 * but the sum of their ns in flight */
	__u64 alike, alike_total;
	__u64 batches;	      /* submitting calls */
	__u64 submit_blocked; /* ns asleep in submitting calls */
	__u32 latency_histogram, queue_histogram;
	__s32 inflight, inflight_max;
	__u32 overflowed; /* completion queue overflows */
	__u32 pad;
	__u64 more;	/* io_uring: completions beside the one that ends a request (multishot) */
	__u64 censored; /* completions of requests whose submission was not seen */
	__u64 reaps;	/* Linux AIO: calls that handed completions over */
	/* io_uring: completed ones that the program was seen to take out of the ring: submitted to
	 * the earliest and to the latest instant at which it can have */
	__u64 taken;
	__u64 taken_total, taken_min, taken_max;
	__u64 taken_by_total, taken_by_min, taken_by_max;
	__u32 taken_histogram, taken_by_histogram;
};

_Static_assert(sizeof(struct process_row) == 128, "process_row is no two cache lines");
_Static_assert(sizeof(struct attempt_key) == 16, "attempt_key has padding");
_Static_assert(sizeof(struct episode_key) == 16, "episode_key has padding");
_Static_assert(sizeof(struct request_key) == 16, "request_key has padding");
_Static_assert(sizeof(struct posix_aio_key) == 32, "posix_aio_key has padding");
_Static_assert(sizeof(struct posix_aio_control) == 136, "posix_aio_control is no struct aiocb");

#endif
