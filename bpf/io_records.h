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
 * to which neither gives a public name (asserted in user/collect/aio_probes.c). */
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
	__u64 room[5];
	/* what changes seldom */
	__u64 posix_calls[POSIX_AIO_CALLS]; /* of aio_suspend, aio_error, aio_return, aio_cancel */
	__u32 execs; /* programs that it has begun: its libraries change with them */
	__u32 pad;
	__u64 more_room[3];
};

/* A thread that comes back to one multiplexing call again and again. */
struct loop_row {
	__u32 thread; /* row in threads */
	__u32 syscall;
	__u64 iterations; /* returns from the call */
	__u64 events;	  /* what these returned, added up */
	__u64 empty;	  /* of them, returns with nothing ready */
	__u64 unslept;	  /* of the empty ones, those that never slept: polling */
	__u64 idle;	  /* ns asleep in the call */
	/* between a return and the next entry: */
	__u64 busy;    /* ns on a CPU */
	__u64 blocked; /* ns asleep: its handler was blocked */
	__u64 delayed; /* ns runnable or preempted */
	__u64 unknown;
	__u64 handlers;	     /* how many such stretches are complete */
	__u64 handler_total; /* ns, all of them: busy + blocked + delayed + unknown */
	__u64 longest, longest_blocked,
		longest_at; /* the longest one, its blocked part, its begin */
	__u32 longest_wait; /* row of the longest wait in it, 0: none */
	__u32 handler_histogram;
	__u64 readiness_count, readiness_total, readiness_min, readiness_max;
	__u32 readiness_histogram; /* waking to return from the call */
	__u32 batch_max;
	/* the stretch that is open: when the call returned, and the thread's sums then */
	__u64 since, since_busy, since_blocked, since_delayed, since_unknown;
	__u64 wait_longest; /* ns of the longest wait in it, so far */
	__u32 wait_row;
	__u32 pad;
};

/* What makes two refused calls the same row. */
struct attempt_key {
	__u32 thread; /* row in threads */
	__u32 object; /* row in objects, 0: none */
	__u32 syscall;
	__u32 pad;
};

/*
 * Calls that would have blocked. A run is a sequence of refusals with no sleep between them; it
 * ends with a success, with a sleep, or with the window.
 */
struct attempt_row {
	struct attempt_key key;
	__u64 eagain, einprogress;
	__u64 empty; /* a multiplexing call that found nothing ready and was not to wait */
	__u64 spin_runs;
	__u64 spin_cpu;	   /* ns on a CPU from a run's first refused call to its last call */
	__u64 longest_run; /* most refusals in one run */
	__u64 retries, retry_total, retry_min, retry_max; /* refusal to the next try */
	__u64 successes, readiness_total, readiness_min,
		readiness_max; /* first refusal to success */
	__u32 retry_histogram, readiness_histogram;
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

/* Requests of a process. Several CPUs write it: atomics only. */
struct request_row {
	struct request_key key;
	__u64 submitted;
	__u64 completed; /* with or without success */
	__u64 failed;	 /* of these with an error, cancellations aside */
	__u64 cancelled;
	__u64 unseen; /* must have completed without our knowledge (reaped without a syscall) */
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
};

_Static_assert(sizeof(struct process_row) == 128, "process_row is no two cache lines");
_Static_assert(sizeof(struct attempt_key) == 16, "attempt_key has padding");
_Static_assert(sizeof(struct request_key) == 16, "request_key has padding");
_Static_assert(sizeof(struct posix_aio_key) == 32, "posix_aio_key has padding");
_Static_assert(sizeof(struct posix_aio_control) == 136, "posix_aio_control is no struct aiocb");

#endif
