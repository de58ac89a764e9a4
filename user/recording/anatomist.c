// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "names/syscalls.h"
#include "recording/anatomist_internal.h"

static int on_wait(void *context, const struct replay_wait *wait);
static int on_call(void *context, const struct replay_call *call);
static int on_slice(void *context, const struct replay_slice *slice);
static int on_begin(void *context, uint32_t thread, uint64_t time);

struct anatomist *anatomist__new(const struct anatomist_options *options, struct cast *cast)
{
	struct anatomist *anatomist = calloc(1, sizeof(*anatomist));
	const struct replay_hooks hooks = {.wait = on_wait,
					   .call = on_call,
					   .slice = on_slice,
					   .begin = on_begin,
					   .context = anatomist};

	if (!anatomist)
		return NULL;
	anatomist->options = *options;
	anatomist->cast = cast;
	anatomist->people.size = sizeof(struct person *);
	anatomist->completions.size = sizeof(struct completion);
	anatomist->losses = LOSSES_NONE;
	anatomist->pasts = cpu_pasts__empty();
	anatomist->ids = THREAD_IDS_EMPTY;
	anatomist->kept = calloc(options->keep + 1, sizeof(*anatomist->kept));
	anatomist->replay = replay__new(&hooks, ROWS_MOST);
	if (anatomist->kept && anatomist->replay)
		return anatomist;
	anatomist__free(anatomist);
	return NULL;
}

static void free_person(struct person *person)
{
	if (person)
		free(person->naps);
	free(person);
}

void anatomist__free(struct anatomist *anatomist)
{
	if (!anatomist)
		return;
	for (size_t i = 0; anatomist->kept && i < anatomist->count; i++)
		anatomy__clear(&anatomist->kept[i].anatomy);
	free(anatomist->kept);
	for (uint32_t i = 0; i < anatomist->people.room; i++)
		free_person(((struct person **)anatomist->people.base)[i]);
	free(anatomist->people.base);
	free(anatomist->completions.base);
	losses__clear(&anatomist->losses);
	cpu_pasts__clear(&anatomist->pasts);
	thread_ids__clear(&anatomist->ids);
	replay__free(anatomist->replay);
	free(anatomist);
}

struct person *anatomist__person(struct anatomist *anatomist, uint32_t thread)
{
	struct person **place = grown__at(&anatomist->people, thread);

	if (place && !*place)
		*place = calloc(1, sizeof(**place));
	return place ? *place : NULL;
}

/* --- sleeps ------------------------------------------------------------------------------------
 */

/* The waking that ended it, as it was noted when it was made. */
static struct noted waking_of(const struct person *person, const struct replay_wait *wait)
{
	const struct noted *noted = wait->wait.early ? &person->early : &person->woken;
	bool is_it = noted->waking.time && noted->waking.kind == wait->waker_kind &&
		     noted->waking.tid == wait->waker_tid && noted->waking.time <= wait->until;

	if (is_it)
		return *noted;
	return (struct noted){
		.waking = {.time = wait->woken, .kind = wait->waker_kind, .tid = wait->waker_tid},
		.chain = {.cut = true}};
}

static int make_room(struct person *person)
{
	uint32_t room = person->room ? person->room * 2 : 2;
	struct nap *naps;

	if (person->count < person->room)
		return 0;
	naps = reallocarray(person->naps, room, sizeof(*naps));
	if (!naps)
		return -ENOMEM;
	person->naps = naps;
	person->room = room;
	return 0;
}

static int keep_nap(struct person *person, const struct replay_wait *wait,
		    const struct noted *noted)
{
	if (person->count == ANATOMY_SLEEPS) {
		person->more.count++;
		person->more.asleep += wait->wait.blocked;
		person->more.queued += wait->wait.runqueue;
		person->more.until = wait->until;
		return 0;
	}
	if (make_room(person))
		return -ENOMEM;
	person->naps[person->count++] = (struct nap){
		.off = wait->since,
		.woken = wait->woken,
		.on = wait->until,
		.early = wait->wait.early,
		.early_by = wait->wait.early && noted->waking.time < wait->since
				    ? wait->since - noted->waking.time
				    : 0,
		.row = wait->row,
		.next = person->next,
		.cpu_off = person->cpu_off,
		.cpu_on = wait->cpu,
		.waking = noted->waking,
		.chain = noted->chain,
		.completion = noted->completion,
	};
	return 0;
}

static int on_wait(void *context, const struct replay_wait *wait)
{
	struct anatomist *anatomist = context;
	const struct replay_thread *thread = replay__thread(anatomist->replay, wait->thread);
	struct person *person = anatomist__person(anatomist, wait->thread);
	struct noted noted;
	int err = 0;

	if (!person)
		return grown__error(wait->thread);
	noted = waking_of(person, wait);
	if (thread->ledger.flags & LEDGER_IN_CALL)
		err = keep_nap(person, wait, &noted);
	anatomist__adopt_waking(anatomist, person, &noted, wait);
	return err;
}

/* --- calls -------------------------------------------------------------------------------------
 */

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
		anatomy__clear(&anatomist->kept[--anatomist->count].anatomy);
}

static bool is_among_the_longest(const struct anatomist *anatomist, uint64_t total)
{
	return anatomist->count < anatomist->options.keep ||
	       (anatomist->count && anatomist->kept[anatomist->count - 1].anatomy.total < total);
}

