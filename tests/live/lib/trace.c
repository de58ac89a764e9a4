// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Runs of waitscope, and what they leave. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/live/lib/internal.h"

#define WORDS_MAX 64

static void append(const char **words, size_t *count, const char *word)
{
	if (*count + 1 >= WORDS_MAX)
		live__fail("too many words");
	words[(*count)++] = word;
	words[*count] = NULL;
}

/* `verb` is it, and what has to stand right behind it. */
static struct trace *start(const char *const *verb, const char *const *options)
{
	struct trace *trace = live__keep(calloc(1, sizeof(*trace)), free);
	const char *words[WORDS_MAX];
	size_t count = 0;

	trace->path = live__scratch("profile.json");
	trace->status = -1;
	append(words, &count, live__waitscope());
	for (; *verb; verb++)
		append(words, &count, *verb);
	append(words, &count, "--json");
	append(words, &count, "--verbose");
	append(words, &count, "--output");
	append(words, &count, trace->path);
	for (; *options; options++)
		append(words, &count, *options);
	trace->program = program__start(words);
	program__end_input(trace->program);
	return trace;
}

struct trace *trace__start(const char *const *options)
{
	return start(WORDS("profile"), options);
}

struct trace *trace__start_hist(const char *what, const char *const *options)
{
	return start(WORDS("hist", what), options);
}

void trace__await_attached(struct trace *trace)
{
	program__await_errors(trace->program, "attached after");
}

static void check_sanitizers(struct trace *trace)
{
	const char *errors = program__errors(trace->program);

	if (strstr(errors, "Sanitizer") || strstr(errors, "runtime error:"))
		live__fail("a sanitizer complained: %s", errors);
}

static void leave_copy(const char *text)
{
	const char *directory = getenv("LIVE_KEEP");
	static unsigned int number;

	if (directory && *directory)
		live__write_file(live__text("%s/%d-%03u.json", directory, getpid(), number++),
				 text);
}

void trace__finish(struct trace *trace, unsigned int timeout_ms)
{
	char *text;

	trace->status = program__wait(trace->program, timeout_ms);
	check_sanitizers(trace);
	text = live__read_file(trace->path, NULL);
	if (!text)
		live__fail("waitscope left no profile (status %d): %s", trace->status,
			   program__errors(trace->program));
	leave_copy(text);
	trace->profile = json__parse(text);
	if (!trace->profile)
		live__fail("the profile is no JSON: %.400s", text);
	trace->truth = json__parse(program__output(trace->program));
}

struct trace *trace__run(const char *const *options, unsigned int timeout_ms)
{
	struct trace *trace = trace__start(options);

	trace__finish(trace, timeout_ms);
	return trace;
}

bool trace__was_hit(struct trace *trace)
{
	return json__integer(trace->profile, "audit.lost.transitions") > 0 &&
	       json__integer(trace->profile, "audit.hidden_switches") > 0;
}

bool thread__was_hit(struct trace *trace, struct json_object *thread)
{
	return trace__was_hit(trace) && json__integer(thread, "lost_transitions") > 0;
}

#define ATTEMPTS 12

/* The machine lacks what it needs: workloads/README.md. */
#define WORKLOAD_UNAVAILABLE 77

static const char *last_line(char *text)
{
	size_t length = strlen(text);
	const char *before;

	if (length && text[length - 1] == '\n')
		text[length - 1] = '\0';
	before = strrchr(text, '\n');
	return before ? before + 1 : text;
}

struct trace *trace__hist(const char *what, const char *const *options)
{
	struct trace *trace = NULL;

	for (int i = 0; i < ATTEMPTS; i++) {
		trace = trace__start_hist(what, options);
		trace__finish(trace, LIVE_TIMEOUT_MS);
		if (trace->status == WORKLOAD_UNAVAILABLE)
			live__skip("%s", last_line(program__errors(trace->program)));
		if (!trace__was_hit(trace))
			break;
	}
	return trace;
}

static struct trace *run_workload(const char *const *options)
{
	struct trace *trace = NULL;

	for (int i = 0; i < ATTEMPTS; i++) {
		trace = trace__run(options, LIVE_TIMEOUT_MS);
		if (trace->status == WORKLOAD_UNAVAILABLE)
			live__skip("%s", last_line(program__errors(trace->program)));
		if (trace->status != 0 || !trace->truth)
			live__fail("the workload failed (status %d): %s", trace->status,
				   program__errors(trace->program));
		if (!thread__was_hit(trace, the_thread(trace->profile,
						       json__integer(trace->truth, "waiter_tid"))))
			break;
	}
	return trace;
}

struct trace *trace__workload(const char *tier, const char *const *words)
{
	struct trace *shared = shared__trace(tier, words);
	const char *options[WORDS_MAX];
	size_t count = 0;

	if (shared)
		return shared;
	append(options, &count, "--tier");
	append(options, &count, tier);
	append(options, &count, "--");
	append(options, &count, live__workload(*words++));
	for (; *words; words++)
		append(options, &count, *words);
	return run_workload(options);
}

struct trace *trace__role(const char *tier, const char *const *words)
{
	const char *options[WORDS_MAX];
	struct trace *trace = NULL;
	size_t count = 0;

	append(options, &count, "--tier");
	append(options, &count, tier);
	append(options, &count, "--");
	append(options, &count, live__self());
	append(options, &count, "--as");
	for (; *words; words++)
		append(options, &count, *words);
	for (int i = 0; i < ATTEMPTS; i++) {
		trace = trace__run(options, LIVE_TIMEOUT_MS);
		if (trace->status != 0)
			live__fail("the program failed (status %d): %s", trace->status,
				   program__errors(trace->program));
		if (!trace__was_hit(trace))
			break;
	}
	return trace;
}
