// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "judge/io_model.h"

#include <errno.h>
#include <stdlib.h>

#include "judge/evidence.h"
#include "judge/io_tally.h"
#include "judge/lost.h"
#include "judge/thresholds.h"
#include "names/units.h"
#include "names/words.h"

static bool reaches(uint64_t part, double share, uint64_t whole)
{
	return (double)part >= share * (double)whole;
}

/* ------------------------------------------------------------------------------------ verdicts */

/* Takes the reason, which may be NULL (no memory). */
static int unknown(struct verdict *verdict, char *why)
{
	verdict->model = MODEL_UNKNOWN;
	verdict->why = why;
	return why ? 0 : -ENOMEM;
}

static int add_share(struct verdict *verdict, enum io_model model, double share,
		     uint64_t operations, const struct io_tally *tally, enum tier tier)
{
	struct model_share *grown;

	grown = reallocarray(verdict->shares, verdict->share_count + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	verdict->shares = grown;
	grown += verdict->share_count++;
	*grown = (struct model_share){.model = model, .share = share, .operations = operations};
	return evidence__tell(grown, tally, tier);
}

static int by_share(const void *a, const void *b)
{
	const struct model_share *left = a, *right = b;

	if (left->operations != right->operations)
		return left->operations > right->operations ? -1 : 1;
	return (int)left->model - (int)right->model;
}

/* The parts of the I/O, largest first. */
static int add_shares(struct verdict *verdict, const struct io_tally *tally, enum tier tier)
{
	uint64_t total = tally__total(tally);
	int err = 0;

	for (enum io_model model = 0; model < IO_MODELS && !err; model++)
		if (tally->operations[model])
			err = add_share(verdict, model,
					(double)tally->operations[model] / (double)total,
					tally->operations[model], tally, tier);
	if (verdict->share_count)
		qsort(verdict->shares, verdict->share_count, sizeof(*verdict->shares), by_share);
	return err;
}

/* For models that are no I/O, the share is one of time. */
static int decide_without_io(struct verdict *verdict, enum io_model model, uint64_t time,
			     const struct io_tally *tally, enum tier tier)
{
	verdict->model = model;
	return add_share(verdict, model, (double)time / (double)tally->known, tally__total(tally),
			 tally, tier);
}

static bool computes(const struct io_tally *tally)
{
	double seconds = (double)tally->busy / (double)NS_PER_S;
	uint64_t total = tally__total(tally);

	return tally->running >= KNOWN_TIME_LEAST &&
	       reaches(tally->busy, COMPUTE_BUSY_SHARE, tally->known) &&
	       (total < OPERATIONS_LEAST || (double)total <= COMPUTE_OPERATIONS_A_SECOND * seconds);
}

/* An event loop that has had nothing to do: its sleeps are all there is. */
static enum io_model resting_loop(const struct io_tally *tally)
{
	if (!reaches(tally->asleep_multiplex, NONE_SLEEP_SHARE, tally->asleep))
		return MODEL_UNKNOWN;
	for (enum io_model model = MODEL_SELECT; model <= MODEL_EPOLL; model++)
		if (tally->sleeps[model] >= OPERATIONS_LEAST)
			return model;
	return MODEL_UNKNOWN;
}

/* Too few operations for shares of them: time may still tell. */
static int decide_by_time(struct verdict *verdict, const struct io_tally *tally)
{
	uint64_t total = tally__total(tally);
	char time[UNITS_TEXT];
	enum io_model loop = resting_loop(tally);

	if (loop) {
		verdict->model = loop;
		return add_share(verdict, loop,
				 (double)tally->asleep_multiplex / (double)tally->asleep,
				 tally->operations[loop], tally, TIER_FULL);
	}
	if (tally->known < KNOWN_TIME_LEAST)
		return unknown(verdict, evidence__text("too little data: %llu I/O operations in %s",
						       (unsigned long long)total,
						       units__time(tally->known, time)));
	if (reaches(tally->asleep, 1 - COMPUTE_BUSY_SHARE, tally->known) &&
	    reaches(tally->asleep_no_io, NONE_SLEEP_SHARE, tally->asleep))
		return decide_without_io(verdict, MODEL_NONE, tally->asleep_no_io, tally,
					 TIER_FULL);
	return unknown(verdict, evidence__text("too little data: %llu I/O operations",
					       (unsigned long long)total));
}

static int decide_by_shares(struct verdict *verdict, const struct io_tally *tally, enum tier tier)
{
	int err = add_shares(verdict, tally, tier);

	verdict->model = MODEL_MIXED;
	if (verdict->share_count && verdict->shares[0].share >= MODEL_SHARE)
		verdict->model = verdict->shares[0].model;
	return err;
}

static int decide(struct verdict *verdict, const struct io_tally *tally, enum tier tier)
{
	uint64_t total = tally__total(tally);

	if (tier == TIER_WAITS && total < OPERATIONS_LEAST)
		return unknown(verdict,
			       evidence__text("waits tier: %llu sleeps in I/O, and I/O that does "
					      "not sleep is not seen",
					      (unsigned long long)total));
	if (tier == TIER_FULL && computes(tally))
		return decide_without_io(verdict, MODEL_COMPUTE, tally->busy, tally, tier);
	if (total < OPERATIONS_LEAST)
		return decide_by_time(verdict, tally);
	return decide_by_shares(verdict, tally, tier);
}

/* ------------------------------------------------------------------------ threads and processes */

static const char *lost_text(const struct thread *thread)
{
	return thread->lost ? "events were lost" : "not all of its waits could be kept";
}

/* Rows that had no room, nobody knows of which thread: any count of operations may be short. */
static const char *rows_lost(const struct profile *profile)
{
	static const char causes[] = "syscalls loops processes requests";

	for (size_t i = 0; i < profile->audit.lost_count; i++) {
		const struct loss_count *loss = &profile->audit.lost[i];

		if (loss->count && words__have(causes, loss->cause))
			return loss->cause;
	}
	return NULL;
}

static int unknown_for_rows(struct verdict *verdict, const char *cause)
{
	return unknown(verdict,
		       evidence__text("no room for all %s (--map-entries makes it)", cause));
}

static int judge_thread(struct thread *thread, const struct tally_scene *scene,
			const struct io_tally *own)
{
	static const enum request_api apis[] = {REQUEST_POSIX_AIO, REQUEST_LINUX_AIO,
						REQUEST_IO_URING};
	struct io_tally tally = *own;

	if (thread->incomplete)
		return unknown(&thread->verdict, evidence__text("%s", lost_text(thread)));
	if (rows_lost(scene->profile))
		return unknown_for_rows(&thread->verdict, rows_lost(scene->profile));
	if (thread->kernel_thread || thread->io_worker)
		return unknown(&thread->verdict,
			       evidence__text("%s", thread->io_worker
							    ? "it does the requests of an io_uring"
							    : "a kernel thread"));
	for (size_t i = 0; i < sizeof(apis) / sizeof(apis[0]); i++)
		if (scene->owner[request_api__model(apis[i])] == thread)
			tally__requests(&tally, scene->process, apis[i]);
	tally.operations[MODEL_POSIX_AIO] += tally.served;
	/* what it does while it seems to compute or to wait may be its requests */
	if (tally__total(&tally) < OPERATIONS_LEAST && tally_scene__has_stray_requests(scene))
		return unknown(
			&thread->verdict,
			evidence__text("whose the requests of its process are is not known"));
	return decide(&thread->verdict, &tally, scene->profile->tier);
}

/* Would what the threads that lost events did change the verdict? */
static bool lost_too_much(const struct io_tally *all, const struct io_tally *lost)
{
	uint64_t total = tally__total(all);

	if (total >= OPERATIONS_LEAST)
		return !reaches(total - tally__total(lost), 1 - LOST_SHARE, total);
	return !reaches(all->known - lost->known, 1 - LOST_SHARE, all->known);
}

/* What was lost and did not matter is said all the same. */
static int tell_losses(struct verdict *verdict, const struct process *process)
{
	uint64_t transitions = 0, time = 0;
	char count[UNITS_TEXT], length[UNITS_TEXT];

	for (size_t i = 0; i < process->thread_count; i++) {
		if (!process->threads[i].incomplete)
			continue;
		transitions += process->threads[i].lost;
		time += process->threads[i].account.unknown;
	}
	if (!transitions || !verdict->share_count)
		return 0;
	return evidence__add(&verdict->shares[0],
			     evidence__text("%s switches of its threads were not seen; what they "
					    "did in %s is unknown",
					    units__count(transitions, count),
					    units__time(time, length)));
}

int io_model__judge(const struct profile *profile, struct process *process)
{
	struct io_tally sum = {.startup = 0}, lost = {.startup = 0}, tally;
	struct tally_scene scene;
	int err = 0;

	tally_scene__open(&scene, profile, process);
	for (size_t i = 0; i < process->thread_count && !err; i++) {
		struct thread *thread = &process->threads[i];

		tally__thread(&tally, &scene, thread);
		tally__add(&sum, &tally);
		if (thread__is_unreliable(thread))
			tally__add(&lost, &tally);
		err = judge_thread(thread, &scene, &tally);
	}
	tally__requests(&sum, process, REQUEST_POSIX_AIO);
	tally__requests(&sum, process, REQUEST_LINUX_AIO);
	tally__requests(&sum, process, REQUEST_IO_URING);
	if (err)
		return err;
	if (process->kernel_thread)
		return unknown(&process->verdict, evidence__text("a kernel thread"));
	if (rows_lost(profile))
		return unknown_for_rows(&process->verdict, rows_lost(profile));
	if (lost_too_much(&sum, &lost))
		return unknown(&process->verdict,
			       evidence__text("events of its threads were lost"));
	err = decide(&process->verdict, &sum, profile->tier);
	return err ? err : tell_losses(&process->verdict, process);
}
