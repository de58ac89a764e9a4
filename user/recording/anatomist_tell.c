// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "recording/anatomist_internal.h"

void anatomist__name_thread(struct anatomist *anatomist, uint32_t row,
			    struct anatomy_thread *thread)
{
	const struct identity_thread *known = row ? cast__thread(anatomist->cast, row) : NULL;

	*thread = (struct anatomy_thread){0};
	if (!known)
		return;
	thread->pid = (int)known->tgid;
	thread->tid = (int)known->tid;
	memcpy(thread->comm, known->comm, sizeof(thread->comm));
}

/* --- who had its CPU ---------------------------------------------------------------------------
 */

static void add_run(struct anatomist *anatomist, struct anatomy_sleep *sleep, uint32_t row,
		    uint64_t time)
{
	struct anatomy_thread thread;
	size_t i = 0;

	anatomist__name_thread(anatomist, row, &thread);
	if (!thread.tid) {
		sleep->untraced += time;
		return;
	}
	while (i < sleep->run_count && sleep->runs[i].thread.tid != thread.tid)
		i++;
	if (i == ANATOMY_RUNS) {
		sleep->others += time;
		return;
	}
	if (i == sleep->run_count)
		sleep->runs[sleep->run_count++] = (struct anatomy_run){.thread = thread};
	sleep->runs[i].time += time;
}

static int compare_runs(const void *left, const void *right)
{
	const struct anatomy_run *a = left, *b = right;

	return (a->time < b->time) - (a->time > b->time);
}

/* Backwards through what the CPU ran, from when it was on one again to when it left this one. */
static void tell_runs(struct anatomist *anatomist, const struct nap *nap,
		      struct anatomy_sleep *sleep)
{
	uint64_t left = nap->on - nap->off, since, until;
	const struct cpu_slice *slice;

	for (uint32_t i = 0; left; i++) {
		slice = cpu_pasts__slice(&anatomist->pasts, nap->cpu_off, i);
		if (!slice || (slice->until && slice->until <= nap->off))
			break;
		since = slice->since > nap->off ? slice->since : nap->off;
		until = slice->until && slice->until < nap->on ? slice->until : nap->on;
		if (until <= since)
			continue;
		add_run(anatomist, sleep, slice->thread, until - since);
		left -= until - since < left ? until - since : left;
	}
	sleep->untraced += left; /* further back than is kept */
	qsort(sleep->runs, sleep->run_count, sizeof(*sleep->runs), compare_runs);
}

/* --- who woke it -------------------------------------------------------------------------------
 */

static void name_waker(struct anatomist *anatomist, const struct waking_note *waking,
		       struct anatomy_thread *thread)
{
	const struct identity_task *task;
	uint32_t tid = waking->tid;

	*thread = (struct anatomy_thread){0};
	if (!tid || tid >= ROWS_MOST)
		return;
	anatomist__name_thread(anatomist, waking->waker, thread);
	if (thread->tid == (int)tid)
		return;
	anatomist__name_thread(anatomist, thread_ids__row(&anatomist->ids, anatomist->cast, tid),
			       thread);
	if (thread->tid == (int)tid)
		return;
	thread->tid = (int)tid;
	task = cast__task(anatomist->cast, tid);
	if (!task)
		return;
	thread->pid = (int)task->pid;
	memcpy(thread->comm, task->comm, sizeof(thread->comm));
}

static void tell_waker(struct anatomist *anatomist, const struct waking_note *waking,
		       struct anatomy_waker *waker)
{
	*waker = (struct anatomy_waker){
		.kind = waking->kind < WAKER_KINDS ? waking->kind : WAKER_UNKNOWN,
		.cpu = waking->cpu,
		.call = waking->call,
		.call_time = waking->call ? waking->time - waking->call_since : 0,
	};
	name_waker(anatomist, waking, &waker->thread);
	anatomist__name_thread(anatomist, waking->interrupted, &waker->interrupted);
}

