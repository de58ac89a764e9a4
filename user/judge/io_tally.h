/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The I/O operations of a thread or a process, counted by the model that they belong to. From
 * evidence only: how the calls behaved, never what the program is called.
 */
#ifndef WAITSCOPE_JUDGE_IO_TALLY_H
#define WAITSCOPE_JUDGE_IO_TALLY_H

#include "model/profile.h"

#define TALLY_NAMES 6

/* What the operations of one model were called, most frequent first. */
struct tally_names {
	struct {
		const char *name; /* static */
		uint64_t count;
	} names[TALLY_NAMES];
	size_t count;
	uint64_t unnamed; /* of kinds for which there was no place */
};

struct io_tally {
	uint64_t operations[IO_MODELS]; /* waits tier: sleeps in them */
	struct tally_names names[IO_MODELS];
	uint64_t startup; /* left out of `blocking` and `mmap` (thresholds.h) */
	/* evidence */
	uint64_t slept;			       /* of `blocking`: calls that slept */
	uint64_t refused, spin_runs, spin_cpu; /* EAGAIN; runs of them, and the CPU in these */
	uint64_t polls, empty_polls;	       /* returns of polling loops; with nothing */
	uint64_t returns[IO_MODELS], sleeps[IO_MODELS]; /* of multiplexing calls */
	uint64_t faults, fault_sleeps, fault_time;
	uint64_t served; /* of `posix_aio`: operations that a helper did for others */
	uint64_t inflight_max[IO_MODELS];
	/* time of the threads */
	uint64_t running;
	uint64_t busy;	/* running, or waiting for a CPU */
	uint64_t known; /* lifetime without what is unknown */
	uint64_t asleep;
	uint64_t asleep_no_io;	   /* of it for locks, timers, children, signals */
	uint64_t asleep_multiplex; /* of it in multiplexing calls */
};

/* What there is to know of a process before its threads are counted. */
struct tally_scene {
	const struct profile *profile;
	const struct process *process;
	/* the model of the event loop with the most returns, of any thread; MODEL_UNKNOWN: none */
	enum io_model loop;
	uint64_t to_serve; /* POSIX AIO requests whose calls have not been found in a helper yet */
	const struct thread *owner[IO_MODELS]; /* of requests, where it is one thread only */
};

static inline uint64_t tally__least(uint64_t left, uint64_t right)
{
	return left < right ? left : right;
}

/* `from` less `what`, and never below 0. */
static inline uint64_t tally__less(uint64_t from, uint64_t what)
{
	return from > what ? from - what : 0;
}

/* Adds operations of that name to a model's. */
void tally__count(struct io_tally *tally, enum io_model model, const char *name,
		  uint64_t operations);

void tally_scene__open(struct tally_scene *scene, const struct profile *profile,
		       const struct process *process);

/* Does the thread do nothing but the POSIX AIO requests of others? (It is the C library's.) */
bool tally_scene__is_helper(const struct tally_scene *scene, const struct thread *thread);

/* Has the process requests of which it is not known whose they are? */
bool tally_scene__has_stray_requests(const struct tally_scene *scene);

/* Counts the calls of a thread, without the requests that it may own. */
void tally__thread(struct io_tally *tally, struct tally_scene *scene, const struct thread *thread);

/* Counts the process's requests of one API. */
void tally__requests(struct io_tally *tally, const struct process *process, enum request_api api);

/* The model of an API's requests; MODEL_UNKNOWN for the block device's. */
enum io_model request_api__model(enum request_api api);

void tally__add(struct io_tally *to, const struct io_tally *from);

/* All operations, of all models. */
uint64_t tally__total(const struct io_tally *tally);

#endif
