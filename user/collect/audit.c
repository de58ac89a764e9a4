// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "collect/audit.h"

void audit__compare(struct comparison *books, const struct thread_row *row)
{
	const struct ledger *ledger = &row->ledger;

	if (!(row->flags & THREAD_BOOKS) || row->end.runtime < row->begin.runtime)
		return;
	books->valid = true;
	books->runtime = row->end.runtime - row->begin.runtime;
	books->rundelay = row->end.rundelay - row->begin.rundelay;
	books->voluntary = row->end.voluntary - row->begin.voluntary;
	books->involuntary = row->end.involuntary - row->begin.involuntary;
	books->our_runtime = row->before.runtime + ledger->sum[LEDGER_RUNNING] +
			     ledger->sum[LEDGER_USER] + ledger->sum[LEDGER_KERNEL];
	books->our_rundelay =
		row->before.rundelay + ledger->sum[LEDGER_RUNNABLE] + ledger->sum[LEDGER_PREEMPTED];
	books->our_voluntary = row->before.voluntary + ledger->voluntary;
	books->our_involuntary = row->before.involuntary + ledger->involuntary;
	books->clock_gain = row->clock_gain;
	books->clock_loss = row->clock_loss;
	books->put_off = row->put_off;
}

/* How far the kernel's figure is outside low .. high, as a fraction of it; above is negative. */
static double outside(double theirs, double low, double high)
{
	double off = theirs < low ? low - theirs : theirs > high ? high - theirs : 0;

	if (theirs == 0)
		return off == 0 ? 0 : 1;
	return off / theirs;
}

static uint64_t switches_off(const struct comparison *books)
{
	uint64_t kernel = books->voluntary + books->involuntary;
	uint64_t ours = books->our_voluntary + books->our_involuntary;

	return ours > kernel ? ours - kernel : kernel - ours;
}

static void compare_all(struct profile *profile)
{
	double runtime = 0, rundelay = 0, switches = 0;
	double our_runtime = 0, our_rundelay = 0, off_switches = 0, wakeups = 0;
	uint64_t gain = 0, loss = 0;
	struct audit *audit = &profile->audit;

	audit->conserved = true;
	for (size_t i = 0; i < profile->process_count; i++) {
		for (size_t j = 0; j < profile->processes[i].thread_count; j++) {
			const struct thread *thread = &profile->processes[i].threads[j];
			const struct comparison *books = &thread->books;

			audit->residual += llabs(thread->residual);
			if (!books->valid)
				continue;
			audit->comparable++;
			runtime += books->runtime;
			our_runtime += books->our_runtime;
			rundelay += books->rundelay;
			our_rundelay += books->our_rundelay;
			switches += books->voluntary + books->involuntary;
			off_switches += switches_off(books); /* signs must not cancel */
			gain += books->clock_gain;
			loss += books->clock_loss;
			audit->put_off += books->put_off;
			wakeups += thread->wakeups;
		}
	}
	audit->conserved = audit->residual == 0;
	audit->clock_gain = gain;
	audit->clock_loss = loss;
	audit->runtime_error = outside(runtime, our_runtime - loss, our_runtime + gain);
	audit->rundelay_error = outside(rundelay, our_rundelay - gain, our_rundelay + loss);
	/* what a thread lost is its delay; what it gained was, but for the time to the enqueue */
	audit->together_error = outside(runtime + rundelay, our_runtime + our_rundelay - gain,
					our_runtime + our_rundelay);
	audit->rundelay_per_wakeup = wakeups ? audit->rundelay_error * rundelay / wakeups : 0;
	audit->switches_error = switches ? off_switches / switches : 0;
	audit->rundelay_known = access("/proc/self/schedstat", R_OK) == 0;
}

static const char *const causes[LOSSES] = {
	[LOSS_THREADS] = "threads",	  [LOSS_WAITS] = "waits",
	[LOSS_CALLS] = "syscalls",	  [LOSS_OBJECTS] = "objects",
	[LOSS_HISTOGRAMS] = "histograms", [LOSS_CHUNKS] = "buckets",
	[LOSS_WAKERS] = "wakers",	  [LOSS_INDEX] = "index",
	[LOSS_ERRNOS] = "errnos",	  [LOSS_PROCESSES] = "processes",
	[LOSS_LOOPS] = "loops",		  [LOSS_ATTEMPTS] = "attempts",
	[LOSS_REQUESTS] = "requests",	  [LOSS_INFLIGHT] = "inflight",
	[LOSS_SERIES] = "series",	  [LOSS_STACKS] = "stacks",
	[LOSS_STACK_ROWS] = "stack_rows", [LOSS_STACK_WALKS] = "stack_walks",
};

static const char *const maps[POOLS] = {
	[POOL_THREADS] = "threads",	  [POOL_WAITS] = "waits",
	[POOL_CALLS] = "syscalls",	  [POOL_OBJECTS] = "objects",
	[POOL_HISTOGRAMS] = "histograms", [POOL_CHUNKS] = "buckets",
	[POOL_PROCESSES] = "processes",	  [POOL_LOOPS] = "loops",
	[POOL_ATTEMPTS] = "attempts",	  [POOL_REQUESTS] = "requests",
	[POOL_SERIES] = "series",
};

static uint64_t lost_transitions(const struct profile *profile)
{
	uint64_t lost = 0;

	for (size_t i = 0; i < profile->process_count; i++)
		for (size_t j = 0; j < profile->processes[i].thread_count; j++)
			lost += profile->processes[i].threads[j].lost;
	return lost;
}

static int fill_losses(struct profile *profile, const struct trace_facts *facts)
{
	struct audit *audit = &profile->audit;

	audit->lost = calloc(LOSSES + 2, sizeof(*audit->lost));
	if (!audit->lost)
		return -ENOMEM;
	audit->hidden_switches = facts->losses[LOSS_SWITCHES];
	for (int i = 0; i < LOSSES; i++)
		if (i != LOSS_SWITCHES)
			audit->lost[audit->lost_count++] =
				(struct loss_count){causes[i], facts->losses[i]};
	audit->lost[audit->lost_count++] =
		(struct loss_count){"transitions", lost_transitions(profile)};
	audit->lost[audit->lost_count++] = (struct loss_count){"missed_runs", facts->missed_runs};
	return 0;
}

static int fill_maps(struct profile *profile, const struct trace_facts *facts)
{
	struct audit *audit = &profile->audit;

	audit->maps = calloc(POOLS, sizeof(*audit->maps));
	if (!audit->maps)
		return -ENOMEM;
	for (int i = 0; i < POOLS; i++)
		audit->maps[audit->map_count++] =
			(struct map_use){maps[i], facts->in_use[i], facts->capacity[i]};
	return 0;
}

int audit__fill(struct profile *profile, const struct trace_facts *facts)
{
	int err = fill_losses(profile, facts);

	compare_all(profile);
	return err ? err : fill_maps(profile, facts);
}
