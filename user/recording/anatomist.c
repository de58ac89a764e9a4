// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "names/syscalls.h"
#include "recording/anatomist.h"
#include "recording/grown.h"
#include "recording/replay.h"

#define WAKINGS_KEPT 16	  /* that a thread has made in a call from which it is still to return */
#define SLICES_KEPT  4096 /* of each CPU */

/* A sleep of a call that has not returned yet. Instants are CLOCK_MONOTONIC. */
struct nap {
	uint64_t off, woken, on;
	uint32_t row, next;		       /* wait row; thread row, 0: not traced */
	uint32_t waker_kind, waker_tid, waker; /* thread row of the waker, 0: not known */
	unsigned int cpu_off, cpu_waker, cpu_on;
	bool early;
	const char *waker_call; /* in which it was woken; NULL: not known yet */
};

/* A thread that was woken; and in which call, that is known when the waker returns. */
struct made_waking {
	uint64_t time;
	uint32_t thread;
};

struct person {
	struct nap *naps;
	uint32_t count, room;
	/* of the switch-out and the waking that may begin and end the next one */
	uint32_t next, waker;
	unsigned int cpu_off, cpu_waker;
	uint64_t woken; /* ... and when that was, and in which call, if it is known */
	const char *waker_call;
	struct made_waking made[WAKINGS_KEPT]; /* the last ones, by it */
	uint32_t made_count;		       /* since its last return */
};

struct cpu_slice {
	uint64_t since, until; /* until 0: it still runs */
	uint32_t thread;
};

struct cpu_past {
	struct cpu_slice *slices;
	uint32_t count; /* so far */
};

/* A call that is kept. */
struct specimen {
	struct anatomy anatomy;
	uint64_t began;
	uint32_t thread; /* row */
};

struct anatomist {
	struct anatomist_options options;
	struct cast *cast;
	struct replay *replay;
	struct grown people; /* by thread row */
	struct grown cpus;   /* from 1 on */
	struct specimen *kept;
	size_t count;
	uint64_t seen, lost;
	uint8_t arguments[2][SYSCALL_TABLE];
};

static int on_wait(void *context, const struct replay_wait *wait);
static int on_waking(void *context, const struct replay_waking *waking);
static int on_call(void *context, const struct replay_call *call);
static int on_begin(void *context, uint32_t thread, uint64_t time);
static int on_loss(void *context, const struct replay_loss *loss);

struct anatomist *anatomist__new(const struct anatomist_options *options, struct cast *cast)
{
	struct anatomist *anatomist = calloc(1, sizeof(*anatomist));
	const struct replay_hooks hooks = {.wait = on_wait,
					   .waking = on_waking,
					   .call = on_call,
					   .begin = on_begin,
					   .loss = on_loss,
					   .context = anatomist};

	if (!anatomist)
		return NULL;
	anatomist->options = *options;
	anatomist->cast = cast;
	anatomist->people.size = sizeof(struct person);
	anatomist->cpus.size = sizeof(struct cpu_past);
	syscalls__arguments(anatomist->arguments[0], anatomist->arguments[1]);
	anatomist->kept = calloc(options->keep + 1, sizeof(*anatomist->kept));
	anatomist->replay = replay__new(&hooks, ROWS_MOST);
	if (anatomist->kept && anatomist->replay)
		return anatomist;
	anatomist__free(anatomist);
	return NULL;
}

static void clear(struct specimen *specimen)
{
	for (size_t i = 0; i < specimen->anatomy.sleep_count; i++)
		free(specimen->anatomy.sleeps[i].object);
	free(specimen->anatomy.sleeps);
	*specimen = (struct specimen){0};
}

void anatomist__free(struct anatomist *anatomist)
{
	if (!anatomist)
		return;
	for (size_t i = 0; anatomist->kept && i < anatomist->count; i++)
		clear(&anatomist->kept[i]);
	free(anatomist->kept);
	for (uint32_t i = 0; i < anatomist->people.room; i++)
		free(((struct person *)anatomist->people.base)[i].naps);
	free(anatomist->people.base);
	for (uint32_t i = 0; i < anatomist->cpus.room; i++)
		free(((struct cpu_past *)anatomist->cpus.base)[i].slices);
	free(anatomist->cpus.base);
	replay__free(anatomist->replay);
	free(anatomist);
}

static struct person *person_of(struct anatomist *anatomist, uint32_t thread)
{
	return grown__at(&anatomist->people, thread);
}

