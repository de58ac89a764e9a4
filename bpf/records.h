/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the BPF programs and user space share: the rows of the maps.
 *
 * Fixed-width fields, explicit values, sizes asserted. Enums are append only and never
 * renumbered. Every array map here is written by the programs and read in place by user space
 * (BPF_F_MMAPABLE, 5.5); row 0 of each is never handed out and stands for "none".
 */
#ifndef WAITSCOPE_RECORDS_H
#define WAITSCOPE_RECORDS_H

#include <linux/types.h>
#include "buckets.h"
#include "io_records.h"
#include "ledger.h"
#include "stack_records.h"

#define RECORDS_COMM 16

/* A syscall number, as rows carry it. */
#define SYSCALL_NONE   0xffff /* in no syscall */
#define SYSCALL_COMPAT 0x8000 /* a 32-bit call: other numbers */

enum waker_kind {
	WAKER_UNKNOWN = 0,
	WAKER_THREAD = 1,
	WAKER_HARDIRQ = 2,
	WAKER_SOFTIRQ = 3,
	WAKER_TIMER = 4,
	WAKER_SIGNAL = 5,
	WAKER_IO_WQ = 6,
	WAKER_KERNEL = 7,
	WAKER_KINDS = 8,
};

enum object_kind {
	OBJECT_NONE = 0,
	OBJECT_FILE = 1, /* regular file; text: path components, leaf first */
	OBJECT_DIRECTORY = 2,
	OBJECT_BLOCK = 3,     /* block device; rdev */
	OBJECT_CHARACTER = 4, /* character device; rdev tells ttys and ptys */
	OBJECT_PIPE = 5,      /* inode */
	OBJECT_FIFO = 6,      /* named pipe; text: path */
	OBJECT_SOCKET = 7,    /* family, type, protocol and addresses */
	OBJECT_ANONYMOUS = 8, /* eventfd, timerfd, epoll ...; text: the kernel's name, number: fd */
	OBJECT_FUTEX = 9,     /* number: user address */
	OBJECT_POLL = 10,     /* poll or select; number: descriptors */
	OBJECT_OTHER = 11,
};

/* How a syscall's arguments name what it may wait for. One byte a syscall, set by user space. */
enum argument_kind {
	ARGUMENT_NONE = 0,
	ARGUMENT_FD0 = 1,    /* descriptor in argument 0 */
	ARGUMENT_FUTEX = 2,  /* futex(uaddr, op, val, ...) */
	ARGUMENT_POLL = 3,   /* number of descriptors in argument 1 */
	ARGUMENT_SELECT = 4, /* sets of descriptors in arguments 1 to 3, their limit in 0 */
	ARGUMENT_FD4 = 5,    /* mmap */
};

/* `futex` of a wait row: what the futex is used for, as far as its arguments tell. */
enum futex_use {
	FUTEX_USE_NONE = 0,
	FUTEX_USE_LOCK = 1,  /* FUTEX_WAIT on the value 2, or a PI lock: a contended mutex */
	FUTEX_USE_QUEUE = 2, /* condition variable, semaphore, parked worker */
	FUTEX_USE_JOIN = 3,  /* process-shared wait on a thread id: pthread_join */
};

/* `flags` of a wait row; part of its identity */
#define WAIT_IN_IOWAIT	 0x01
#define WAIT_KTHREAD	 0x02 /* the thread is a kernel thread */
#define WAIT_IO_WORKER	 0x04 /* io_uring worker or SQPOLL thread */
#define WAIT_KERNEL_LOCK 0x08 /* PREEMPT_RT: asleep on a lock of the kernel's own */
#define WAIT_OPERATION	 0x10 /* in a call of TRAIT_OPERATION: an I/O operation is outstanding */

struct waker_count {
	__u32 kind; /* enum waker_kind */
	__u32 tid;  /* 0 in interrupt context */
	__u32 pid;
	__u32 pad;
	__u64 count;
	char comm[RECORDS_COMM];
};

#define WAIT_WAKERS 4

/* What makes two waits of one thread the same row. */
struct wait_key {
	__u32 thread; /* row in threads */
	__u32 object; /* row in objects, 0: none */
	__u16 syscall;
	__u8 sleep; /* enum ledger_sleep */
	__u8 flags;
	__u8 futex; /* enum futex_use */
	__u8 pad[3];
};

