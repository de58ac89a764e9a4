// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The worst waits in plain words, most harmful first; what is idle in lines of its own.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "names/units.h"
#include "render/text.h"
#include "render/text_rank.h"

#define WAITS_SCREENFUL 8
#define IDLE_SCREENFUL	3
#define TAG_COLUMNS	11
#define TAG_LEAST_WIDTH 60 /* narrower pages do without the column of tags */

static void page__failed(struct page *page, int error)
{
	if (error && !page->error)
		page->error = error;
}

/* "thread 812 `worker`", "8 threads of 4711 `nginx`" */
static void say_subject(struct page *page, const struct rank *rank, const struct rank_group *group)
{
	const struct process *process = group->most->process;
	const struct thread *thread = group->most->thread;
	const char *kernel = process->kernel_thread ? "kernel thread" : "process";

	if (group->threads > 1) {
		page__count(page, group->threads, "thread", "threads");
		page__say(page, NULL, " of ");
		page__keep(page, NULL, "%d ", process->pid);
		page__name(page, process->comm);
		return;
	}
	page__keep(page, NULL, "%s %d ", process->thread_count == 1 ? kernel : "thread",
		   thread->tid);
	page__name(page, thread->comm);
	if (rank->processes > 1 && process->thread_count > 1 &&
	    strcmp(thread->comm ? thread->comm : "", process->comm ? process->comm : "") != 0) {
		page__say(page, NULL, " of ");
		page__keep(page, NULL, "%d ", process->pid);
		page__name(page, process->comm);
	}
}

static void say_share(struct page *page, const struct rank_group *group, const char *verb)
{
	char time[UNITS_TEXT], percent[PERCENT_TEXT];

	page__say(page, NULL, " %s ", verb);
	page__keep(page, STYLE_BOLD, "%s%s", group->censored ? ">= " : "",
		   text__time(group->total, time));
	page__say(page, NULL, " (%s of %s time)",
		  text__percent(group->total, group->lifetime, percent),
		  group->threads > 1 ? "their" : "its");
}

static void say_object(struct page *page, const struct rank_group *group, const char *preposition)
{
	if (!group->most->wait->object)
		return;
	page__say(page, NULL, "%s", preposition);
	if (group->objects > 1) {
		char count[UNITS_TEXT];

		page__keep(page, NULL, "%s objects", units__count(group->objects, count));
		page__say(page, NULL, ", the worst ");
	}
	page__data(page, STYLE_BOLD, group->most->wait->object);
}

struct phrase {
	const char *text, *before_object, *after_object;
};

/* What a futex is waited on for, in words of programs rather than of the kernel. */
static const struct phrase futex_phrases[] = {
	[FUTEX_USE_LOCK] = {" for a lock that another thread holds", " (", ")"},
	[FUTEX_USE_QUEUE] = {" for another thread to signal it", " (condition or queue, ", ")"},
	[FUTEX_USE_JOIN] = {" for another thread to end", " (join, ", ")"},
};

/* Waits in no syscall. */
static const struct phrase bare_phrases[CLASSES] = {
	[CLASS_FAULT] = {" for a page of memory to be loaded (page fault)", " from ", ""},
	[CLASS_KERNEL] = {" for work to do inside the kernel", " on ", ""},
	[CLASS_STOPPED] = {", stopped by a signal or a debugger", " on ", ""},
};

/* What a call of this class waits for, where its name does not say it. */
static const char *const purposes[CLASSES] = {
	[CLASS_TIMER] = ", a pause it asked for",
	[CLASS_CHILD] = " for a child to end or stop",
	[CLASS_SIGNAL] = " for a signal",
};

static void say_reason(struct page *page, const struct rank_group *group)
{
	static const struct phrase nowhere = {" outside any system call", " on ", ""};
	const struct wait *wait = group->most->wait;
	const struct phrase *phrase = NULL;

	if (wait->futex != FUTEX_USE_NONE &&
	    (size_t)wait->futex < sizeof(futex_phrases) / sizeof(futex_phrases[0]))
		phrase = &futex_phrases[wait->futex];
	else if (!wait->syscall)
		phrase = wait->class < CLASSES && bare_phrases[wait->class].text
				 ? &bare_phrases[wait->class]
				 : &nowhere;
	if (phrase) {
		page__say(page, NULL, "%s", phrase->text);
		say_object(page, group, phrase->before_object);
		page__say(page, NULL, "%s", wait->object ? phrase->after_object : "");
		return;
	}
	page__say(page, NULL, " in ");
	page__data(page, STYLE_BOLD, wait->syscall);
	say_object(page, group, " on ");
	if (wait->class < CLASSES && purposes[wait->class])
		page__say(page, NULL, "%s", purposes[wait->class]);
}

