// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Who woke whom. A waking is noted when it is made, for only then it is known what its CPU ran; it
 * counts when its sleeper is on a CPU again. A thread wakes others while it runs, so what had woken
 * the waker is known by then. In which call it was is known when it returns from that.
 */
#include <string.h>

#include "names/syscalls.h"
#include "recording/anatomist_internal.h"

static bool is_interrupt(uint32_t kind)
{
	return kind == WAKER_HARDIRQ || kind == WAKER_SOFTIRQ || kind == WAKER_TIMER;
}

static uint32_t tid_of(struct anatomist *anatomist, uint32_t row)
{
	const struct identity_thread *thread = row ? cast__thread(anatomist->cast, row) : NULL;

	return thread ? thread->tid : 0;
}

/* What is known of the waker's own waking, if nothing that could have come between was lost. */
static void follow_waker(const struct anatomist *anatomist, const struct person *waker,
			 uint32_t row, struct waking_chain *chain)
{
	const struct replay_thread *thread = replay__thread(anatomist->replay, row);

	if (waker->epoch == anatomist->losses.epoch && thread &&
	    thread->ledger.lost == waker->chain_lost)
		*chain = waker->chain;
	else
		chain->cut = true;
}

static void note_waker(struct anatomist *anatomist, struct noted *noted, uint32_t running)
{
	struct waking_note *waking = &noted->waking;
	struct person *waker;

	if (is_interrupt(waking->kind)) {
		waking->interrupted = running;
		return;
	}
	if (!waking->tid || tid_of(anatomist, running) != waking->tid)
		return;
	waking->waker = running;
	waker = anatomist__person(anatomist, running);
	if (waker)
		follow_waker(anatomist, waker, running, &noted->chain);
}

static void remember_made(struct anatomist *anatomist, const struct waking_note *waking,
			  uint32_t thread)
{
	struct person *waker = waking->waker ? anatomist__person(anatomist, waking->waker) : NULL;

	if (waker)
		waker->made[waker->made_count++ % WAKINGS_KEPT] =
			(struct made_waking){waking->time, thread};
}

int anatomist__note_waking(struct anatomist *anatomist, unsigned int cpu,
			   const struct stream_event *event)
{
	struct noted noted = {.waking = {.time = event->time,
					 .kind = (uint32_t)event->result,
					 .tid = event->other,
					 .cpu = cpu}};
	struct person *person = anatomist__person(anatomist, event->thread);
	const struct completion *completion;

	if (!person)
		return grown__error(event->thread);
	if (event->flags != LEDGER_EVENT_WOKEN &&
	    (event->flags != LEDGER_EVENT_EARLY || event->result == STREAM_WAKER_ITSELF))
		return 0;
	note_waker(anatomist, &noted, cpu_pasts__running(&anatomist->pasts, cpu));
	if (cpu < anatomist->completions.used) {
		completion = grown__at(&anatomist->completions, cpu + 1);
		if (is_interrupt(noted.waking.kind) && completion->time)
			noted.completion = *completion;
	}
	*(event->flags == LEDGER_EVENT_EARLY ? &person->early : &person->woken) = noted;
	remember_made(anatomist, &noted.waking, event->thread);
	return 0;
}

void anatomist__adopt_waking(struct anatomist *anatomist, struct person *person,
			     const struct noted *noted, const struct replay_wait *wait)
{
	const struct replay_thread *thread = replay__thread(anatomist->replay, wait->thread);
	struct waking_chain chain = {.count = 1, .cut = noted->chain.cut};

	chain.links[0] = (struct chain_link){.since = wait->since,
					     .row = wait->row,
					     .tid = tid_of(anatomist, wait->thread),
					     .waking = noted->waking,
					     .completion = noted->completion};
	for (uint32_t i = 0; i < noted->chain.count; i++) {
		if (chain.count == ANATOMY_CHAIN) {
			chain.cut = true;
			break;
		}
		chain.links[chain.count++] = noted->chain.links[i];
	}
	person->chain = chain;
	person->epoch = anatomist->losses.epoch;
	person->chain_lost = thread->ledger.lost;
}

/* --- in which call -----------------------------------------------------------------------------
 */

static void settle_note(struct waking_note *waking, uint64_t time, const char *call, uint64_t since)
{
	if (waking->time != time)
		return;
	waking->call = call;
	waking->call_since = since;
}

static void settle_kept(struct anatomist *anatomist, const struct made_waking *made,
			const char *call, uint64_t since)
{
	for (size_t i = 0; i < anatomist->count; i++) {
		struct specimen *specimen = &anatomist->kept[i];

		if (specimen->thread != made->thread)
			continue;
		for (size_t k = 0; k < specimen->anatomy.sleep_count; k++) {
			struct anatomy_sleep *sleep = &specimen->anatomy.sleeps[k];

			if (specimen->began + sleep->woken - sleep->early_by != made->time)
				continue;
			sleep->waker.call = call;
			sleep->waker.call_time = made->time - since;
		}
	}
}

/* The thread that was woken may not have run since, or still be in its call, or that is kept. */
static void settle(struct anatomist *anatomist, const struct made_waking *made, const char *call,
		   uint64_t since)
{
	struct person *person = anatomist__person(anatomist, made->thread);

	if (!person)
		return;
	settle_note(&person->woken.waking, made->time, call, since);
	settle_note(&person->early.waking, made->time, call, since);
	for (uint32_t i = 0; i < person->count; i++)
		settle_note(&person->naps[i].waking, made->time, call, since);
	settle_kept(anatomist, made, call, since);
}

void anatomist__settle_wakings(struct anatomist *anatomist, uint32_t thread, uint32_t call,
			       uint64_t since, uint64_t until)
{
	struct person *person = anatomist__person(anatomist, thread);
	const char *name = syscalls__name((uint16_t)call);
	uint32_t count;

	if (!person)
		return;
	count = person->made_count < WAKINGS_KEPT ? person->made_count : WAKINGS_KEPT;
	person->made_count = 0;
	for (uint32_t i = 0; i < count; i++)
		if (person->made[i].time >= since && person->made[i].time <= until)
			settle(anatomist, &person->made[i], name, since);
}
