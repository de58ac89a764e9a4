// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the calls, sleeps and page faults of one thread are evidence of. */
#include "judge/io_tally.h"

#include "judge/loops.h"
#include "judge/thresholds.h"
#include "names/syscall_traits.h"
#include "names/words.h"

/* --------------------------------------------------------------------------------------- calls */

/* How the thread's non-blocking calls are to be understood. */
struct readiness {
	enum io_model handler; /* awaited in a loop whose handler makes the call */
	enum io_model awaited; /* awaited in a multiplexer, if not by the handler */
	bool refused;	       /* some call was: the thread tries again */
};

/*
 * On a non-blocking descriptor, and in no handler. Many programs open with O_NONBLOCK what always
 * is ready, regular files above all, where it means nothing: without a refusal and without a
 * multiplexer there is no sign that a call would not have slept.
 */
static enum io_model model_of_unhandled(const struct readiness *readiness, const struct call *call)
{
	uint64_t finished = tally__less(call->calls, call->eagain);

	if (readiness->awaited && call->eagain <= RETRIES_AN_OPERATION * finished)
		return readiness->awaited;
	return readiness->refused ? MODEL_NONBLOCKING : MODEL_BLOCKING;
}

/*
 * Calls of one name, each given to the model that it is evidence of. A refused call is a try, not
 * an operation. Where the counts overlap, the announced ones come first: by a signal, by a loop.
 */
static void count_call(struct io_tally *tally, const struct call *call,
		       const struct readiness *readiness)
{
	uint64_t rest = tally__less(call->calls, call->eagain), part;
	uint64_t unrefused = tally__less(call->nonblocking, call->eagain);

	part = tally__least(rest, call->signalled);
	tally__count(tally, MODEL_SIGNAL_DRIVEN, call->name, part);
	rest -= part;
	unrefused = tally__less(unrefused, part);
	part = readiness->handler ? tally__least(rest, tally__less(call->handled, part)) : 0;
	tally__count(tally, readiness->handler, call->name, part);
	rest -= part;
	part = tally__least(rest, tally__less(unrefused, part));
	if (model_of_unhandled(readiness, call) != MODEL_BLOCKING) {
		tally__count(tally, model_of_unhandled(readiness, call), call->name, part);
		rest -= part;
	}
	/* one that the window cut was asleep: it can be of no other model */
	tally__count(tally, MODEL_BLOCKING, call->name, rest + call->censored);
	tally->slept += tally__least(call->slept + call->censored, rest + call->censored);
	tally->refused += call->eagain;
	tally->spin_runs += call->spin_runs;
	tally->spin_cpu += call->spin_cpu;
}

static void count_loop(struct io_tally *tally, const struct thread *thread, const struct loop *loop)
{
	enum io_model model = loop ? multiplexer__model(loop->call) : MODEL_UNKNOWN;

	if (!loop)
		return;
	if (loop__polls(loop)) {
		tally->polls += loop->iterations;
		tally->empty_polls += loop->unslept;
		return;
	}
	tally->returns[model] += loop->iterations;
	for (size_t i = 0; i < thread->wait_count; i++)
		if (multiplexer__model(thread->waits[i].syscall) == model)
			tally->sleeps[model] += thread->waits[i].count;
}

static bool makes_io(const struct call *call)
{
	return syscalls__traits_of(call->name) & TRAIT_IO;
}

static void count_calls(struct io_tally *tally, const struct tally_scene *scene,
			const struct thread *thread)
{
	const struct loop *loop = thread__main_loop(thread);
	struct readiness readiness = {.awaited = thread__awaits_by(thread)};

	if (loop)
		readiness.handler =
			loop__polls(loop) ? MODEL_NONBLOCKING : multiplexer__model(loop->call);
	else if (!readiness.awaited)
		readiness.awaited = scene->loop;
	for (size_t i = 0; i < thread->call_count; i++)
		readiness.refused |= makes_io(&thread->calls[i]) && thread->calls[i].eagain;
	count_loop(tally, thread, loop);
	for (size_t i = 0; i < thread->call_count; i++)
		if (makes_io(&thread->calls[i]))
			count_call(tally, &thread->calls[i], &readiness);
}

/* -------------------------------------------------------------------------------------- sleeps */

static bool is_io(enum wait_class class)
{
	switch (class) {
	case CLASS_LOCK:
	case CLASS_TIMER:
	case CLASS_CHILD:
	case CLASS_SIGNAL:
	case CLASS_KERNEL:
	case CLASS_STOPPED:
		return false;
	default:
		return true;
	}
}