/* Interrupts are told by what the wait was for: the interrupt itself carries no name. */
static const char *hardirq_words(enum wait_class class)
{
	if (class == CLASS_DISK || class == CLASS_FAULT || class == CLASS_AIO)
		return "the disk interrupt";
	return class == CLASS_NETWORK ? "the network interrupt" : "an interrupt";
}

static const char *softirq_words(enum wait_class class)
{
	if (class == CLASS_DISK || class == CLASS_FAULT || class == CLASS_AIO)
		return "the disk (softirq)";
	return class == CLASS_NETWORK ? "the network (softirq)"
				      : "a softirq (deferred interrupt work)";
}

static void say_task(struct page *page, const char *what, const struct waker *waker)
{
	page__say(page, NULL, "%s", what);
	page__keep(page, NULL, " %d", waker->tid);
	if (waker->comm) {
		page__keep(page, NULL, " ");
		page__name(page, waker->comm);
	}
}

static void say_waker(struct page *page, const struct waker *waker, enum wait_class class)
{
	switch (waker->kind) {
	case WAKER_THREAD:
		say_task(page, "thread", waker);
		break;
	case WAKER_HARDIRQ:
		page__say(page, NULL, "%s", hardirq_words(class));
		break;
	case WAKER_SOFTIRQ:
		page__say(page, NULL, "%s", softirq_words(class));
		break;
	case WAKER_TIMER:
		page__say(page, NULL, "its timer");
		break;
	case WAKER_SIGNAL:
		if (waker->tid)
			say_task(page, "a signal from thread", waker);
		else
			page__say(page, NULL, "a signal");
		break;
	case WAKER_IO_WQ:
		page__say(page, NULL, "an io_uring worker");
		break;
	case WAKER_KERNEL:
		if (waker->tid)
			say_task(page, "kernel thread", waker);
		else
			page__say(page, NULL, "the kernel");
		break;
	default:
		page__say(page, NULL, "an unknown waker");
		break;
	}
}

static void say_wakers(struct page *page, const struct rank *rank, const struct rank_group *group)
{
	enum wait_class class = group->most->wait->class;
	struct waker *wakers;
	size_t count;

	page__failed(page, rank__wakers(rank, group, &wakers, &count));
	if (count) {
		page__say(page, NULL, ", woken by ");
		say_waker(page, &wakers[0], class);
	}
	if (count > 1 && !page->options->verbose)
		page__say(page, NULL, " and %zu %s", count - 1, count == 2 ? "other" : "others");
	for (size_t i = 0; count > 1 && page->options->verbose && i < count; i++) {
		char times[UNITS_TEXT];

		/* the first is named already: only its part is missing */
		page__say(page, NULL, i ? ", by " : "");
		if (i)
			say_waker(page, &wakers[i], class);
		page__keep(page, NULL, " (%s)", units__count(wakers[i].count, times));
	}
	free(wakers);
}

static void say_times(struct page *page, uint64_t count)
{
	page__say(page, NULL, ", ");
	if (count == 1)
		page__say(page, NULL, "once");
	else
		page__count(page, count, "time", "times");
}

static void say_distribution(struct page *page, const struct rank *rank,
			     const struct rank_group *group)
{
	struct histogram histogram;
	char p50[UNITS_TEXT], p99[UNITS_TEXT];

	page__failed(page, rank__distribution(rank, group, &histogram));
	if (histogram__has_quantiles(&histogram) && histogram.count > 1) {
		text__time(histogram__quantile(&histogram, 0.5), p50);
		text__time(histogram__quantile(&histogram, 0.99), p99);
		page__say(page, NULL, ", ");
		page__keep(page, NULL, "p50 %s", p50);
		page__say(page, NULL, ", ");
		page__keep(page, NULL, "p99 %s", p99);
	} else if (histogram.count > 1) {
		page__say(page, NULL, ", ");
		page__keep(page, NULL, "%s at most", text__time(histogram.max, p99));
	}
	histogram__clear(&histogram);
	/* after a wait comes the wait for a CPU; it is told where it adds much */
	if (group->runqueue > group->total / 5) {
		page__say(page, NULL, "; then ");
		page__keep(page, NULL, "%s", text__time(group->runqueue, p50));
		page__say(page, NULL, " more until a CPU was free");
	}
}

