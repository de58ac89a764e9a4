// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The rows as the programs had them at the end: what is taken from them, and what is compared. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "recording/rebuild_internal.h"

int rebuild__take_rows(struct rebuild *rebuild, const struct reader_item *item)
{
	struct grown *grown;
	void *row;

	if (item->pool >= POOLS)
		return 0; /* what did not fit in rows: it was counted again */
	grown = &rebuild->ends[item->pool];
	if (item->size != (grown->size + 7) / 8 * 8 || item->number >= ROWS_MOST ||
	    item->count >= ROWS_MOST - item->number)
		return -EPROTO;
	for (uint32_t i = 0; i < item->count; i++) {
		row = rebuild__at(rebuild, grown, item->number + i);
		if (!row)
			return rebuild->err;
		memcpy(row, (const char *)item->bytes + (size_t)i * item->size, grown->size);
	}
	return 0;
}

static void *end_row(const struct rebuild *rebuild, enum pool pool, uint32_t number)
{
	const struct grown *grown = &rebuild->ends[pool];

	return number && number <= grown->used ? grown->base + number * grown->size : NULL;
}

static void *own_row(const struct rebuild *rebuild, enum pool pool, uint32_t number)
{
	const struct grown *grown = &rebuild->pools[pool];

	return number && number <= grown->used ? grown->base + number * grown->size : NULL;
}

/* --- what the events do not tell ----------------------------------------------------------------
 */

/* What is known of a thread beside its ledger. The row is of the last life that had it. */
static void merge_thread(struct rebuild *rebuild, uint32_t number)
{
	struct thread_row *own =
		own_row(rebuild, POOL_THREADS, renamed__of(&rebuild->threads, number));
	const struct thread_row *end = end_row(rebuild, POOL_THREADS, number);
	struct ledger ledger;
	struct thread_row kept;

	if (!own || !end || !end->task || end->tid != own->tid)
		return;
	ledger = own->ledger;
	kept = *own;
	*own = *end;
	own->ledger = ledger;
	own->wait = kept.wait;
	own->unkept_waits = kept.unkept_waits;
	own->unkept_blocked = kept.unkept_blocked;
	if (rebuild->from || rebuild->over) { /* not of this part of the window */
		memset(own->loops, 0, sizeof(own->loops));
		memset(&own->begin, 0, sizeof(own->begin));
		own->flags &= ~THREAD_BOOKS;
		own->flags |= THREAD_CUT | (kept.flags & THREAD_ENDED);
	}
}

static void shift(uint32_t *number, uint32_t by)
{
	if (*number)
		*number += by;
}

/* Behind the histograms that were counted here come those of the end. */
static void append_histograms(struct rebuild *rebuild, uint32_t *first)
{
	struct grown *own = &rebuild->pools[POOL_HISTOGRAMS];
	uint32_t chunks = rebuild->pools[POOL_CHUNKS].used;

	*first = own->used;
	for (uint32_t i = 1; i <= rebuild->ends[POOL_HISTOGRAMS].used; i++) {
		struct histogram_row *row = rebuild__at(rebuild, own, *first + i);

		if (!row)
			return;
		*row = *(struct histogram_row *)end_row(rebuild, POOL_HISTOGRAMS, i);
		for (int chunk = 0; chunk < BUCKET_CHUNKS; chunk++)
			shift(&row->chunks[chunk], chunks);
	}
	for (uint32_t i = 1; i <= rebuild->ends[POOL_CHUNKS].used; i++) {
		struct chunk_row *row =
			rebuild__at(rebuild, &rebuild->pools[POOL_CHUNKS], chunks + i);

		if (!row)
			return;
		*row = *(struct chunk_row *)end_row(rebuild, POOL_CHUNKS, i);
	}
}

static void *take_over(struct rebuild *rebuild, enum pool pool, uint32_t number)
{
	void *row = rebuild__at(rebuild, &rebuild->pools[pool], number);

	if (row)
		memcpy(row, end_row(rebuild, pool, number), rebuild->pools[pool].size);
	return row;
}

static void take_loops(struct rebuild *rebuild, uint32_t histograms)
{
	for (uint32_t i = 1; i <= rebuild->ends[POOL_LOOPS].used; i++) {
		struct loop_row *row = take_over(rebuild, POOL_LOOPS, i);

		if (!row)
			return;
		row->thread = renamed__of(&rebuild->threads, row->thread);
		row->longest_wait = renamed__of(&rebuild->waits, row->longest_wait);
		row->wait_row = renamed__of(&rebuild->waits, row->wait_row);
		shift(&row->handler_histogram, histograms);
		shift(&row->readiness_histogram, histograms);
	}
}

