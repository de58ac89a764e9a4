/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How a program does its I/O: event loops, refused calls, asynchronous requests, and what it costs.
 *
 * Times are nanoseconds. Arrays and strings are owned by the row, and freed by its __clear().
 */
#ifndef WAITSCOPE_MODEL_IO_H
#define WAITSCOPE_MODEL_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/io_records.h"
#include "model/histogram.h"

/* A thread that comes back to one multiplexing call again and again (full tier). */
struct loop {
	int tid;
	const char *call;    /* static */
	uint64_t iterations; /* returns from the call */
	uint64_t events;     /* that these returns had ready, added up */
	bool events_known;   /* io_uring_enter does not say */
	uint64_t batch_max;
	uint64_t empty;	  /* returns with nothing ready */
	uint64_t unslept; /* of these, without a sleep: polling */
	/* how the time divides, from the first entry to the end of the thread or the window */
	uint64_t window;
	uint64_t idle;	  /* asleep in the call */
	uint64_t in_call; /* in the call and awake */
	uint64_t busy;	  /* between a return and the next entry, on a CPU */
	uint64_t blocked; /* ... asleep: the handler was blocked */
	uint64_t delayed; /* ... runnable or preempted */
	uint64_t unknown; /* ... not known */
	/* the longest stretch, and its part asleep; also one that was still open */
	uint64_t longest_handler, longest_blocked;
	char *longest_cause;	    /* "fsync on file /var/x": the longest wait in it; NULL: none */
	struct histogram handler;   /* return to next entry */
	struct histogram readiness; /* waking to return */
	bool main; /* the call that the thread rests in; of others, which its handlers make, not */
};

/* Calls on one object that would have blocked (full tier). */
struct attempts {
	const char *syscall; /* static */
	char *object;	     /* NULL: none */
	uint64_t eagain, einprogress;
	uint64_t empty; /* multiplexing calls that were not to wait, and found nothing ready */
	uint64_t spin_runs, longest_run;
	uint64_t spin_cpu;
	struct histogram retry;	    /* refusal to the next try */
	struct histogram readiness; /* first refusal to success */
};

/* Requests of one process, API and operation; of block requests also one device. */
struct requests {
	enum request_api api;
	const char *operation;	    /* static: "read", "fsync", "accept" ... */
	char *device;		    /* of block requests; else NULL */
	bool operation_outstanding; /* in flight, it is one; waiting for an event or a time is none
				     */
	uint64_t submitted;	    /* completed + unseen + open */
	uint64_t completed, failed, cancelled;
	uint64_t unseen;   /* how they ended was not seen: reaped without a syscall, say */
	uint64_t open;	   /* in flight at the window's end, or when the process ended */
	uint64_t alike;	   /* completed, but no telling which one: they have no latency */
	uint64_t censored; /* completions of requests submitted before the window */
	uint64_t more;	   /* io_uring: completions beside those that end a request */
	uint64_t bytes;
	uint64_t served[SERVED_KINDS];
	struct histogram latency; /* submitted to completed */
	struct histogram queue;	  /* block: inserted to issued */
	/* io_uring: submitted to the earliest instant at which the program can have taken the
	 * completion out of the ring, and to the latest */
	struct histogram taken, taken_by;
	uint64_t inflight_total; /* ns in flight, all of them, those that are still open too */
	double inflight_mean;	 /* time-weighted, over the process's life */
	uint64_t inflight_max;
	uint64_t batches; /* submitting calls; 0: not known */
	uint64_t reaps;	  /* Linux AIO: calls that handed completions over */
	bool submit_known;
	uint64_t submit_blocked; /* ns asleep in submitting calls */
	uint64_t notified[4];	 /* POSIX AIO: by sigev_notify */
	uint64_t overflowed;
};

/* Most at once, and the mean over the process's life. `max` 0 with known false: not counted. */
struct level {
	double mean;
	uint64_t max;
	bool max_known;
};

/* What waiting costs a process. */
struct cost {
	double threads_mean;
	bool stacks_known; /* of the threads that were alive when it was looked */
	uint64_t stack_reserved, stack_resident; /* bytes, user stacks */
	uint64_t kernel_stack;			 /* bytes, of threads_max threads */
	uint64_t operations;			 /* I/O calls and requests that came to an end */
	uint64_t bytes;				 /* that they moved */
	uint64_t major_faults;
};

/* The share of its time that the loop was not at rest; NAN if it had none. */
double loop__utilisation(const struct loop *loop);

/* "read" for IORING_OP_READ and so on (names/operations.c). */
const char *request_api__name(enum request_api api);
const char *request_served__name(enum request_served served);

void loop__clear(struct loop *loop);
void attempts__clear(struct attempts *attempts);
void requests__clear(struct requests *requests);

#endif
