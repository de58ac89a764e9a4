// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Findings on event loops, and on calls that are not to wait. */
#include <stdio.h>
#include <string.h>

#include "judge/finding_look.h"
#include "judge/loops.h"
#include "names/units.h"

/* The wait that held up the thread's handlers longest. NULL: none. */
static const struct wait *guilty_wait(const struct thread *thread)
{
	const struct wait *guilty = NULL;

	for (size_t i = 0; i < thread->wait_count; i++)
		if (thread->waits[i].handler > (guilty ? guilty->handler : 0))
			guilty = &thread->waits[i];
	return guilty;
}

/* " in fsync on file /var/x" */
static void say_where(char *out, size_t size, const char *syscall, const char *object)
{
	snprintf(out, size, " in %s%s%s", syscall ? syscall : "a page fault", object ? " on " : "",
		 object ? object : "");
}

void find_blocked_handler(struct finding_look *look, const struct thread *thread)
{
	const struct loop *loop = thread__main_loop(thread);
	const struct wait *guilty = guilty_wait(thread);
	char who[WHO_TEXT], blocked[UNITS_TEXT], longest[UNITS_TEXT], returns[UNITS_TEXT];
	char where[600] = "";
	struct finding *finding;

	if (!loop || loop->iterations < look->rule->least.count)
		return;
	if (!look__is_much(look, loop->blocked, loop->window))
		return;
	finding = look__add(look, thread, loop->blocked);
	finding__figure(finding, "blocked_ns", (double)loop->blocked);
	finding__figure(finding, "loop_ns", (double)loop->window);
	finding__figure(finding, "iterations", (double)loop->iterations);
	finding__figure(finding, "longest_handler_ns", (double)loop->longest_handler);
	finding__figure(finding, "longest_blocked_ns", (double)loop->longest_blocked);
	if (guilty) {
		finding__figure(finding, "guilty_ns", (double)guilty->handler);
		say_where(where, sizeof(where), guilty->syscall, guilty->object);
	}
	look__say(look, finding,
		  "the event loop of %s was blocked for %s (%.1f%% of its time, %s returns of %s) "
		  "in its own handlers, most of it%s; the longest handler took %s, and no other "
		  "event is served meanwhile",
		  look__who(look, thread, who), units__time(loop->blocked, blocked),
		  100.0 * (double)loop->blocked / (double)loop->window,
		  units__count(loop->iterations, returns), loop->call, *where ? where : " unnamed",
		  units__time(loop->longest_handler, longest));
}

struct spin {
	uint64_t refused, runs, longest, cpu;
	const struct attempts *worst;
};

/* Refused calls, without those of multiplexers: these have a finding of their own. */
static struct spin spin_of(const struct thread *thread)
{
	struct spin spin = {.cpu = 0};

	for (size_t i = 0; i < thread->attempt_count; i++) {
		const struct attempts *attempts = &thread->attempts[i];

		if (attempts->empty)
			continue;
		spin.refused += attempts->eagain;
		spin.runs += attempts->spin_runs;
		spin.cpu += attempts->spin_cpu;
		if (attempts->longest_run > spin.longest)
			spin.longest = attempts->longest_run;
		if (!spin.worst || attempts->spin_cpu > spin.worst->spin_cpu)
			spin.worst = attempts;
	}
	return spin;
}

void find_spinning(struct finding_look *look, const struct thread *thread)
{
	struct spin spin = spin_of(thread);
	char who[WHO_TEXT], cpu[UNITS_TEXT], refused[UNITS_TEXT], where[600];
	struct finding *finding;

	if (!spin.worst || spin.refused < look->rule->least.count ||
	    !look__is_much(look, spin.cpu, thread->account.lifetime))
		return;
	finding = look__add(look, thread, spin.cpu);
	finding__figure(finding, "spin_cpu_ns", (double)spin.cpu);
	finding__figure(finding, "lifetime_ns", (double)thread->account.lifetime);
	finding__figure(finding, "eagain", (double)spin.refused);
	finding__figure(finding, "spin_runs", (double)spin.runs);
	finding__figure(finding, "longest_run", (double)spin.longest);
	say_where(where, sizeof(where), spin.worst->syscall, spin.worst->object);
	look__say(look, finding,
		  "%s burned %s of CPU (%.1f%% of its time) on trying again: %s calls were refused "
		  "with EAGAIN, most%s; a multiplexer would let it sleep until it is ready",
		  look__who(look, thread, who), units__time(spin.cpu, cpu),
		  100.0 * (double)spin.cpu / (double)thread->account.lifetime,
		  units__count(spin.refused, refused), where);
}

/* CPU time of polling with this call: of the calls themselves too, where that is known. */
static uint64_t polling_cpu(const struct thread *thread, const struct loop *loop)
{
	uint64_t cpu = 0;

	for (size_t i = 0; i < thread->attempt_count; i++)
		if (thread->attempts[i].empty && !strcmp(thread->attempts[i].syscall, loop->call))
			cpu += thread->attempts[i].spin_cpu;
	return cpu ? cpu : loop->busy;
}

void find_polling(struct finding_look *look, const struct thread *thread)
{
	for (size_t i = 0; i < thread->loop_count; i++) {
		const struct loop *loop = &thread->loops[i];
		uint64_t cpu = polling_cpu(thread, loop);
		char who[WHO_TEXT], time[UNITS_TEXT], empty[UNITS_TEXT], returns[UNITS_TEXT];
		struct finding *finding;

		if (loop->unslept < look->rule->least.count || !loop__polls(loop) ||
		    !look__is_much(look, cpu, thread->account.lifetime))
			continue;
		finding = look__add(look, thread, cpu);
		finding__figure(finding, "cpu_ns", (double)cpu);
		finding__figure(finding, "lifetime_ns", (double)thread->account.lifetime);
		finding__figure(finding, "polls", (double)loop->iterations);
		finding__figure(finding, "empty_polls", (double)loop->unslept);
		look__say(look, finding,
			  "%s polled: %s of %s calls of %s did not wait and found nothing, for %s "
			  "of CPU (%.1f%% of its time); with a timeout it would sleep until there "
			  "is something to do",
			  look__who(look, thread, who), units__count(loop->unslept, empty),
			  units__count(loop->iterations, returns), loop->call,
			  units__time(cpu, time),
			  100.0 * (double)cpu / (double)thread->account.lifetime);
	}
}
