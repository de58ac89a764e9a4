// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What `waitscope hist` measures, from events: as bpf/measure.bpf.h does. */
#include <string.h>

#include "recording/rebuild_internal.h"

/* Of a thread; instants, 0: not seen. See thread_row. */
struct measured {
	uint64_t on_cpu_since, slept_call, awake_since;
};

struct value {
	uint64_t ns;
	bool waited; /* it belongs to the thread's wait */
	bool marked;
	uint32_t cpu;
};

static uint64_t key_of_series(const void *row)
{
	return ((const struct series_row *)row)->key;
}

void rebuild__measure(struct rebuild *rebuild, const struct rebuild_measure *measure)
{
	rebuild->measure = *measure;
	rebuild->measured.size = sizeof(struct measured);
	rebuild->series_index.key_of = key_of_series;
}

void rebuild__forget_measured(struct rebuild *rebuild)
{
	if (rebuild->measured.base)
		memset(rebuild->measured.base, 0,
		       (size_t)rebuild->measured.room * rebuild->measured.size);
}

static bool is_of_call(enum measure measure)
{
	return measure == MEASURE_SYSCALL || measure == MEASURE_BEFORE_SLEEP ||
	       measure == MEASURE_AFTER_SLEEP;
}

/* --- the rows ----------------------------------------------------------------------------------
 */

static struct series_row *series_row(struct rebuild *rebuild, uint64_t key)
{
	uint32_t number;
	struct series_row *row = rebuild__keyed(rebuild, &rebuild->series_index,
						&rebuild->pools[POOL_SERIES], key, &number);

	if (row && !row->key)
		*row = (struct series_row){.key = key, .min = UINT64_MAX};
	return row;
}

/* --- the key -----------------------------------------------------------------------------------
 */

static uint64_t syscall_of(struct rebuild *rebuild, const struct replay_thread *thread)
{
	const struct wait_key *key;

	if (is_of_call(rebuild->measure.measure))
		return thread->ledger.call;
	if (!thread->wait || thread->wait > rebuild->keys.used)
		return SYSCALL_NONE;
	key = rebuild__at(rebuild, &rebuild->keys, thread->wait);
	return key->syscall;
}

static uint64_t key_of(struct rebuild *rebuild, uint32_t number, const struct identity_thread *name,
		       const struct value *value)
{
	const struct replay_thread *thread = replay__thread(rebuild->replay, number);
	enum measure_by by = rebuild->measure.by;
	bool of_wait = by == MEASURE_BY_SYSCALL || by == MEASURE_BY_WAIT || by == MEASURE_BY_WAKER;

	if (of_wait && !value->waited && !is_of_call(rebuild->measure.measure))
		return MEASURE_KEY_NO_WAIT;
	switch (by) {
	case MEASURE_BY_PROCESS:
		return name->tgid;
	case MEASURE_BY_THREAD:
		return name->tid;
	case MEASURE_BY_SYSCALL:
		return syscall_of(rebuild, thread);
	case MEASURE_BY_WAIT:
		return rebuild__wait(rebuild, number, thread->wait)
			       ? renamed__of(&rebuild->waits, thread->wait)
			       : 0;
	case MEASURE_BY_WAKER:
		return (uint64_t)thread->waker_kind << 32 | thread->waker_tid;
	case MEASURE_BY_CPU:
		return value->cpu;
	default:
		return 0;
	}
}

static void count(struct rebuild *rebuild, uint32_t number, const struct value *value)
{
	const struct identity_thread *name;
	struct series_row *row;
	uint64_t key;

	if (!rebuild__is_counted(rebuild) || number > rebuild->names.used)
		return;
	name = rebuild__at(rebuild, &rebuild->names, number);
	if (name->flags & THREAD_HELD) /* a command before its exec: outside the window */
		return;
	if (rebuild->measure.filter &&
	    !row_filter__has(rebuild->measure.filter, name->tgid, name->tid))
		return;
	key = key_of(rebuild, number, name, value) + 1;
	row = key ? series_row(rebuild, key) : NULL;
	if (!row)
		return;
	row->sum += value->ns;
	if (value->ns < row->min)
		row->min = value->ns;
	if (value->ns > row->max)
		row->max = value->ns;
	rebuild__count(rebuild, value->marked ? &row->marked_histogram : &row->histogram,
		       value->ns);
}

/* --- the values --------------------------------------------------------------------------------
 */

static struct measured *measured_of(struct rebuild *rebuild, uint32_t number)
{
	if (!rebuild->measure.measure)
		return NULL;
	return rebuild__at(rebuild, &rebuild->measured, number);
}

int rebuild__on_begin(void *context, uint32_t number, uint64_t time)
{
	struct rebuild *rebuild = context;
	struct measured *measured = measured_of(rebuild, number);

	(void)time;
	if (measured)
		*measured = (struct measured){0};
	return rebuild->err;
}

static bool is_other_call(const struct rebuild *rebuild, uint32_t call)
{
	return rebuild->measure.syscall && call + 1 != rebuild->measure.syscall;
}