/* --- who had which CPU -------------------------------------------------------------------------
 */

static int note_switch(struct anatomist *anatomist, unsigned int cpu,
		       const struct stream_event *event)
{
	struct cpu_past *past = grown__at(&anatomist->cpus, cpu + 1);
	struct person *person;

	if (!past)
		return grown__error(cpu + 1);
	if (!past->slices)
		past->slices = calloc(SLICES_KEPT, sizeof(*past->slices));
	if (!past->slices)
		return -ENOMEM;
	if (past->count)
		past->slices[(past->count - 1) % SLICES_KEPT].until = event->time;
	past->slices[past->count++ % SLICES_KEPT] =
		(struct cpu_slice){.since = event->time, .thread = event->other};
	if (!event->thread)
		return 0;
	person = person_of(anatomist, event->thread);
	if (!person)
		return grown__error(event->thread);
	person->next = event->other;
	person->cpu_off = cpu;
	return 0;
}

static void name_thread(struct anatomist *anatomist, uint32_t row, struct anatomy_thread *thread)
{
	const struct identity_thread *known = row ? cast__thread(anatomist->cast, row) : NULL;

	*thread = (struct anatomy_thread){0};
	if (!known)
		return;
	thread->pid = (int)known->tgid;
	thread->tid = (int)known->tid;
	memcpy(thread->comm, known->comm, sizeof(thread->comm));
}

static void add_run(struct anatomist *anatomist, struct anatomy_sleep *sleep, uint32_t row,
		    uint64_t time)
{
	struct anatomy_thread thread;
	size_t i = 0;

	name_thread(anatomist, row, &thread);
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
	const struct cpu_past *past = grown__at(&anatomist->cpus, nap->cpu_off + 1);
	uint64_t left = nap->on - nap->off;

	for (uint32_t i = 0; past && past->slices && i < SLICES_KEPT && i < past->count; i++) {
		const struct cpu_slice *slice = &past->slices[(past->count - 1 - i) % SLICES_KEPT];
		uint64_t since = slice->since > nap->off ? slice->since : nap->off;
		uint64_t until = slice->until && slice->until < nap->on ? slice->until : nap->on;

		if (slice->until && slice->until <= nap->off)
			break;
		if (until <= since)
			continue;
		add_run(anatomist, sleep, slice->thread, until - since);
		left -= until - since < left ? until - since : left;
	}
	sleep->untraced += left; /* further back than is kept */
	qsort(sleep->runs, sleep->run_count, sizeof(*sleep->runs), compare_runs);
}

/* --- sleeps ------------------------------------------------------------------------------------
 */

/* An early waking is told at the switch-in, when its CPU may run somebody else. */
static bool is_waker(struct anatomist *anatomist, uint32_t row, uint32_t tid)
{
	const struct identity_thread *thread = row ? cast__thread(anatomist->cast, row) : NULL;

	return thread && tid && thread->tid == tid;
}

static int on_waking(void *context, const struct replay_waking *waking)
{
	struct anatomist *anatomist = context;
	struct person *person = person_of(anatomist, waking->thread), *waker;

	if (!person)
		return grown__error(waking->thread);
	person->waker = 0;
	person->cpu_waker = waking->cpu;
	person->woken = waking->time;
	person->waker_call = NULL;
	if (!is_waker(anatomist, waking->waker_thread, waking->waker_tid))
		return 0;
	person->waker = waking->waker_thread;
	waker = person_of(anatomist, waking->waker_thread);
	if (!waker)
		return grown__error(waking->waker_thread);
	waker->made[waker->made_count++ % WAKINGS_KEPT] =
		(struct made_waking){waking->time, waking->thread};
	return 0;
}

static int on_wait(void *context, const struct replay_wait *wait)
{
	struct anatomist *anatomist = context;
	const struct replay_thread *thread = replay__thread(anatomist->replay, wait->thread);
	struct person *person = person_of(anatomist, wait->thread);
	struct nap *naps;

	if (!person)
		return grown__error(wait->thread);
	if (!(thread->ledger.flags & LEDGER_IN_CALL))
		return 0;
	if (person->count == person->room) {
		naps = reallocarray(person->naps, person->room ? person->room * 2 : 2,
				    sizeof(*naps));
		if (!naps)
			return -ENOMEM;
		person->naps = naps;
		person->room = person->room ? person->room * 2 : 2;
	}
	person->naps[person->count++] = (struct nap){
		.off = wait->since,
		.woken = wait->woken,
		.on = wait->until,
		.row = wait->row,
		.next = person->next,
		.waker_kind = wait->waker_kind,
		.waker_tid = wait->waker_tid,
		.waker = person->waker,
		.cpu_off = person->cpu_off,
		.cpu_waker = person->cpu_waker,
		.cpu_on = wait->cpu,
		.early = wait->wait.early,
		.waker_call = person->woken == wait->woken ? person->waker_call : NULL,
	};
	return 0;
}