static void count_time(struct io_tally *tally, const struct thread *thread)
{
	const struct account *account = &thread->account;

	tally->running += account->running;
	tally->busy += account->running + account->runnable + account->preempted;
	tally->known += tally__less(account->lifetime, account->unknown);
	tally->asleep += account->blocked;
	for (size_t i = 0; i < thread->wait_count; i++) {
		const struct wait *wait = &thread->waits[i];

		if (wait->class == CLASS_MULTIPLEX)
			tally->asleep_multiplex += wait->total;
		else if (!is_io(wait->class))
			tally->asleep_no_io += wait->total;
		if (wait->class == CLASS_FAULT) {
			tally->fault_sleeps += wait->count;
			tally->fault_time += wait->total;
		}
	}
}

/* The models of which a sleep alone is evidence: all that the waits tier has. */
static enum io_model model_of_sleep(const struct wait *wait)
{
	switch (wait->class) {
	case CLASS_DISK:
	case CLASS_NETWORK:
	case CLASS_IPC:
	case CLASS_TERMINAL:
		return MODEL_BLOCKING;
	case CLASS_MULTIPLEX:
	case CLASS_AIO:
	case CLASS_IO_URING:
		return multiplexer__model(wait->syscall);
	default:
		return MODEL_UNKNOWN;
	}
}

static void count_sleeps(struct io_tally *tally, const struct thread *thread)
{
	for (size_t i = 0; i < thread->wait_count; i++) {
		const struct wait *wait = &thread->waits[i];
		enum io_model model = model_of_sleep(wait);

		if (!model || !wait->syscall)
			continue;
		tally__count(tally, model, wait->syscall, wait->count);
		if (model == MODEL_BLOCKING)
			tally->slept += wait->count;
		else
			tally->sleeps[model] += wait->count;
	}
}

/* ----------------------------------------------------------------------- start-up, page faults */

static uint64_t files_opened(const struct thread *thread)
{
	uint64_t files = 0;

	for (size_t i = 0; i < thread->call_count; i++)
		if (words__have("open openat openat2", thread->calls[i].name))
			files += tally__less(thread->calls[i].calls, thread->calls[i].errors);
	return files;
}

/* Takes a number of operations back; the most frequent kinds are the ones that are left. */
static uint64_t take_back(struct io_tally *tally, enum io_model model, uint64_t most)
{
	struct tally_names *names = &tally->names[model];
	uint64_t taken = tally__least(tally->operations[model], most);

	tally->operations[model] -= taken;
	tally->startup += taken;
	for (uint64_t left = taken; left && names->count;) {
		size_t last = names->count - 1;
		uint64_t part = tally__least(names->names[last].count, left);

		names->names[last].count -= part;
		left -= part;
		if (!names->names[last].count)
			names->count--;
	}
	return taken;
}

static void count_faults(struct io_tally *tally, const struct thread *thread)
{
	uint64_t faults = thread->major_faults;

	/* a thread that could not be compared with the kernel's books has none in these */
	if (tally->fault_sleeps > faults)
		faults = tally->fault_sleeps;
	tally->faults += faults;
	tally__count(tally, MODEL_MMAP, "page faults", faults);
}

static void leave_out_startup(struct io_tally *tally, const struct thread *thread)
{
	uint64_t files = files_opened(thread), taken;

	taken = take_back(tally, MODEL_BLOCKING,
			  tally__least(files * STARTUP_CALLS_A_FILE, STARTUP_MOST));
	tally->slept = tally__less(tally->slept, taken);
	taken = take_back(tally, MODEL_MMAP,
			  tally__least(files * STARTUP_FAULTS_A_FILE, STARTUP_MOST));
	tally->faults -= taken;
}

/* ------------------------------------------------------------------------- a process's threads */

static void serve(struct io_tally *tally, struct tally_scene *scene)
{
	uint64_t part = tally__least(tally->operations[MODEL_BLOCKING], scene->to_serve);

	tally->served += part;
	tally->operations[MODEL_BLOCKING] -= part;
	if (!tally->operations[MODEL_BLOCKING]) {
		tally->names[MODEL_POSIX_AIO] = tally->names[MODEL_BLOCKING];
		tally->names[MODEL_BLOCKING] = (struct tally_names){.count = 0};
	}
	tally->slept = tally__least(tally->slept, tally->operations[MODEL_BLOCKING]);
	scene->to_serve -= part;
}

void tally__thread(struct io_tally *tally, struct tally_scene *scene, const struct thread *thread)
{
	*tally = (struct io_tally){.startup = 0};
	if (thread->kernel_thread || thread->io_worker)
		return; /* they work for others, whose requests count */
	count_time(tally, thread);
	if (scene->profile->tier == TIER_FULL)
		count_calls(tally, scene, thread);
	else
		count_sleeps(tally, thread);
	count_faults(tally, thread);
	if (thread->tid == scene->process->pid)
		leave_out_startup(tally, thread);
	else if (tally_scene__is_helper(scene, thread))
		serve(tally, scene);
}