bool anatomist__wants(struct anatomist *anatomist, const struct identity_thread *thread,
		      const char *syscall, const struct person *person)
{
	const char *objects[ANATOMY_SLEEPS];
	struct anatomy_candidate candidate = {.tid = thread ? (int)thread->tid : 0,
					      .comm = thread ? thread->comm : NULL,
					      .syscall = syscall,
					      .objects = objects,
					      .idle = true};

	for (uint32_t i = 0; i < person->count; i++) {
		const struct wait_words *words = cast__words(anatomist->cast, person->naps[i].row);

		candidate.idle &= words && words->idle;
		if (words && words->object)
			objects[candidate.object_count++] = words->object;
	}
	return anatomist->options.wants(anatomist->options.context, &candidate);
}

static int dissect(struct anatomist *anatomist, const struct replay_call *call,
		   const struct person *person, uint32_t process, struct anatomy *anatomy)
{
	uint64_t asleep = person->more.asleep + person->more.queued;
	int err = 0;

	anatomy->sleeps = calloc(person->count, sizeof(*anatomy->sleeps));
	if (!anatomy->sleeps)
		return -ENOMEM;
	for (uint32_t i = 0; i < person->count && !err; i++) {
		anatomy->sleep_count++;
		err = anatomist__tell_sleep(anatomist, &person->naps[i], call->since, process,
					    &anatomy->sleeps[i]);
		asleep += person->naps[i].on - person->naps[i].off;
	}
	anatomy->more = person->more;
	if (anatomy->more.count)
		anatomy->more.until -= call->since;
	anatomy->preempted = call->done.off_cpu > asleep ? call->done.off_cpu - asleep : 0;
	return err;
}

static int examine(struct anatomist *anatomist, const struct replay_call *call,
		   const struct person *person)
{
	const struct identity_thread *thread = cast__thread(anatomist->cast, call->thread);
	const char *syscall = syscalls__name((uint16_t)call->done.call);
	uint32_t process = thread ? thread->process : 0;
	struct specimen specimen = {
		.began = call->since,
		.thread = call->thread,
		.anatomy = {.syscall = syscall,
			    .on_descriptor = syscalls__takes_descriptor((uint16_t)call->done.call),
			    .argument = call->argument,
			    .has_result = syscalls__has_result(syscall, call->result),
			    .result = call->result,
			    .cpu_entry = person->cpu_entry,
			    .cpu_exit = call->cpu,
			    .total = call->until - call->since},
	};
	int err;

	if (thread && thread->flags & THREAD_HELD) /* the command before its exec */
		return 0;
	if (!anatomist__wants(anatomist, thread, syscall, person)) {
		anatomist->sums.unwanted++;
		return 0;
	}
	anatomist->sums.seen++;
	if (!is_among_the_longest(anatomist, specimen.anatomy.total))
		return 0;
	anatomist__name_thread(anatomist, call->thread, &specimen.anatomy.thread);
	err = dissect(anatomist, call, person, process, &specimen.anatomy);
	if (err)
		anatomy__clear(&specimen.anatomy);
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
	if (person->more.count && person->more.until < at)
		return false;
	return call->until >= (person->more.count ? person->more.until : at);
}

/* May an event of it be missing? */
static bool is_doubtful(const struct anatomist *anatomist, const struct replay_call *call,
			const struct person *person)
{
	const struct replay_thread *thread = replay__thread(anatomist->replay, call->thread);

	const struct losses *losses = &anatomist->losses;

	return losses->losing_cpus || (losses->doubted && call->since <= losses->doubted) ||
	       thread->ledger.lost != person->lost || !is_in_order(call, person);
}

static void begin_anew(const struct anatomist *anatomist, struct person *person, uint32_t thread)
{
	const struct replay_thread *replayed = replay__thread(anatomist->replay, thread);

	person->count = 0;
	person->more = (struct anatomy_more){0};
	person->lost = replayed ? replayed->ledger.lost : 0;
}

static int on_call(void *context, const struct replay_call *call)
{
	struct anatomist *anatomist = context;
	struct person *person = anatomist__person(anatomist, call->thread);
	int err = 0;

	if (!person)
		return grown__error(call->thread);
	anatomist__settle_wakings(anatomist, call->thread, call->done.call, call->since,
				  call->until);
	if (person->count && !call->done.censored) {
		if (is_doubtful(anatomist, call, person))
			anatomist->sums.doubtful++;
		else
			err = examine(anatomist, call, person);
	}
	begin_anew(anatomist, person, call->thread);
	return err;
}

/* From the call in which a thread ends it does not return. */
static int on_slice(void *context, const struct replay_slice *slice)
{
	struct anatomist *anatomist = context;
	const struct replay_thread *thread = replay__thread(anatomist->replay, slice->thread);

	if (slice->end == LEDGER_EVENT_ENDED && (thread->ledger.flags & LEDGER_ENTRY_SEEN))
		anatomist__settle_wakings(anatomist, slice->thread, thread->ledger.call,
					  thread->ledger.call_since, slice->until);
	return 0;
}

static int on_begin(void *context, uint32_t thread, uint64_t time)
{
	struct anatomist *anatomist = context;
	struct person *person = anatomist__person(anatomist, thread);
	struct nap *naps;
	uint32_t room;

	(void)time;
	if (!person)
		return grown__error(thread);
	naps = person->naps;
	room = person->room;
	*person = (struct person){.naps = naps, .room = room};
	return thread_ids__begin(&anatomist->ids, anatomist->cast, thread);
}

int anatomist__event(struct anatomist *anatomist, unsigned int cpu,
		     const struct stream_event *event)
{
	int err = anatomist__note(anatomist, cpu, event);

	return err ? err : replay__event(anatomist->replay, cpu, event);
}

const struct anatomy *anatomist__call(const struct anatomist *anatomist, size_t number)
{
	return number < anatomist->count ? &anatomist->kept[number].anatomy : NULL;
}

const struct anatomist_sums *anatomist__sums(const struct anatomist *anatomist)
{
	return &anatomist->sums;
}