static void take_attempts(struct rebuild *rebuild, uint32_t histograms)
{
	for (uint32_t i = 1; i <= rebuild->ends[POOL_ATTEMPTS].used; i++) {
		struct attempt_row *row = take_over(rebuild, POOL_ATTEMPTS, i);

		if (!row)
			return;
		row->key.thread = renamed__of(&rebuild->threads, row->key.thread);
		shift(&row->retry_histogram, histograms);
		shift(&row->readiness_histogram, histograms);
	}
}

static void take_requests(struct rebuild *rebuild, uint32_t histograms)
{
	for (uint32_t i = 1; i <= rebuild->ends[POOL_REQUESTS].used; i++) {
		struct request_row *row = take_over(rebuild, POOL_REQUESTS, i);

		if (!row)
			return;
		shift(&row->latency_histogram, histograms);
		shift(&row->queue_histogram, histograms);
		shift(&row->taken_histogram, histograms);
		shift(&row->taken_by_histogram, histograms);
	}
}

void rebuild__merge_end(struct rebuild *rebuild)
{
	bool whole = !rebuild->from && !rebuild->over;
	uint32_t histograms = 0;

	if (!rebuild->ends[POOL_THREADS].used) { /* it was cut: nobody knows who lives */
		for (uint32_t i = 1; i <= rebuild->pools[POOL_THREADS].used; i++)
			((struct thread_row *)own_row(rebuild, POOL_THREADS, i))->flags |=
				THREAD_CUT;
		return;
	}
	for (uint32_t i = 1; i < rebuild->threads.count; i++)
		merge_thread(rebuild, i);
	for (uint32_t i = 1; i <= rebuild->ends[POOL_OBJECTS].used; i++)
		take_over(rebuild, POOL_OBJECTS, i);
	if (!whole)
		return;
	append_histograms(rebuild, &histograms);
	for (uint32_t i = 1; i <= rebuild->ends[POOL_PROCESSES].used; i++)
		take_over(rebuild, POOL_PROCESSES, i);
	take_loops(rebuild, histograms);
	take_attempts(rebuild, histograms);
	take_requests(rebuild, histograms);
}

/* --- the same again? ----------------------------------------------------------------------------
 */

#define SAY(check, ...)                                                                            \
	do {                                                                                       \
		(check)->different++;                                                              \
		if (!(check)->first[0])                                                            \
			snprintf((check)->first, sizeof((check)->first), __VA_ARGS__);             \
	} while (0)

static const char *const states[LEDGER_STATES] = {
	"unknown", "running", "user", "kernel", "runnable", "preempted", "blocked", "ended",
};

static void compare_ledgers(struct rebuild_check *check, const struct thread_row *own,
			    const struct thread_row *end)
{
	check->compared++;
	for (int i = 0; i < LEDGER_STATES; i++) {
		if (own->ledger.sum[i] == end->ledger.sum[i])
			continue;
		SAY(check, "thread %u: %llu ns %s here, %llu there", own->tid,
		    (unsigned long long)own->ledger.sum[i], states[i],
		    (unsigned long long)end->ledger.sum[i]);
		return;
	}
	if (own->ledger.voluntary != end->ledger.voluntary ||
	    own->ledger.involuntary != end->ledger.involuntary ||
	    own->ledger.wakings != end->ledger.wakings || own->ledger.state != end->ledger.state)
		SAY(check, "thread %u: %llu switches, %u wakings, %s here; %llu, %u, %s there",
		    own->tid, (unsigned long long)(own->ledger.voluntary + own->ledger.involuntary),
		    own->ledger.wakings, states[own->ledger.state & (LEDGER_STATES - 1)],
		    (unsigned long long)(end->ledger.voluntary + end->ledger.involuntary),
		    end->ledger.wakings, states[end->ledger.state & (LEDGER_STATES - 1)]);
}

/* Values for which the programs had no room are in no bucket of theirs: these are counted apart. */
static bool same_buckets(struct rebuild *rebuild, uint32_t own, uint32_t end)
{
	const struct histogram_row *left = own_row(rebuild, POOL_HISTOGRAMS, own);
	const struct histogram_row *right = end_row(rebuild, POOL_HISTOGRAMS, end);
	static const struct chunk_row none;

	for (int i = 0; i < BUCKET_CHUNKS && (left || right); i++) {
		const struct chunk_row *a, *b;

		a = left ? own_row(rebuild, POOL_CHUNKS, left->chunks[i]) : NULL;
		b = right ? end_row(rebuild, POOL_CHUNKS, right->chunks[i]) : NULL;
		a = a ? a : &none;
		b = b ? b : &none;
		for (int bucket = 0; bucket < BUCKETS_PER_CHUNK; bucket++) {
			if (b->counts[bucket] > a->counts[bucket])
				return false;
			rebuild->check.without_bucket += a->counts[bucket] - b->counts[bucket];
		}
	}
	return true;
}