static void name_waker(struct anatomist *anatomist, const struct nap *nap,
		       struct anatomy_thread *waker)
{
	const struct identity_task *task;

	name_thread(anatomist, nap->waker, waker);
	if (waker->tid == (int)nap->waker_tid)
		return;
	*waker = (struct anatomy_thread){.tid = (int)nap->waker_tid};
	task = nap->waker_tid && nap->waker_tid < ROWS_MOST
		       ? cast__task(anatomist->cast, nap->waker_tid)
		       : NULL;
	if (!task)
		return;
	waker->pid = (int)task->pid;
	memcpy(waker->comm, task->comm, sizeof(waker->comm));
}

static int tell_sleep(struct anatomist *anatomist, const struct nap *nap, uint64_t began,
		      struct anatomy_sleep *sleep)
{
	const struct wait_key *key = cast__wait(anatomist->cast, nap->row);
	const struct wait_words *words = key ? cast__words(anatomist->cast, nap->row) : NULL;

	*sleep = (struct anatomy_sleep){
		.off = nap->off - began,
		.woken = nap->woken - began,
		.on = nap->on - began,
		.cpu_off = nap->cpu_off,
		.cpu_waker = nap->cpu_waker,
		.cpu_on = nap->cpu_on,
		.early = nap->early,
		.waker_kind = nap->waker_kind,
		.waker_call = nap->waker_call,
	};
	if (words) {
		sleep->known = true;
		sleep->class = words->class;
		sleep->sleep = key->sleep;
		sleep->object = words->object ? strdup(words->object) : NULL;
		if (words->object && !sleep->object)
			return -ENOMEM;
	}
	name_thread(anatomist, nap->next, &sleep->next);
	name_waker(anatomist, nap, &sleep->waker);
	tell_runs(anatomist, nap, sleep);
	return 0;
}

/* --- calls -------------------------------------------------------------------------------------
 */

/* A thread was woken in that call: it may not have run since, or still be in its own, or be kept.
 */
static void settle(struct anatomist *anatomist, const struct made_waking *made, const char *call)
{
	struct person *person = person_of(anatomist, made->thread);

	if (!person)
		return;
	if (person->woken == made->time)
		person->waker_call = call;
	for (uint32_t i = 0; i < person->count; i++)
		if (person->naps[i].woken == made->time)
			person->naps[i].waker_call = call;
	for (size_t i = 0; i < anatomist->count; i++) {
		struct specimen *specimen = &anatomist->kept[i];

		if (specimen->thread != made->thread)
			continue;
		for (size_t k = 0; k < specimen->anatomy.sleep_count; k++)
			if (specimen->began + specimen->anatomy.sleeps[k].woken == made->time)
				specimen->anatomy.sleeps[k].waker_call = call;
	}
}

static void settle_wakings(struct anatomist *anatomist, const struct replay_call *call)
{
	struct person *person = person_of(anatomist, call->thread);
	uint32_t count = person->made_count < WAKINGS_KEPT ? person->made_count : WAKINGS_KEPT;
	const char *name = syscalls__name((uint16_t)call->done.call);
	struct made_waking made;

	person->made_count = 0;
	for (uint32_t i = 0; i < count; i++) {
		made = person_of(anatomist, call->thread)->made[i];
		if (made.time >= call->since && made.time <= call->until)
			settle(anatomist, &made, name);
	}
}

static int dissect(struct anatomist *anatomist, const struct replay_call *call,
		   const struct nap *naps, uint32_t count, struct specimen *specimen)
{
	struct anatomy *anatomy = &specimen->anatomy;
	uint64_t asleep = 0;
	int err = 0;

	anatomy->sleeps = calloc(count, sizeof(*anatomy->sleeps));
	if (!anatomy->sleeps)
		return -ENOMEM;
	anatomy->sleep_count = count;
	for (uint32_t i = 0; i < count && !err; i++) {
		err = tell_sleep(anatomist, &naps[i], call->since, &anatomy->sleeps[i]);
		asleep += naps[i].on - naps[i].off;
	}
	anatomy->preempted = call->done.off_cpu > asleep ? call->done.off_cpu - asleep : 0;
	return err;
}

