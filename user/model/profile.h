/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a profile says: processes, their threads, and for each where its time went.
 *
 * Plain data, filled by collect/ (live) or recording/ (from a file), read by judge/ and render/.
 * All times are nanoseconds; instants are CLOCK_MONOTONIC, relative to the start of the window
 * where a field says so. Arrays and strings belong to the profile; profile__free() frees all.
 */
#ifndef WAITSCOPE_MODEL_PROFILE_H
#define WAITSCOPE_MODEL_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/records.h"
#include "model/histogram.h"
#include "model/io.h"
#include "model/stacks.h"
#include "model/verdict.h"
#include "model/wait_class.h"

enum tier { TIER_FULL, TIER_WAITS };

/* How the time of one thread divides, or of all threads of a process, added up. */
struct account {
	uint64_t running; /* user + kernel + what could not be split */
	uint64_t user, kernel;
	bool split; /* user and kernel are known (full tier) */
	uint64_t runnable, preempted, blocked, unknown;
	uint64_t idle;	   /* the part of blocked that is idle */
	uint64_t lifetime; /* inside the window */
};

struct waker {
	enum waker_kind kind;
	int pid, tid; /* 0: none (interrupt context) */
	char *comm;   /* NULL: none */
	uint64_t count;
};

struct wait {
	enum wait_class class;
	const char *syscall; /* static; NULL: in no syscall */
	char *object;	     /* NULL: none */
	enum object_kind object_kind;
	enum ledger_sleep sleep;
	enum futex_use futex;
	bool idle;
	uint64_t count;	   /* all waits, censored ones included */
	uint64_t censored; /* of these cut by an edge of the window: in total, not in duration */
	uint64_t total;	   /* ns blocked */
	uint64_t runqueue_total;
	uint64_t handler;	   /* of total: in the handler of an event loop (full tier) */
	struct histogram duration; /* of the uncensored ones */
	struct histogram runqueue; /* waking to running */
	struct waker *wakers;	   /* most frequent first */
	size_t waker_count;
};

struct errno_tally {
	int number;
	uint64_t count;
};

struct call {
	const char *name;  /* static */
	uint64_t calls;	   /* finished, from entry to exit in the window */
	uint64_t censored; /* cut by an edge of the window */
	uint64_t errors, eagain, einprogress, eintr;
	uint64_t total;	  /* ns, entry to exit */
	uint64_t blocked; /* of it asleep */
	uint64_t cpu;	  /* of it on a CPU */
	uint64_t slept;	  /* calls that slept at least once */
	/* of calls that do I/O (TRAIT_IO of bpf/io_records.h): */
	uint64_t bytes;	      /* moved */
	uint64_t nonblocking; /* calls that were not to sleep: O_NONBLOCK, MSG_DONTWAIT */
	uint64_t signalled;   /* calls on a file that announces readiness by a signal (O_ASYNC) */
	uint64_t handled;     /* calls without a sleep, in the handler of an event loop */
	uint64_t spin_runs,
		spin_cpu; /* refused calls without a sleep between; of it CPU time, ns */
	struct histogram latency;
	struct errno_tally *errnos; /* most frequent first */
	size_t errno_count;
};

/* The kernel's figures for the same thread and window, beside ours. */
struct comparison {
	bool valid;
	uint64_t runtime, rundelay, voluntary, involuntary; /* the kernel's */
	uint64_t our_runtime, our_rundelay, our_voluntary, our_involuntary;
	/* ns for which the kernel's clock may have stood still before a switch (sched.bpf.c,
	 * clock__count_lag()). Gained: ours has them as run-queue delay, the kernel's as running,
	 * or, until the enqueue, as nothing. Lost: ours has them as running, the kernel's as
	 * run-queue delay. */
	uint64_t clock_gain, clock_loss;
	uint64_t put_off; /* times that it may have lost, but for how long is not known */
};

