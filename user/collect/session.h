/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One tracing session: the programs loaded for a target, attached, stopped, and their rows.
 *
 *   session__new -> session__attach -> (time passes) -> session__stop -> read -> session__free
 *
 * The kernel drops programs and maps when the process ends, however it ends: nothing is pinned.
 */
#ifndef WAITSCOPE_COLLECT_SESSION_H
#define WAITSCOPE_COLLECT_SESSION_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "bpf/records.h"
#include "collect/preflight.h"
#include "collect/target.h"
#include "model/profile.h"
#include "model/rows.h"

struct session;

struct session_options {
	enum tier tier;
	const struct target *target;
	uint64_t map_entries; /* threads to keep; other maps follow from it. 0: the default */
	bool debug;	      /* libbpf's messages on stderr */
	bool bare_rows;	      /* waits and calls without histograms of their own */
	bool no_requests;     /* asynchronous and block requests are not followed */
	enum measure measure; /* what is measured beside what is always kept */
	enum measure_by measure_by;
	bool stream;		  /* events go to ring buffers, too (collect/stream.h) */
	uint32_t measure_syscall; /* only this one, as rows carry it, plus 1; 0: all */
	uint32_t stack_mode;	  /* STACK_OF_*; 0: no stacks */
	uint32_t sample_rate;	  /* samples a second on each CPU; 0: none */
};

#define SESSION_MAP_ENTRIES 8192
/*
 * Kernel memory of all maps, but for stacks and ring buffers: at most that much for each of
 * map_entries, on top of what there is in any case. (Measured on 6.18 with 16 to 33,000 of them:
 * 7,358 to 11,567 bytes.)
 */
#define SESSION_BYTES		(512 << 10)
#define SESSION_BYTES_PER_ENTRY 11600

/*
 * Opens and loads the programs. Returns 0 and the session, or a negative errno with a message
 * for a person. session__free() frees it.
 */
int session__new(struct session **session, const struct session_options *options,
		 const struct preflight *preflight, char *message, size_t size);

/*
 * Attaches the programs and takes the census of what the target names. `command` is the held
 * back child of a command target, else 0.
 */
int session__attach(struct session *session, pid_t command, char *message, size_t size);

/* To be called every 100 ms or so while it traces: follows what traced processes map. */
void session__step(struct session *session, uint64_t now);

/* Tasks that the census found, at the start. */
unsigned int session__matched(const struct session *session);

/* What the kernel said to the uprobes on our C library: 0, or a negative errno, and then POSIX AIO
 * is not seen. */
int session__posix_aio_error(const struct session *session);

/* Bytes of the stack that each thread has in the kernel. Known once attached. */
uint32_t session__kernel_stack(const struct session *session);

/* Instant of attachment, CLOCK_MONOTONIC ns. */
uint64_t session__attached_at(const struct session *session);

/* Ends the window for all threads at one instant, takes the closing census, detaches. */
int session__stop(struct session *session);

/* The instant at which the window ended. */
uint64_t session__ended_at(const struct session *session);

/* The rows of a pool; valid until session__free(). Returns 0 or a negative errno. */
int session__rows(const struct session *session, enum pool pool, struct rows *rows);

/* What is known of the trace beside its rows, once the session is stopped. */
void session__facts(const struct session *session, struct trace_facts *facts);

/* Runs that the kernel skipped because a program was already running on that CPU. */
uint64_t session__missed_runs(const struct session *session);

/* ns that the programs ran, an estimate: from one run in OVERHEAD_ONE_IN of those that run often.
 */
uint64_t session__program_time(const struct session *session);

/* CLOCK_MONOTONIC, ns: the programs' clock. */
uint64_t session__now(void);

/* True if a pool is so full that threads that have exited should give their rows back. */
bool session__runs_low(const struct session *session);

/* Rows of a pool that are in use now. */
uint32_t session__in_use(const struct session *session, enum pool pool);

/* Hands an emptied row to the programs. 0 or a negative errno. */
int session__give_back(struct session *session, enum pool pool, uint32_t number);

/* Events for which a ring buffer had no room. */
uint64_t session__stream_lost(const struct session *session);

/* Descriptor of the map of ring buffers, one for each CPU that can be; and how many these are. */
int session__streams_fd(const struct session *session);
unsigned int session__stream_count(const struct session *session);

/* Descriptor of the hash map that finds the rows of a pool; of one that is found by key. */
int session__index_fd(const struct session *session, enum pool pool);

/* Forgets the requests in flight of a process whose row is about to be given back. */
void session__forget_requests(struct session *session, uint32_t process);

/* Descriptors of the hash maps with what did not fit in a row. */
int session__wakers_fd(const struct session *session);
int session__errnos_fd(const struct session *session);

/* Descriptors of the maps of bpf/stack_records.h, empty ones without stacks. */
int session__stack_traces_fd(const struct session *session);
int session__stack_counts_fd(const struct session *session);

/* Live counts for a progress line. */
void session__progress(const struct session *session, uint64_t *threads, uint64_t *waits);

void session__free(struct session *session);

#endif