struct wait_row {
	struct wait_key key;
	__u64 count;	      /* finished waits, censored ones included */
	__u64 censored;	      /* of these begun before the window */
	__u64 total;	      /* ns blocked */
	__u64 censored_total; /* of it in censored waits */
	__u64 min, max;	      /* of uncensored waits; min is 0 while there is none */
	__u64 runqueue;	      /* ns from waking to running */
	__u64 runqueue_min, runqueue_max;
	__u32 duration_histogram; /* rows in histograms, 0: none */
	__u32 runqueue_histogram;
	__u64 handler;				/* of `total`: in the handler of an event loop */
	struct waker_count wakers[WAIT_WAKERS]; /* what does not fit is in the wakers map */
};

/* Key and value of the wakers map, for rows that have more wakers than fit in them. */
struct waker_key {
	__u32 wait;
	__u32 kind;
	__u32 tid;
};

#define CALL_ERRNOS 4

struct errno_count {
	__u32 number;
	__u32 pad;
	__u64 count;
};

struct call_key {
	__u32 thread;
	__u32 syscall;
};

struct call_row {
	struct call_key key;
	__u64 calls;	/* finished logical calls whose entry was seen */
	__u64 censored; /* finished ones whose entry was not seen: no duration */
	__u64 errors;
	__u64 total;   /* ns from entry to exit */
	__u64 off_cpu; /* of it not on a CPU */
	__u64 blocked; /* of it asleep */
	__u64 min, max;
	struct errno_count errnos[CALL_ERRNOS];
	__u64 other_errnos; /* errors with an errno for which there was no place */
	__u32 histogram;
	__u32 pad;
	__u64 slept; /* calls that slept at least once */
	/* of calls with TRAIT_IO: */
	__u64 bytes;	   /* moved */
	__u64 nonblocking; /* calls with O_NONBLOCK or MSG_DONTWAIT: they would not have slept */
	__u64 signalled;   /* calls on a file that announces readiness by a signal (O_ASYNC) */
	__u64 handled;	   /* calls that did not sleep, in the handler of an event loop */
};

struct errno_key {
	__u32 call;
	__u32 number;
};

struct socket_address {
	__u8 address[16]; /* v4 in the first four bytes; network order */
	__u32 port;	  /* host order; vsock ports have 32 bits */
	__u32 cid;	  /* vsock */
};

/* What makes two objects the same row. */
struct object_key {
	__u32 kind;   /* enum object_kind */
	__u32 device; /* dev_t of the file system, or rdev for devices */
	__u64 number; /* inode, address, descriptor or count, by kind */
	__u32 tgid;   /* for what is private to a process: futexes, anonymous files */
	__u16 family, protocol;
	__u32 socket_type;
	__u32 magic; /* of the file system */
	struct socket_address local, remote;
};

#define OBJECT_TEXT	 512
#define OBJECT_COMPONENT 256 /* longest component of a path, with its NUL (NAME_MAX + 1) */

/* the path was too long: what is next to the root is missing */
#define OBJECT_PATH_CUT 1

struct object_row {
	struct object_key key;
	__u32 text_length;
	__u32 state; /* sockets: sk_state (listening or not); paths: OBJECT_PATH_CUT or 0 */
	/* paths: components from the leaf up, each ended by NUL; unix sockets: the address */
	char text[OBJECT_TEXT];
};

/* The kernel's own books of a thread, as /proc/PID/task/TID/{schedstat,status} show them. */
struct books {
	__u64 runtime;	/* ns, se.sum_exec_runtime */
	__u64 rundelay; /* ns, sched_info.run_delay */
	__u64 voluntary;
	__u64 involuntary;
	__u64 major_faults; /* pages that had to be read in */
};

#define WAIT_CACHE   4
#define CALL_CACHE   8
#define SERIES_CACHE 4

