/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the verdicts on models and structure rest on, in one place. docs/io-models.md explains each.
 * The thresholds of findings stand in their table (findings.c, docs/findings.md).
 */
#ifndef WAITSCOPE_JUDGE_THRESHOLDS_H
#define WAITSCOPE_JUDGE_THRESHOLDS_H

#define NS_PER_MS 1000000ULL
#define NS_PER_S  1000000000ULL

/* A verdict takes this many I/O operations (waits tier: sleeps in them), */
#define OPERATIONS_LEAST 10
/* or, where there are fewer, this much known time. */
#define KNOWN_TIME_LEAST (5 * NS_PER_MS)
/* A model takes this share of the operations; else the verdict is mixed. */
#define MODEL_SHARE 0.75
/*
 * A thread that lost events is unknown. Its process is, too, if such threads made more than
 * LOST_SHARE of the operations; those do not matter of which less than LOST_TIME_SHARE of their
 * time is unknown.
 */
#define LOST_SHARE	0.1
#define LOST_TIME_SHARE 0.05

/* compute: runs, or wants to run, for this share of its time, */
#define COMPUTE_BUSY_SHARE 0.9
/* with no more than this many I/O operations for each second of that. */
#define COMPUTE_OPERATIONS_A_SECOND 20
/* none: this share of its time asleep is for no I/O. */
#define NONE_SLEEP_SHARE 0.9

/* A call is the multiplexer of an event loop if it returned this often, */
#define LOOP_RETURNS_LEAST 10
/* with no more I/O calls behind it than this for each event (or return): a program that polls once
 * and then copies a file is no event loop. */
#define LOOP_CALLS_AN_EVENT 256
/* It is a poller instead if this share of its returns came without a sleep and with nothing. */
#define POLLING_SHARE 0.9
/* Non-blocking calls in no handler are retries, not the work of an event loop, with more than this
 * many answers EAGAIN for each success. */
#define RETRIES_AN_OPERATION 2

/*
 * Start-up: what a program's main thread reads to get going (libraries, configuration, modules of
 * an interpreter). For each file that it opens, this many calls that do not sleep for readiness
 * and this many page faults are left out; never more than STARTUP_MOST of either.
 */
#define STARTUP_CALLS_A_FILE  2
#define STARTUP_FAULTS_A_FILE 16
#define STARTUP_MOST	      400

/* Structure. A pool, or threads for connections, or side by side, are at least this many. */
#define MEMBERS_LEAST 2
/* A thread is a worker if it went to rest on its queue this often. */
#define QUEUE_SLEEPS_LEAST 2
/* A thread counts if it has this share of the process's time at work, or */
#define ACTIVE_SHARE 0.01
/* this many I/O operations (OPERATIONS_LEAST). */
/* Threads of connections have this share of the process's calls on sockets. */
#define CONNECTION_SHARE 0.5
/* Threads work if they are at it for this share of their lives; */
#define PARALLEL_SHARE 0.5
/* side by side, if all of them together are for this part of the time from the first to the last.
 */
#define SIDE_BY_SIDE 1.25

#endif