static void compare_waits(struct rebuild *rebuild, const struct wait_row *own,
			  const struct wait_row *end, uint32_t tid)
{
	struct rebuild_check *check = &rebuild->check;

	check->compared++;
	if (own->count != end->count || own->total != end->total ||
	    own->censored_total != end->censored_total || own->runqueue != end->runqueue ||
	    own->min != end->min || own->max != end->max || own->handler != end->handler)
		SAY(check, "a wait of thread %u: %llu times, %llu ns here; %llu, %llu there", tid,
		    (unsigned long long)own->count, (unsigned long long)own->total,
		    (unsigned long long)end->count, (unsigned long long)end->total);
	else if (!same_buckets(rebuild, own->duration_histogram, end->duration_histogram) ||
		 !same_buckets(rebuild, own->runqueue_histogram, end->runqueue_histogram))
		SAY(check, "a wait of thread %u has another distribution", tid);
	else if (own->wakers[0].kind != end->wakers[0].kind ||
		 own->wakers[0].tid != end->wakers[0].tid ||
		 own->wakers[0].count != end->wakers[0].count)
		SAY(check, "a wait of thread %u has other wakers", tid);
}

static void compare_calls(struct rebuild *rebuild, const struct call_row *own,
			  const struct call_row *end, uint32_t tid)
{
	struct rebuild_check *check = &rebuild->check;

	check->compared++;
	if (own->calls != end->calls || own->total != end->total || own->errors != end->errors ||
	    own->off_cpu != end->off_cpu || own->blocked != end->blocked ||
	    own->slept != end->slept || own->bytes != end->bytes ||
	    own->nonblocking != end->nonblocking || own->min != end->min || own->max != end->max)
		SAY(check, "syscall %u of thread %u: %llu times, %llu ns here; %llu, %llu there",
		    own->key.syscall, tid, (unsigned long long)own->calls,
		    (unsigned long long)own->total, (unsigned long long)end->calls,
		    (unsigned long long)end->total);
	else if (!same_buckets(rebuild, own->histogram, end->histogram))
		SAY(check, "syscall %u of thread %u has another distribution", own->key.syscall,
		    tid);
}

/* Is the thread of that row one whose whole life the rows of the end have? */
static const struct thread_row *compared_thread(const struct rebuild *rebuild, uint32_t number)
{
	const struct thread_row *end = end_row(rebuild, POOL_THREADS, number);
	const struct thread_row *own =
		own_row(rebuild, POOL_THREADS, renamed__of(&rebuild->threads, number));

	if (!end || !end->task || end->flags & THREAD_HELD) /* held: outside the window */
		return NULL;
	return own && own->tid == end->tid ? end : NULL;
}

void rebuild__compare(struct rebuild *rebuild)
{
	for (uint32_t i = 1; i <= rebuild->ends[POOL_THREADS].used; i++)
		if (compared_thread(rebuild, i))
			compare_ledgers(
				&rebuild->check,
				own_row(rebuild, POOL_THREADS, renamed__of(&rebuild->threads, i)),
				end_row(rebuild, POOL_THREADS, i));
	for (uint32_t i = 1; i <= rebuild->ends[POOL_WAITS].used; i++) {
		const struct wait_row *end = end_row(rebuild, POOL_WAITS, i), none = {0};
		const struct wait_row *own =
			own_row(rebuild, POOL_WAITS, renamed__of(&rebuild->waits, i));
		const struct thread_row *thread = compared_thread(rebuild, end->key.thread);

		if (thread && (own || end->count))
			compare_waits(rebuild, own ? own : &none, end, thread->tid);
	}
	for (uint32_t i = 1; i <= rebuild->ends[POOL_CALLS].used; i++) {
		const struct call_row *end = end_row(rebuild, POOL_CALLS, i);
		const struct thread_row *thread = compared_thread(rebuild, end->key.thread);
		const struct call_row *own = rebuild__find_call(rebuild, end);
		const struct call_row none = {.key = end->key};

		if (thread)
			compare_calls(rebuild, own ? own : &none, end, thread->tid);
	}
}