/* Finds the row of a wait again without a hash: valid while all of it matches. */
struct wait_cache {
	__u64 file;	  /* struct file, or the futex address or descriptor count */
	__u64 inode;	  /* struct inode */
	__u64 number;	  /* inode number: pointers are reused, these are not */
	__u64 operations; /* file operations: tell anonymous files from one another */
	__u32 call;	  /* syscall | sleep << 16 | flags << 24 */
	__u32 row;
};

struct call_cache {
	__u32 syscall; /* + 1, so that 0 is empty */
	__u32 row;
};

/* Finds the series of a value again without a hash, and saves an atomic addition to its sum. */
struct series_cache {
	__u64 key; /* of the series row, which is never 0 */
	__u64 sum; /* ns that are not in the row's sum yet */
	__u32 row;
	__u32 pad;
};

/* `flags` of a thread row */
#define THREAD_INHERIT	 0x01 /* what it creates is traced too */
#define THREAD_KTHREAD	 0x02
#define THREAD_IO_WORKER 0x04
#define THREAD_ENDED	 0x08
#define THREAD_BOOKS	 0x10  /* `end` is filled */
#define THREAD_HELD	 0x80  /* the command before its exec: outside the window */
#define THREAD_EXITING	 0x100 /* it has begun to exit */
#define THREAD_PARTIAL	 0x40  /* its waits could not all be kept (a full map) */
#define THREAD_OPERATING 0x200 /* asleep in an I/O call that its process counts */

/* set in recordings: what there is of it ends before the window does, and it need not have ended */
#define THREAD_CUT 0x800

#define THREAD_AIO_HELPER 0x400 /* it serves POSIX AIO of its process for the C library */

/* Multiplexing calls that a thread may loop on: one in its loop, others in its handlers. */
#define THREAD_LOOPS 4

struct thread_row {
	struct ledger ledger;
	__u64 task;	  /* address of the task_struct: pids are reused, and exec swaps them */
	__u64 uring_ring; /* the ring that it used last: struct io_ring_ctx; 0: none */
	__u32 tid, tgid, ppid;
	__u32 flags;
	char comm[RECORDS_COMM];
	__u32 executable; /* row in objects */
	__u32 wait;	  /* row of the open wait */
	struct wait_cache waits[WAIT_CACHE];
	struct call_cache calls[CALL_CACHE];
	struct waker_count early; /* who made the waking that came before its switch-out */
	struct books begin, end;
	struct books before; /* ours, of the time between `begin` and the start of the ledger */
	/* ns for which the run queue's clock may have stood still at this thread's switches, so
	 * that the kernel's books have them as its run time, or as the run-queue delay of whom it
	 * put off the CPU (sched.bpf.c, clock__count_lag()) */
	__u64 clock_gain; /* switched in over a task that still wanted to run, or the idle task */
	__u64 clock_loss; /* put off the CPU by a woken thread */
	__u64 put_off;	  /* ... by one that is not traced: for how long is not known */
	/* finished waits without a row (map full), and their ns */
	__u64 unkept_waits, unkept_blocked;
	__u64 stack;   /* the user stack pointer, as it was once; 0: not known */
	__u64 woken;   /* instant of the last waking that ended a wait (full tier) */
	__u32 process; /* row in processes */
	struct call_cache loops[THREAD_LOOPS]; /* rows in loops */
	__u32 looping;	 /* row of the multiplexing call that it is in; 0: in none */
	__u32 main_loop; /* row of the call that it seems to rest in */
	__u32 handling;	 /* the same while it is in a handler of it; 0: it is in none */
	__u32 attempts;	 /* rows in attempts that it has */
	/* the run of refused calls that may go on */
	__u32 spin_length; /* refusals so far; 0: no run */
	__u32 spin_row;	   /* row in attempts of the last one */
	__u32 aio;	   /* requests row of the first block of the io_submit() in flight */
	__u64 spin_cpu;	   /* ns on a CPU, of all its life, at the last one */
	__u64 spin_asleep; /* ns asleep */
	/* the io_uring request that it submitted last: what finds it (0: none), and its address */
	__u64 uring_request, uring_address;
	__u64 uring_call;    /* entry of the io_uring_enter() that is counted as a batch */
	__u64 posix_control; /* what it called a function of POSIX AIO with */
	/* for what is measured (enum measure): */
	struct series_cache series[SERIES_CACHE];
	/* instant of a switch-in (of the last one for MEASURE_ON_CPU), or MEASURE_SEEN; 0: not seen
	 */
	__u64 on_cpu_since;
	__u64 awake_since; /* ... of the one that ended a wait */
	__u64 enqueued;	   /* instant of the last place on a run queue; 0: not seen */
	__u64 slept_call;  /* entry of the call that slept last */
	__u64 waker;	   /* of the last waking, as a key of MEASURE_BY_WAKER */
	/* for the event stream (stream.bpf.h): */
	__u64 entered;	  /* when it entered the call in flight, until an event has said so; or 0 */
	__u32 call_flags; /* STREAM_CALL_* of the call that returns */
	__u32 call_pad;
	struct thread_stacks stacks; /* with --stacks */
};