struct thread {
	int tid;
	char *comm;
	bool kernel_thread;
	uint64_t start, end; /* in the window, relative to its start */
	bool ended;	     /* it exited inside the window */
	bool incomplete;     /* events were lost: its unknown time says how much */
	struct account account;
	uint64_t voluntary, involuntary, wakeups;
	struct wait *waits; /* largest total first */
	size_t wait_count;
	struct call *calls;
	size_t call_count;
	struct loop *loops; /* the one it rests in first; what is no loop is not here */
	size_t loop_count;
	struct attempts *attempts; /* most refusals first */
	size_t attempt_count;
	uint64_t stack_pointer; /* somewhere on its user stack; 0: not known */
	uint64_t major_faults;
	bool io_worker;	 /* io_uring's: a worker or an SQPOLL thread */
	bool posix_aio;	 /* it called functions of POSIX AIO (full tier) */
	bool aio_helper; /* the C library's, for POSIX AIO: its calls are the requests' work */
	struct verdict verdict;
	struct comparison books;
	int64_t residual; /* sum of states - lifetime; anything but 0 is a bug */
	uint64_t unwoken, early, spurious, backwards, lost;
};

struct process {
	int pid, ppid;
	char *comm;
	char *exe; /* NULL: unknown (kernel threads have none) */
	bool kernel_thread;
	size_t threads_max; /* alive at once */
	uint64_t lifetime;  /* of the process inside the window: first start to last end */
	struct account account;
	struct wait *waits; /* its threads' waits added up, most harmful first */
	size_t wait_count;
	struct call *calls; /* longest total first */
	size_t call_count;
	struct attempts *attempts; /* its threads' refused calls added up, most first */
	size_t attempt_count;
	struct thread *threads; /* most blocking time first */
	size_t thread_count;
	uint64_t voluntary, involuntary;
	struct requests *requests; /* longest in flight in all first */
	size_t request_count;
	uint64_t posix_calls[POSIX_AIO_CALLS]; /* of aio_suspend, aio_error, aio_return, aio_cancel
						*/
	struct level
		concurrency; /* operations outstanding: blocked I/O calls, requests in flight */
	struct level parallelism; /* threads running at once */
	struct cost cost;
	struct verdict verdict;
	enum structure structure;
	bool static_binary; /* no C library to look into: POSIX AIO would not be seen */
};

struct loss_count {
	const char *cause; /* static, snake_case */
	uint64_t count;
};

struct map_use {
	const char *name; /* static */
	uint64_t used, capacity;
};

struct audit {
	bool conserved;
	int64_t residual;
	size_t comparable; /* threads that both have figures for */
	/* fractions of the kernel's figure, over all of these */
	double runtime_error, rundelay_error; /* beyond what clock_gain and clock_loss explain */
	uint64_t clock_gain, clock_loss;      /* sums over the comparable threads, ns */
	uint64_t put_off;
	/* of run time and run-queue delay together: a clock that stands still moves time between
	 * the two of each thread */
	double together_error;
	/* what rundelay_error is for each wakeup, ns: the kernel counts from the enqueue, we from
	 * the waking */
	double rundelay_per_wakeup;
	bool rundelay_known;
	double switches_error;
	struct loss_count *lost; /* every cause, zeroes included */
	size_t lost_count;
	struct map_use *maps;
	size_t map_count;
	uint64_t hidden_switches; /* that the whole system made without our programs being run */
	bool programs_known;
	uint64_t programs; /* ns that our programs ran, estimated from sampled runs */
	uint64_t tool_cpu; /* ns of CPU of waitscope itself in the window */
};

enum target_kind {
	TARGET_COMMAND,
	TARGET_PID,
	TARGET_TID,
	TARGET_TREE,
	TARGET_NAME,
	TARGET_CGROUP,
	TARGET_ALL,
};

struct profile {
	enum tier tier;
	char *kernel; /* uname -r */
	int cpus;
	enum target_kind target;
	char **command; /* NULL-terminated; NULL without a command */
	int *pids;	/* what -p, -t or -P named */
	size_t pid_count;
	char *target_text; /* -n COMM or -g PATH; else NULL */
	uint64_t window;
	bool has_exit_status;
	int exit_status;
	struct process *processes; /* most blocking time first */
	size_t process_count;
	struct finding *findings; /* most harmful first */
	size_t finding_count;
	struct audit audit;
	struct stacks *stacks; /* NULL: none were asked for */
};

/* Frees a profile and all it owns. NULL is fine. */
void profile__free(struct profile *profile);

/* Is an I/O operation of the program's outstanding in it? docs/definitions.md says which are. */
bool wait__is_operation(const struct wait *wait);

/* Frees what a row owns, not the row itself. */
void wait__clear(struct wait *wait);
void call__clear(struct call *call);
void thread__clear(struct thread *thread);

#endif
