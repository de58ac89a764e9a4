// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * How a process does its I/O, in a line below its bar: model, structure, how much of it goes on at
 * once, and what that costs.
 */
#include "names/units.h"
#include "render/text.h"

/* A stack or two are no cost worth a line. */
#define STACKS_LEAST 16

static const char *const model_words[IO_MODELS] = {
	[MODEL_UNKNOWN] = "unknown",
	[MODEL_BLOCKING] = "blocking calls",
	[MODEL_NONBLOCKING] = "non-blocking calls, tried again",
	[MODEL_SELECT] = "select",
	[MODEL_POLL] = "poll",
	[MODEL_EPOLL] = "epoll",
	[MODEL_SIGNAL_DRIVEN] = "signal-driven",
	[MODEL_POSIX_AIO] = "POSIX AIO",
	[MODEL_LINUX_AIO] = "Linux AIO",
	[MODEL_IO_URING] = "io_uring",
	[MODEL_MMAP] = "memory-mapped files",
	[MODEL_COMPUTE] = "hardly any, it computes",
	[MODEL_NONE] = "hardly any, it waits for other things",
	[MODEL_MIXED] = "mixed",
};

static const char *const structure_words[STRUCTURES] = {
	[STRUCTURE_SEQUENTIAL] = "one thing after the other",
	[STRUCTURE_THREAD_PER_CONNECTION] = "a thread per connection",
	[STRUCTURE_PROCESS_PER_CONNECTION] = "a process per connection",
	[STRUCTURE_EVENT_LOOP] = "one event loop",
	[STRUCTURE_EVENT_LOOPS] = "several event loops",
	[STRUCTURE_EVENT_LOOP_POOL] = "an event loop with a pool of threads",
	[STRUCTURE_WORKER_POOL] = "a pool of workers",
	[STRUCTURE_PARALLEL] = "threads that work side by side",
};

static void say_percent(struct page *page, double share)
{
	char percent[PERCENT_TEXT];

	page__keep(page, NULL, "%s", text__percent((uint64_t)(share * 1e6), 1000000, percent));
}

/* "mixed: epoll 60%, blocking calls 40%" */
static void say_parts(struct page *page, const struct verdict *verdict)
{
	for (size_t i = 0; i < verdict->share_count; i++) {
		const struct model_share *share = &verdict->shares[i];

		page__say(page, NULL, "%s %s ", i ? "," : ":", model_words[share->model]);
		say_percent(page, share->share);
	}
}

static void say_model(struct page *page, const struct verdict *verdict, bool full)
{
	const struct model_share *first = verdict->shares;
	char count[UNITS_TEXT];

	page__say(page, NULL, "I/O: ");
	page__say(page, verdict->model == MODEL_UNKNOWN ? STYLE_DIM : STYLE_BOLD, "%s",
		  model_words[verdict->model]);
	if (verdict->why)
		page__say(page, STYLE_DIM, " (%s)", verdict->why);
	if (verdict->model == MODEL_MIXED)
		say_parts(page, verdict);
	else if (first && (verdict->model == MODEL_COMPUTE || verdict->model == MODEL_NONE)) {
		page__say(page, STYLE_DIM, " (");
		say_percent(page, first->share);
		page__say(page, STYLE_DIM, " of its time)");
	} else if (first) {
		page__say(page, STYLE_DIM, " (");
		say_percent(page, first->share);
		page__say(page, STYLE_DIM, " of ");
		page__keep(page, STYLE_DIM, "%s",
			   units__count((uint64_t)((double)first->operations / first->share + 0.5),
					count));
		page__say(page, STYLE_DIM, full ? " operations)" : " sleeps)");
	}
}

static void say_structure(struct page *page, const struct process *process)
{
	if (!structure_words[process->structure])
		return;
	page__say(page, NULL, "; %s", structure_words[process->structure]);
}

static void say_level(struct page *page, const struct level *level, double mean, const char *what)
{
	char count[UNITS_TEXT];

	page__keep(page, NULL, "%.*f", mean < 9.95 ? 1 : 0, mean);
	page__say(page, NULL, " %s", what);
	page__say(page, STYLE_DIM, " (");
	page__keep(page, STYLE_DIM, "%s", units__count(level->max, count));
	page__say(page, STYLE_DIM, " at most)");
}

static void say_stacks(struct page *page, const struct cost *cost)
{
	char size[UNITS_TEXT];

	page__say(page, NULL, "; stacks: ");
	page__keep(page, NULL, "%s", units__size(cost->stack_reserved, size));
	page__say(page, NULL, " reserved, ");
	page__keep(page, NULL, "%s", units__size(cost->stack_resident, size));
	page__say(page, NULL, " used");
	if (!cost->kernel_stack)
		return;
	page__say(page, NULL, ", ");
	page__keep(page, NULL, "%s", units__size(cost->kernel_stack, size));
	page__say(page, NULL, " in the kernel");
}

/* Is its CPU time that of its I/O calls and requests, as far as one can tell? */
static bool works_by_operations(const struct process *process)
{
	switch (process->verdict.model) {
	case MODEL_UNKNOWN:
	case MODEL_COMPUTE:
	case MODEL_NONE:
	case MODEL_MMAP:
		return false;
	default:
		return process->cost.operations > 0;
	}
}

/* Asynchronous is not parallel: what is outstanding, and what runs, at once. */
static void say_cost(struct page *page, const struct process *process)
{
	const struct cost *cost = &process->cost;
	double life = process->lifetime ? (double)process->lifetime : 1;
	char time[UNITS_TEXT];

	page__say(page, NULL, "at once: ");
	say_level(page, &process->concurrency, process->concurrency.mean, "operations");
	page__say(page, NULL, ", ");
	say_level(page, &process->parallelism, (double)process->account.running / life,
		  "threads running");
	if (works_by_operations(process)) {
		page__say(page, NULL, "; ");
		page__keep(page, NULL, "%s",
			   text__time(process->account.running / cost->operations, time));
		page__say(page, NULL, " of CPU an operation");
	}
	if (cost->stacks_known && (process->threads_max >= STACKS_LEAST || page->options->verbose))
		say_stacks(page, cost);
}

static void say_evidence(struct page *page, const struct verdict *verdict, int column)
{
	for (size_t i = 0; i < verdict->share_count; i++) {
		const struct model_share *share = &verdict->shares[i];

		for (size_t j = 0; j < share->evidence_count; j++) {
			page__tab(page, column);
			page->indent = column + 2;
			page__say(page, NULL, "%s: ", io_model__name(share->model));
			page__say(page, STYLE_DIM, "%s", share->evidence[j]);
			page__end_line(page);
		}
	}
}

void text__verdict(struct page *page, const struct process *process, bool full, int column)
{
	if (process->kernel_thread)
		return;
	page__tab(page, column);
	page->indent = column;
	say_model(page, &process->verdict, full);
	say_structure(page, process);
	page__end_line(page);
	if (process->concurrency.max_known &&
	    (process->cost.operations || process->threads_max > 1)) {
		page__tab(page, column);
		page->indent = column;
		say_cost(page, process);
		page__end_line(page);
	}
	if (page->options->verbose)
		say_evidence(page, &process->verdict, column);
}
