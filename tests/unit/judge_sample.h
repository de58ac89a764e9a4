/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Profiles made by hand for the tests of verdicts: what a thread called, and how that went. */
#ifndef WAITSCOPE_TESTS_JUDGE_SAMPLE_H
#define WAITSCOPE_TESTS_JUDGE_SAMPLE_H

#include "judge/judge.h"
#include "tests/unit/render_sample.h"
#include "tests/unit/unit.h"

#define JUDGED_PID 800

/* A process of one second, still without threads. */
static inline struct process *judged__process(struct profile *profile)
{
	struct process *process;

	profile->window = 1000 * MS;
	process = sample__process(profile, JUDGED_PID + (int)profile->process_count, "program");
	process->lifetime = 1000 * MS;
	return process;
}

/* A thread of that process, busy for `busy` of its second and asleep for the rest. */
static inline struct thread *judged__thread(struct process *process, uint64_t busy)
{
	int tid = process->pid + (int)process->thread_count * 10;

	return sample__thread(process, tid, "program",
			      (struct account){.lifetime = 1000 * MS, .blocked = 1000 * MS - busy});
}

/* One process with one thread, which is asleep for nine tenths of a second. */
static inline struct thread *judged__one(struct profile *profile)
{
	return judged__thread(judged__process(profile), 100 * MS);
}

static inline struct call *judged__call(struct thread *thread, const char *name, uint64_t calls)
{
	struct call *call = sample__grow(&thread->calls, &thread->call_count, sizeof(*call));

	call->name = name;
	call->calls = calls;
	return call;
}

/* The multiplexer that the thread rests in. */
static inline struct loop *judged__loop(struct thread *thread, const char *name, uint64_t returns)
{
	struct loop *loop = sample__grow(&thread->loops, &thread->loop_count, sizeof(*loop));

	loop->tid = thread->tid;
	loop->call = name;
	loop->iterations = loop->events = returns;
	loop->main = thread->loop_count == 1;
	return loop;
}

/* A sleep of `total` in all, in the rows of the thread and of its process. */
static inline struct wait *judged__wait(struct process *process, struct thread *thread,
					enum wait_class class, const char *syscall,
					const char *object, uint64_t count, uint64_t total)
{
	struct wait *wait = sample__grow(&process->waits, &process->wait_count, sizeof(*wait));

	*wait = (struct wait){.class = class,
			      .syscall = syscall,
			      .object = object ? strdup(object) : NULL,
			      .sleep = LEDGER_SLEEP_INTERRUPTIBLE,
			      .count = count,
			      .total = total};
	wait = sample__grow(&thread->waits, &thread->wait_count, sizeof(*wait));
	*wait = process->waits[process->wait_count - 1];
	wait->object = object ? strdup(object) : NULL;
	return wait;
}

static inline struct requests *judged__requests(struct process *process, enum request_api api,
						const char *operation, uint64_t completed)
{
	struct requests *requests =
		sample__grow(&process->requests, &process->request_count, sizeof(*requests));

	requests->api = api;
	requests->operation = operation;
	requests->submitted = requests->completed = completed;
	requests->inflight_max = 4;
	return requests;
}

static inline void judged__lose(struct profile *profile, const char *cause)
{
	struct loss_count *loss =
		sample__grow(&profile->audit.lost, &profile->audit.lost_count, sizeof(*loss));

	*loss = (struct loss_count){cause, 3};
}

/* Judges, and frees what the last judgement of the profile left. */
static inline void judged__again(struct profile *profile)
{
	for (size_t i = 0; i < profile->process_count; i++) {
		struct process *process = &profile->processes[i];

		for (size_t j = 0; j < process->thread_count; j++) {
			verdict__clear(&process->threads[j].verdict);
			process->threads[j].verdict = (struct verdict){.why = NULL};
		}
		verdict__clear(&process->verdict);
		process->verdict = (struct verdict){.why = NULL};
		process->structure = STRUCTURE_UNKNOWN;
	}
	for (size_t i = 0; i < profile->finding_count; i++)
		finding__clear(&profile->findings[i]);
	free(profile->findings);
	profile->findings = NULL;
	profile->finding_count = 0;
	assert_int_equal(judge__profile(profile), 0);
}

#endif