/* What `waitscope hist` measures, beside what is always kept (bpf/measure.bpf.h). */
enum measure {
	MEASURE_NONE = 0,
	MEASURE_BLOCKED = 1,	  /* switch-out in a sleeping state to waking */
	MEASURE_WAKEUP = 2,	  /* waking to switch-in */
	MEASURE_RUNQUEUE = 3,	  /* runnable or preempted, to switch-in */
	MEASURE_OFF_CPU = 4,	  /* switch-out to switch-in, for whatever reason */
	MEASURE_ON_CPU = 5,	  /* switch-in to switch-out */
	MEASURE_PREEMPTED = 6,	  /* switch-out that was not asked for to switch-in */
	MEASURE_SYSCALL = 7,	  /* entry to exit */
	MEASURE_BEFORE_SLEEP = 8, /* entry to the call's first switch-out in a sleeping state */
	MEASURE_ENQUEUE = 9,	  /* waking to the place on a run queue (sched_wakeup) */
	MEASURE_AFTER_SLEEP = 10, /* switch-in from the call's last sleep to its exit */
	MEASURE_QUEUE = 11,	  /* place on a run queue (sched_wakeup) to switch-in */
};

/* thread_row.on_cpu_since of a thread that was switched out since the window began */
#define MEASURE_SEEN 1

enum measure_by {
	MEASURE_BY_ALL = 0,
	MEASURE_BY_PROCESS = 1, /* process id */
	MEASURE_BY_THREAD = 2,	/* thread id */
	MEASURE_BY_SYSCALL = 3, /* number as rows carry it */
	MEASURE_BY_WAIT = 4,	/* wait row: user space makes classes and objects of them */
	MEASURE_BY_WAKER = 5,	/* enum waker_kind << 32 | thread id */
	MEASURE_BY_CPU = 6,	/* on which it is counted */
	MEASURE_BY_CGROUP = 7,	/* id of the cgroup (v2) */
};

/* The key of what belongs to no wait, where it goes by waits: preempted, or new. */
#define MEASURE_KEY_NO_WAIT 0xfffffffffffffffeULL

/*
 * One distribution of what is measured. Several CPUs write it: atomics only. To its sum belongs
 * what the threads have in their series_cache of it. Some values are marked, and counted in a
 * histogram of their own: calls that slept; times off the CPU or on the run queue that began with
 * a preemption.
 */
struct series_row {
	__u64 key; /* by enum measure_by, plus 1; 0: the row is not in use */
	__u64 sum, min, max;
	/* values that are not in the histograms, because there was no room for these; how many the
	 * others are, the histograms know */
	__u64 unkept, unkept_marked;
	__u32 histogram; /* of those that are not marked */
	__u32 marked_histogram;
};

/* A histogram: where the buckets of each power of two are kept; 0: none yet. */
struct histogram_row {
	__u32 chunks[BUCKET_CHUNKS];
	__u32 shared;	/* several threads count in it: atomics needed */
	__u32 overflow; /* values beyond the range, or without a chunk */
};

struct chunk_row {
	__u64 counts[BUCKETS_PER_CHUNK];
};

