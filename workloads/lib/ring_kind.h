/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What can be asked of an io_uring, one row each: the requests that make up an operation, and how
 * the kernel ought to serve them. The program `io_uring` plays these rows.
 */
#ifndef WORKLOADS_RING_KIND_H
#define WORKLOADS_RING_KIND_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "requests.h"
#include "ring.h"
#include "task.h"

enum { RING_PARTS = 2 }; /* most requests of one operation */

/* One operation in flight, or the place for one. */
struct ring_request {
	unsigned int pending; /* parts without a completion; 0: free */
	uint64_t index;	      /* of the operation */
	uint64_t descriptor;
	uint64_t asked_ns[RING_PARTS];
	int64_t result; /* of the first part */
};

struct ring_run;

struct ring_kind {
	const char *name;
	const char *help;
	enum task_kind task;
	bool accepts;	   /* receives connections instead of blocks */
	bool is_multishot; /* one request, all results */
	const char *completion_is;

	/* By part, in the order of submission. */
	const char *operations[RING_PARTS]; /* the kernel's name of the opcode, in small letters */
	const char *served[RING_PARTS];	    /* NULL: not certain */
	int expected_errno[RING_PARTS];	    /* how it is meant to end, if not with success */
	/*
	 * The above holds only if there is nothing to receive yet when a request is submitted: so
	 * each descriptor has one at most, and is fed only after that.
	 */
	bool served_if_awaited;

	/* May be NULL. */
	void (*set_up)(struct ring_run *run);
	/* Queues the parts, each with ring_run__entry(). */
	void (*prepare)(struct ring_run *run, struct ring_request *request);
	/* When all parts are done. May be NULL. */
	void (*conclude)(struct ring_run *run, struct ring_request *request);
};

/* All that one run of a row needs. */
struct ring_run {
	struct task task;
	struct ring ring;
	const struct ring_kind *kind;
	int poller_cpu;		       /* of the kernel's thread with SQPOLL */
	struct ring_request *requests; /* depth of them */
	struct requests books;
	struct request_counts *rows[RING_PARTS];
	uint64_t submitted;	  /* operations */
	_Atomic uint64_t asked;	  /* the same, when the kernel has them: the partner may act */
	bool is_handshaken;	  /* the partner waits for that */
	_Atomic uint64_t drained; /* blocks that the partner has taken away */
	struct __kernel_timespec delay;
	int silent[2]; /* a connection on which nothing ever comes */
	bool is_stopping;
	uint64_t late_ns; /* slept before it looks for completions */
};

/* The table ends with a row without a name. */
extern const struct ring_kind ring_kinds[];
const struct ring_kind *ring_kind__find(const char *name);

/* A new entry for a part of the request; its user_data is set by ring_run__seal(). */
struct io_uring_sqe *ring_run__entry(struct ring_run *run);
/* To be called after io_uring_prep_...(), which clears the user_data. Books the part. */
void ring_run__seal(struct ring_run *run, struct io_uring_sqe *entry, struct ring_request *request,
		    unsigned int part);
/* The user_data of a part. */
uint64_t ring_run__user_data(const struct ring_run *run, const struct ring_request *request,
			     unsigned int part);

#endif