static void say_wait(struct page *page, const struct rank *rank, const struct rank_group *group)
{
	say_share(page, group, group->kind == RANK_IDLE ? "rested" : "waited");
	say_reason(page, group);
	say_wakers(page, rank, group);
	say_times(page, group->count);
	say_distribution(page, rank, group);
}

static void say_group(struct page *page, const struct rank *rank, const struct rank_group *group)
{
	bool wait = group->kind == RANK_WAIT, idle = group->kind == RANK_IDLE;
	const char *style = idle ? STYLE_DIM : text__class_style(CLASSES);
	const char *tag = idle ? "idle" : "cpu";
	int hang = page->width < TAG_LEAST_WIDTH ? 2 : TAG_COLUMNS;

	if (wait) {
		tag = wait_class__name(group->most->wait->class);
		style = text__class_style(group->most->wait->class);
	}
	page__begin_line(page, hang);
	page__keep(page, style, "%s:", tag);
	page__say(page, NULL, " ");
	if (hang == TAG_COLUMNS)
		page__tab(page, PAGE_MARGIN + TAG_COLUMNS);
	say_subject(page, rank, group);
	if (wait || idle) {
		say_wait(page, rank, group);
	} else if (group->kind == RANK_RUNNABLE) {
		say_share(page, group, "waited");
		page__say(page, NULL, " for a free CPU after being woken (run-queue delay)");
		say_times(page, group->count);
	} else {
		say_share(page, group, "was held off its CPU for");
		page__say(page, NULL, " while it had more to do (preempted)");
		say_times(page, group->count);
	}
	page__end_line(page);
}

/* The groups of one half: harmful ones, or idle ones. Returns how many there are. */
static size_t say_groups(struct page *page, const struct rank *rank, bool idle)
{
	size_t rows = text__rows(page->options, idle ? IDLE_SCREENFUL : WAITS_SCREENFUL);
	struct left_out left_out = {0};
	size_t shown = 0;

	for (size_t i = 0; i < rank->group_count; i++) {
		const struct rank_group *group = &rank->groups[i];

		if ((group->kind == RANK_IDLE) != idle)
			continue;
		if (group->total < page->options->min) {
			left_out.below_min++;
		} else if (shown == rows) {
			left_out.beyond_top++;
		} else {
			say_group(page, rank, group);
			shown++;
		}
	}
	if (idle)
		page__left_out(page, &left_out, "idle wait", "idle waits");
	else
		page__left_out(page, &left_out, "wait", "waits");
	return shown + left_out.below_min + left_out.beyond_top;
}

static void say_censored(struct page *page, const struct rank *rank)
{
	for (size_t i = 0; i < rank->group_count; i++) {
		if (!rank->groups[i].censored)
			continue;
		page__begin_line(page, 3);
		page__say(page, NULL, ">=");
		page__say(page, STYLE_DIM,
			  " at least: a wait had begun before the tracing, or went on after it");
		page__end_line(page);
		return;
	}
}

void text__waits(struct page *page, const struct profile *profile)
{
	struct rank rank;
	size_t harmful, idle = 0;

	page__failed(page, rank__build(&rank, profile));
	page__title(page, "The worst waits", "most time held up first; idle apart");
	harmful = say_groups(page, &rank, false);
	for (size_t i = 0; i < rank.group_count; i++)
		idle += rank.groups[i].kind == RANK_IDLE;
	if (!harmful) {
		page__begin_line(page, 0);
		page__say(page, STYLE_GOOD, "%s",
			  idle ? "Nothing waited for anything but its next piece of work."
			       : "Nothing waited.");
		page__end_line(page);
	}
	say_groups(page, &rank, true);
	say_censored(page, &rank);
	rank__clear(&rank);
}