/* What a CPU remembers; a cache line each. */
struct cpu {
	__u64 running; /* address of the task that was switched in last; 0: not yet known */
	__u64 area;    /* address of the CPU's per-CPU variables; 0: not yet known */
	__u32 thread;  /* row of `running`; 0: it had none */
	__u32 process; /* process row of `running`, as counted in it; 0: none */
	/* the event stream: events sent; lost, which no event has told yet, and the first of these;
	 * lost in all */
	__u64 streamed, lost, lost_since, lost_ever;
	__u64 sampled; /* ns that the measured runs of programs took: one in OVERHEAD_ONE_IN */
};

#define CPUS 1024

/*
 * What almost every event looks at, on one page as far as it goes (the first 28 CPUs): where the
 * kernel's page tables are not the program's own, each entry into the kernel begins with an empty
 * TLB, and each page that is touched costs a walk.
 */
struct hot {
	__u64 window_end;     /* events at or after this instant are outside the window */
	__s32 posix_aio_open; /* entries in posix_aio_requests; while there are none, syscalls are
			       * not looked at */
	__s32 block_open;     /* entries in block_requests */
	__u16 syscall_traits[2][512]; /* TRAIT_*; [1]: 32-bit calls */
	__u8 room[48];
	struct cpu cpus[CPUS];
};
#define OVERHEAD_ONE_IN 64 /* a power of two */

/* Causes of loss, each with a counter of its own. */
enum loss {
	LOSS_THREADS = 0,    /* no room for a thread: it is not traced */
	LOSS_WAITS = 1,	     /* no room for a wait row */
	LOSS_CALLS = 2,	     /* no room for a syscall row */
	LOSS_OBJECTS = 3,    /* no room for an object: its waits have none */
	LOSS_HISTOGRAMS = 4, /* no room for a histogram: quantiles are missing */
	LOSS_CHUNKS = 5,     /* no room for buckets: quantiles are missing */
	LOSS_WAKERS = 6,     /* no room for a waker */
	LOSS_INDEX = 7,	     /* a hash map refused an update */
	LOSS_ERRNOS = 8,
	LOSS_SWITCHES = 9,   /* switches that were made without our programs being run */
	LOSS_PROCESSES = 10, /* no room for a process: its requests and parallelism are missing */
	LOSS_LOOPS = 11,     /* no room for an event loop */
	LOSS_ATTEMPTS = 12,  /* no room for a row of refused calls */
	LOSS_REQUESTS = 13,  /* no room for a row of requests */
	LOSS_INFLIGHT = 14,  /* no room to follow a request to its completion */
	LOSS_SERIES = 15,    /* no room for a distribution of what is measured */
	LOSS_STACKS = 16,    /* no room for a stack: its waits or samples have none */
	LOSS_STACK_ROWS =
		17, /* no room to count a stack in: waits have none, samples are missing */
	LOSS_STACK_WALKS = 18, /* the kernel could not walk a stack */
	LOSSES = 19,
};

/* Which tasks are traced. */
enum target_mode {
	TARGET_MODE_SPAWNED = 0, /* the command, from its exec on */
	TARGET_MODE_PROCESSES = 1,
	TARGET_MODE_THREADS = 2, /* these threads, and nothing that they create */
	TARGET_MODE_TREES = 3,	 /* processes and all their descendants */
	TARGET_MODE_NAME = 4,
	TARGET_MODE_CGROUP = 5,
	TARGET_MODE_ALL = 6,
};

enum pool {
	POOL_THREADS = 0,
	POOL_WAITS = 1,
	POOL_CALLS = 2,
	POOL_OBJECTS = 3,
	POOL_HISTOGRAMS = 4,
	POOL_CHUNKS = 5,
	POOL_PROCESSES = 6,
	POOL_LOOPS = 7,
	POOL_ATTEMPTS = 8,
	POOL_REQUESTS = 9,
	POOL_SERIES = 10,
	POOLS = 11,
};

_Static_assert(sizeof(struct wait_key) == 16, "wait_key has padding");
_Static_assert(sizeof(struct object_key) == 80, "object_key has padding");
_Static_assert(sizeof(struct waker_count) == 40, "waker_count has padding");
_Static_assert(__builtin_offsetof(struct hot, cpus) % 64 == 0, "a CPU's line is no cache line");
_Static_assert(sizeof(struct chunk_row) == 256, "chunk_row has padding");
_Static_assert(sizeof(struct histogram_row) == 160, "histogram_row has padding");

#endif