/* The first sleep of a call: how long it was on its way there. */
static void measure_sleep(struct rebuild *rebuild, const struct replay_leaving *leaving,
			  struct measured *measured, const struct ledger *ledger)
{
	struct value value = {.waited = true, .cpu = leaving->cpu};

	if (!(ledger->flags & LEDGER_ENTRY_SEEN) || measured->slept_call == ledger->call_since ||
	    is_other_call(rebuild, ledger->call))
		return;
	measured->slept_call = ledger->call_since;
	value.ns = leaving->time - ledger->call_since - ledger->call_off_cpu;
	if (rebuild->measure.measure == MEASURE_BEFORE_SLEEP && (int64_t)value.ns >= 0)
		count(rebuild, leaving->thread, &value);
}

int rebuild__on_leaving(void *context, const struct replay_leaving *leaving)
{
	struct rebuild *rebuild = context;
	struct measured *measured = measured_of(rebuild, leaving->thread);
	enum measure measure = rebuild->measure.measure;
	const struct replay_thread *thread;
	struct value value = {.cpu = leaving->cpu};

	if (!measured)
		return rebuild->err;
	thread = replay__thread(rebuild->replay, leaving->thread);
	value.ns = leaving->time - measured->on_cpu_since;
	if (measure == MEASURE_ON_CPU && measured->on_cpu_since > MEASURE_SEEN &&
	    ledger__is_running(thread->ledger.state) && (int64_t)value.ns >= 0)
		count(rebuild, leaving->thread, &value);
	if (measure == MEASURE_ON_CPU || !measured->on_cpu_since)
		measured->on_cpu_since = MEASURE_SEEN;
	if (leaving->kind == LEDGER_EVENT_BLOCKED &&
	    (measure == MEASURE_BEFORE_SLEEP || measure == MEASURE_AFTER_SLEEP))
		measure_sleep(rebuild, leaving, measured, &thread->ledger);
	return rebuild->err;
}

/* Times off the CPU, whatever for. */
static void measure_absence(struct rebuild *rebuild, const struct replay_coming *coming,
			    const struct measured *measured, const struct ledger *ledger)
{
	enum measure measure = rebuild->measure.measure;
	bool was_preempted = coming->state == LEDGER_PREEMPTED;
	/* on the run queue when the window began: for how long is not known */
	bool cut = was_preempted && !measured->on_cpu_since;
	bool preempted = coming->event == LEDGER_EVENT_UNWOKEN || was_preempted;
	struct value value = {.waited = coming->wait, .marked = preempted, .cpu = coming->cpu};

	if (cut || (!coming->wait && !preempted && coming->state != LEDGER_RUNNABLE))
		return;
	if (measure == MEASURE_RUNQUEUE) {
		value.ns = ledger__delayed(ledger) - coming->delayed;
		count(rebuild, coming->thread, &value);
	}
	if (measure == MEASURE_PREEMPTED && preempted) {
		value.ns = ledger->sum[LEDGER_PREEMPTED] - coming->preempted;
		count(rebuild, coming->thread, &value);
	}
	if (measure == MEASURE_OFF_CPU && (!coming->wait || !coming->wait->censored) &&
	    coming->time >= coming->wait_since) {
		value.ns = coming->time - coming->wait_since;
		count(rebuild, coming->thread, &value);
	}
}

int rebuild__on_coming(void *context, const struct replay_coming *coming)
{
	struct rebuild *rebuild = context;
	struct measured *measured = measured_of(rebuild, coming->thread);
	const struct ledger_wait *wait = coming->wait;
	enum measure measure = rebuild->measure.measure;
	struct value value = {.waited = true, .cpu = coming->cpu};

	if (!measured)
		return rebuild->err;
	if (measure == MEASURE_BLOCKED && wait && !wait->censored) {
		value.ns = wait->blocked;
		count(rebuild, coming->thread, &value);
	}
	if (measure == MEASURE_WAKEUP && wait) {
		value.ns = wait->runqueue;
		count(rebuild, coming->thread, &value);
	}
	measure_absence(rebuild, coming, measured,
			&replay__thread(rebuild->replay, coming->thread)->ledger);
	if (measure == MEASURE_ON_CPU || !measured->on_cpu_since)
		measured->on_cpu_since = coming->time;
	if (measure == MEASURE_AFTER_SLEEP && wait)
		measured->awake_since = coming->time;
	return rebuild->err;
}

void rebuild__measure_call(struct rebuild *rebuild, const struct replay_call *call)
{
	struct measured *measured = measured_of(rebuild, call->thread);
	struct value value = {
		.ns = call->done.total, .marked = call->done.blocked, .cpu = call->cpu};

	if (!measured || call->done.censored || is_other_call(rebuild, call->done.call))
		return;
	if (rebuild->measure.measure == MEASURE_SYSCALL)
		count(rebuild, call->thread, &value);
	value.ns = call->since + call->done.total - measured->awake_since;
	value.marked = false;
	if (rebuild->measure.measure == MEASURE_AFTER_SLEEP &&
	    measured->slept_call == call->since && measured->awake_since > call->since &&
	    (int64_t)value.ns >= 0)
		count(rebuild, call->thread, &value);
}
