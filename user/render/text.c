// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The report for people: what ran, how its time divides and how it does its I/O, what is wrong
 * with that, what held it up, and how far the figures can be trusted, in this order.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "names/units.h"
#include "render/text.h"

/* A command longer than this is no headline any more. */
#define COMMAND_COLUMNS 160
#define IDS_SHOWN	12

/* Says what fits of a clean word, and takes its columns off `room`. True if all of it did. */
static bool say_argument(struct page *page, char *word, int *room)
{
	bool quote = !*word || strchr(word, ' ');
	size_t length = 0;
	int columns;
	bool cut;

	while (word[length] && *room > 0) {
		length += text__next(word + length, &columns);
		*room -= columns;
	}
	cut = word[length] != '\0';
	word[length] = '\0';
	page__say(page, STYLE_BOLD, quote ? "'%s" : "%s", word);
	page__say(page, STYLE_DIM, cut ? "..." : "");
	page__say(page, STYLE_BOLD, quote ? "'" : "");
	return !cut;
}

static void say_command(struct page *page, char *const *command)
{
	int room = COMMAND_COLUMNS;
	bool whole = true;

	page__say(page, NULL, "`");
	for (size_t i = 0; whole && command && command[i]; i++) {
		char *word = text__clean(command[i], page->unicode);

		if (!word) {
			page->error = -ENOMEM;
			break;
		}
		page__say(page, NULL, i ? " " : "");
		whole = say_argument(page, word, &room);
		free(word);
	}
	page__say(page, NULL, "`");
}

static void say_ids(struct page *page, const struct profile *profile, const char *one,
		    const char *many)
{
	page__say(page, NULL, "%s ", profile->pid_count == 1 ? one : many);
	for (size_t i = 0; i < profile->pid_count; i++) {
		if (i == IDS_SHOWN) {
			page__say(page, NULL, " and %zu others", profile->pid_count - i);
			break;
		}
		page__say(page, STYLE_BOLD, i ? ", %d" : "%d", profile->pids[i]);
	}
}

static void say_target(struct page *page, const struct profile *profile)
{
	switch (profile->target) {
	case TARGET_COMMAND:
		say_command(page, profile->command);
		break;
	case TARGET_PID:
		say_ids(page, profile, "process", "processes");
		break;
	case TARGET_TID:
		say_ids(page, profile, "thread", "threads");
		break;
	case TARGET_TREE:
		say_ids(page, profile, "process", "processes");
		page__say(page, NULL, " and descendants");
		break;
	case TARGET_NAME:
		page__say(page, NULL, "processes named ");
		page__name(page, profile->target_text);
		break;
	case TARGET_CGROUP:
		page__say(page, NULL, "cgroup ");
		page__data(page, STYLE_BOLD, profile->target_text);
		break;
	case TARGET_ALL:
		page__say(page, NULL, "the whole system");
		break;
	}
}

static void say_exit_status(struct page *page, const struct profile *profile)
{
	const char *signal = NULL;

	if (!profile->has_exit_status)
		return;
	if (profile->exit_status > 128)
		signal = sigabbrev_np(profile->exit_status - 128);
	page__say(page, NULL, ", ");
	page__keep(page, profile->exit_status ? STYLE_BAD : NULL, "exit status %d",
		   profile->exit_status);
	if (signal)
		page__say(page, NULL, " (SIG%s)", signal);
}

void text__headline(struct page *page, const struct profile *profile)
{
	size_t threads = text__threads(profile);
	char time[UNITS_TEXT];

	page->indent = PAGE_MARGIN;
	page__say(page, NULL, "waitscope: ");
	say_target(page, profile);
	page__say(page, NULL, ", ");
	page__keep(page, STYLE_BOLD, "%s", text__time(profile->window, time));
	page__say(page, NULL, ", ");
	page__count(page, profile->process_count, "process", "processes");
	page__say(page, NULL, ", ");
	page__count(page, threads, "thread", "threads");
	say_exit_status(page, profile);
	page__say(page, NULL, ", ");
	page__keep(page, NULL, "%s tier", profile->tier == TIER_FULL ? "full" : "waits");
	page__end_line(page);
}

/* Why there is nothing to report, by what was asked for. */
static void say_why_empty(struct page *page, const struct profile *profile)
{
	page__end_line(page);
	page__begin_line(page, 0);
	page__say(page, STYLE_BOLD, "No process matched: ");
	switch (profile->target) {
	case TARGET_COMMAND:
		page__say(page, NULL, "the command ended before anything of it was traced.");
		break;
	case TARGET_NAME:
		page__say(page, NULL, "none named ");
		page__name(page, profile->target_text);
		page__say(page, NULL, " was running, and none appeared while tracing.");
		break;
	case TARGET_CGROUP:
		page__say(page, NULL, "the cgroup was empty, and stayed so while tracing.");
		break;
	case TARGET_PID:
	case TARGET_TID:
	case TARGET_TREE:
		page__say(page, NULL, "what was asked for had ended before tracing began.");
		break;
	case TARGET_ALL:
		page__say(page, NULL, "nothing was seen at all; `waitscope doctor` may say why.");
		break;
	}
	page__end_line(page);
}

int render__text(FILE *stream, const struct profile *profile, const struct render_options *options)
{
	struct page page;

	page__begin(&page, stream, options);
	text__headline(&page, profile);
	if (profile->process_count) {
		text__bars(&page, profile);
		text__findings(&page, profile);
		text__waits(&page, profile);
		text__stacks(&page, profile);
		text__loop_table(&page, profile);
		text__request_table(&page, profile);
		text__thread_table(&page, profile);
		text__syscall_table(&page, profile);
	} else {
		say_why_empty(&page, profile);
	}
	text__audit(&page, profile);
	if (options->verbose)
		text__audit_rows(&page, profile);
	return page__finish(&page);
}