/* Puts it where it belongs among the longest; the shortest of too many goes. */
static void keep(struct anatomist *anatomist, const struct specimen *specimen)
{
	size_t at = anatomist->count++;

	while (at && anatomist->kept[at - 1].anatomy.total < specimen->anatomy.total) {
		anatomist->kept[at] = anatomist->kept[at - 1];
		at--;
	}
	anatomist->kept[at] = *specimen;
	if (anatomist->count > anatomist->options.keep)
		clear(&anatomist->kept[--anatomist->count]);
}

static bool is_among_the_longest(const struct anatomist *anatomist, uint64_t total)
{
	return anatomist->count < anatomist->options.keep ||
	       anatomist->kept[anatomist->count - 1].anatomy.total < total;
}

static bool takes_descriptor(const struct anatomist *anatomist, uint32_t call)
{
	bool compat = call & SYSCALL_COMPAT;

	call &= ~SYSCALL_COMPAT;
	return call < SYSCALL_TABLE && anatomist->arguments[compat][call] == ARGUMENT_FD0;
}

static int examine(struct anatomist *anatomist, const struct replay_call *call,
		   const struct nap *naps, uint32_t count)
{
	struct specimen specimen = {
		.began = call->since,
		.thread = call->thread,
		.anatomy = {.syscall = syscalls__name((uint16_t)call->done.call),
			    .on_descriptor = takes_descriptor(anatomist, call->done.call),
			    .argument = call->argument,
			    .result = call->result,
			    .cpu_entry = naps[0].cpu_off,
			    .cpu_exit = call->cpu,
			    .total = call->until - call->since},
	};
	int err;

	name_thread(anatomist, call->thread, &specimen.anatomy.thread);
	if (!anatomist->options.wants(anatomist->options.context, specimen.anatomy.thread.tid,
				      specimen.anatomy.syscall))
		return 0;
	anatomist->seen++;
	if (!is_among_the_longest(anatomist, specimen.anatomy.total))
		return 0;
	err = dissect(anatomist, call, naps, count, &specimen);
	if (err)
		clear(&specimen);
	else
		keep(anatomist, &specimen);
	return err;
}

/* Are its instants in order? Clocks of CPUs may differ, and hostile files have what they like. */
static bool is_in_order(const struct replay_call *call, const struct person *person)
{
	uint64_t at = call->since;

	for (uint32_t i = 0; i < person->count; i++) {
		const struct nap *nap = &person->naps[i];

		if (nap->off < at || nap->woken < nap->off || nap->on < nap->woken)
			return false;
		at = nap->on;
	}
	return call->until >= at;
}

static int on_call(void *context, const struct replay_call *call)
{
	struct anatomist *anatomist = context;
	struct person *person = person_of(anatomist, call->thread);
	int err = 0;

	if (!person)
		return grown__error(call->thread);
	settle_wakings(anatomist, call);
	person = person_of(anatomist, call->thread);
	if (person->count && !call->done.censored && is_in_order(call, person))
		err = examine(anatomist, call, person->naps, person->count);
	person = person_of(anatomist, call->thread);
	person->count = 0;
	return err;
}

static int on_begin(void *context, uint32_t thread, uint64_t time)
{
	struct person *person = person_of(context, thread);

	(void)time;
	if (!person)
		return grown__error(thread);
	person->count = person->made_count = 0;
	return 0;
}

static int on_loss(void *context, const struct replay_loss *loss)
{
	((struct anatomist *)context)->lost += loss->count;
	return 0;
}

int anatomist__event(struct anatomist *anatomist, unsigned int cpu,
		     const struct stream_event *event)
{
	int err = event->kind == STREAM_SWITCH ? note_switch(anatomist, cpu, event) : 0;

	return err ? err : replay__event(anatomist->replay, cpu, event);
}

const struct anatomy *anatomist__call(const struct anatomist *anatomist, size_t number)
{
	return number < anatomist->count ? &anatomist->kept[number].anatomy : NULL;
}

uint64_t anatomist__seen(const struct anatomist *anatomist)
{
	return anatomist->seen;
}

uint64_t anatomist__lost(const struct anatomist *anatomist)
{
	return anatomist->lost;
}