static int tell_reason(struct anatomist *anatomist, uint32_t row, struct anatomy_reason *reason)
{
	const struct wait_key *key = cast__wait(anatomist->cast, row);
	const struct wait_words *words = key ? cast__words(anatomist->cast, row) : NULL;

	*reason = (struct anatomy_reason){0};
	if (!words)
		return 0;
	reason->known = true;
	reason->class = words->class;
	reason->sleep = key->sleep;
	reason->syscall = words->syscall;
	if (!words->object)
		return 0;
	reason->object = strdup(words->object);
	return reason->object ? 0 : -ENOMEM;
}

/* In the interrupt that woke it, or so it seems: on its CPU, right before, for its process. */
#define COMPLETION_NEAR 100000 /* ns */

/* Of a sleep from `off` to `woken`, of a thread of that process. */
static void tell_request(const struct completion *completion, uint64_t off, uint64_t woken,
			 uint32_t process, uint64_t began, struct anatomy_request *request)
{
	if (!completion->time || !process || completion->process != process ||
	    completion->time < off || completion->time > woken ||
	    woken - completion->time > COMPLETION_NEAR)
		return;
	*request = (struct anatomy_request){.known = true,
					    .operation = completion->operation,
					    .completed = completion->time - began,
					    .latency = completion->latency};
}

static uint32_t process_of(struct anatomist *anatomist, uint32_t tid)
{
	const struct identity_thread *thread = cast__thread(
		anatomist->cast, thread_ids__row(&anatomist->ids, anatomist->cast, tid));

	return thread ? thread->process : 0;
}

/*
 * Only as far as it matters to this sleep: a waker that had been woken before the sleep began was
 * not waited for in it.
 */
static int tell_chain(struct anatomist *anatomist, const struct nap *nap, uint64_t began,
		      struct anatomy_sleep *sleep)
{
	uint64_t later = nap->waking.time;
	uint32_t tid = nap->waking.tid;
	int err = 0;

	for (uint32_t i = 0; i < nap->chain.count && !err; i++) {
		const struct chain_link *known = &nap->chain.links[i];
		struct anatomy_link *link = &sleep->chain[sleep->chain_count];

		if (known->waking.time <= nap->off)
			return 0;
		if (known->tid != tid || known->waking.time > later)
			break;
		link->woken = later - known->waking.time;
		err = tell_reason(anatomist, known->row, &link->reason);
		tell_waker(anatomist, &known->waking, &link->waker);
		if (link->reason.class == CLASS_DISK && link->reason.known && known->since > began)
			tell_request(&known->completion, known->since, known->waking.time,
				     process_of(anatomist, known->tid), began, &link->request);
		sleep->chain_count++;
		later = known->waking.time;
		tid = known->waking.tid;
	}
	sleep->chain_cut = nap->chain.cut;
	return err;
}

int anatomist__tell_sleep(struct anatomist *anatomist, const struct nap *nap, uint64_t began,
			  uint32_t process, struct anatomy_sleep *sleep)
{
	int err;

	*sleep = (struct anatomy_sleep){
		.off = nap->off - began,
		.woken = nap->woken - began,
		.on = nap->on - began,
		.cpu_off = nap->cpu_off,
		.cpu_on = nap->cpu_on,
		.early = nap->early,
		.early_by = nap->early_by,
	};
	err = tell_reason(anatomist, nap->row, &sleep->reason);
	anatomist__name_thread(anatomist, nap->next, &sleep->next);
	tell_waker(anatomist, &nap->waking, &sleep->waker);
	if (!err)
		err = tell_chain(anatomist, nap, began, sleep);
	if (sleep->reason.known && sleep->reason.class == CLASS_DISK && !nap->early)
		tell_request(&nap->completion, nap->off, nap->woken, process, began,
			     &sleep->request);
	tell_runs(anatomist, nap, sleep);
	return err;
}
