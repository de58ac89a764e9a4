// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands/commands.h"
#include "commands/models_client.h"
#include "commands/models_figures.h"
#include "commands/models_run.h"
#include "commands/tracing.h"
#include "commands/truth.h"

#define SECOND_NS 1000000000ULL

/* A run that takes longer hangs. Ten thousand threads take their time under a sanitizer. */
#define LIMIT_NS      (60 * SECOND_NS)
#define LARGE_SCALE   5000
#define LARGE_FACTOR  4
#define TABLE_ENTRIES 4000 /* so many threads have room in the default maps */
#define TABLE_BESIDE  1000

struct job {
	const struct models_run *run;
	uint64_t scale;
	const struct models_numbers *numbers;
	struct models_row *row;
	char *words[32]; /* the command; owned */
	size_t word_count;
	int stdout_fd, stderr_fd; /* of the workload */
	struct models_client client;
	struct json_object *truth, *client_truth;
	int err; /* first one */
};

static void __attribute__((format(printf, 2, 3))) add_word(struct job *job, const char *format, ...)
{
	va_list arguments;
	char *word;

	if (job->err || job->word_count + 1 >= sizeof(job->words) / sizeof(job->words[0]))
		return;
	va_start(arguments, format);
	if (vasprintf(&word, format, arguments) < 0)
		job->err = -ENOMEM;
	else
		job->words[job->word_count++] = word;
	va_end(arguments);
}

static void add_number(struct job *job, const char *option, uint64_t value, const char *unit)
{
	add_word(job, "%s", option);
	add_word(job, "%" PRIu64 "%s", value, unit);
}

/* Enough for every connection to have some, and for a p99. */
static uint64_t requests_of(const struct job *job)
{
	uint64_t least = job->numbers->ops * 5, each = job->scale * (job->numbers->quick ? 2 : 4);

	return each > least ? each : least;
}

static void build_command(struct job *job)
{
	const struct models_run *run = job->run;
	const struct models_numbers *numbers = job->numbers;
	char path[PATH_MAX];

	job->err = workload__find(run->words[0], path);
	add_word(job, "%s", path);
	for (size_t i = 1; i < MODELS_WORDS && run->words[i]; i++)
		add_word(job, "%s", run->words[i]);
	if (run->takes & TAKES_OPS)
		add_number(job, "--ops", numbers->ops, "");
	if (run->takes & TAKES_DELAY || run->needs & NEEDS_CLIENT)
		add_number(job, "--delay", numbers->delay, "ns");
	if (run->takes & TAKES_SIZE || run->needs & NEEDS_CLIENT)
		add_number(job, "--size", numbers->size, "");
	if (run->takes & TAKES_COUNT)
		add_number(job, "--count", job->scale, "");
	if (run->needs & NEEDS_CLIENT) {
		add_number(job, "--connections", job->scale, "");
		add_word(job, "--port-file");
		add_word(job, "%s", job->client.port_file);
	}
}

static void fail(struct job *job, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void fail(struct job *job, const char *format, ...)
{
	va_list arguments;

	if (job->row->problem)
		return;
	job->row->outcome = OUTCOME_FAILED;
	va_start(arguments, format);
	if (vasprintf(&job->row->problem, format, arguments) < 0)
		job->row->problem = NULL;
	va_end(arguments);
}

/* The first line that a program said on stderr, if it said any. */
static void fail_as_said(struct job *job, int fd, const char *who, int status)
{
	char *text = truth__text(fd);

	if (text)
		text[strcspn(text, "\n")] = '\0';
	if (text && *text)
		fail(job, "%s", text);
	else
		fail(job, "%s ended with status %d", who, status);
	free(text);
}

static int open_files(struct job *job)
{
	if (job->run->needs & NEEDS_CLIENT)
		job->err = models_client__prepare(&job->client);
	job->stdout_fd = truth__open("truth");
	job->stderr_fd = truth__open("errors");
	if (!job->err && job->stdout_fd < 0)
		job->err = job->stdout_fd;
	if (!job->err && job->stderr_fd < 0)
		job->err = job->stderr_fd;
	return job->err;
}

static int start_client(struct job *job)
{
	const struct models_client_plan plan = {
		.connections = job->scale,
		.requests = requests_of(job),
		.size = job->numbers->size,
	};

	return job->run->needs & NEEDS_CLIENT ? models_client__start(&job->client, &plan) : 0;
}

static enum models_run_end judge_end(struct job *job, struct tracing *tracing)
{
	switch (tracing__end(tracing)) {
	case WATCH_SIGNAL:
	case WATCH_PIPE:
		tracing__kill_command(tracing);
		fail(job, "interrupted");
		return RUN_INTERRUPTED;
	case WATCH_DURATION:
	case WATCH_FAILED:
		tracing__kill_command(tracing);
		fail(job, "it did not end by itself");
		return RUN_DONE;
	case WATCH_COMMAND:
	case WATCH_TARGETS:
		break;
	}
	return RUN_DONE;
}

/*
 * What client and server have said. A server without a thread or process for each connection would
 * look better than it is: it says on stderr what it lacked, and the client what it missed by that.
 */
static void read_truth(struct job *job, int status)
{
	bool served = job->run->needs & NEEDS_CLIENT;
	int client = served ? models_client__finish(&job->client, status != 0) : 0;

	if (status) {
		fail_as_said(job, job->stderr_fd, job->run->words[0], status);
		return;
	}
	job->truth = truth__read(job->stdout_fd);
	if (truth__number(job->truth, "connections_refused") > 0)
		fail_as_said(job, job->stderr_fd, job->run->words[0], status);
	if (client)
		fail_as_said(job, job->client.stderr_fd, "the client", client);
	else if (served)
		job->client_truth = truth__read(job->client.stdout_fd);
	if (!job->truth || (served && !job->client_truth))
		fail(job, "it stated no truth");
}

/* A client that was answered in part only would make a server look quicker than it is. */
static void check_client(struct job *job)
{
	double errors = truth__number(job->client_truth, "errors");

	if (job->client_truth && errors != 0)
		fail(job, "the client counted %.0f errors", errors);
}

static void fill_row(struct job *job, const struct profile *profile)
{
	int err;

	if (job->row->problem)
		return;
	err = models_figures__fill(job->row, profile, job->truth, job->client_truth);
	if (err)
		fail(job, "%s",
		     err == -ENOENT ? "what it is about is not in the profile" : strerror(-err));
}

/*
 * Room in the maps: each connection is an object of its own; where it has a thread, too, that one
 * has twice the usual rows, for it makes more than the usual kinds of calls.
 */
static uint64_t map_entries(const struct job *job)
{
	if (job->scale < TABLE_ENTRIES)
		return 0;
	return job->scale * (job->run->needs & NEEDS_TASKS ? 2 : 1) + TABLE_BESIDE;
}

static enum models_run_end trace(struct job *job)
{
	struct target target = {.kind = TARGET_COMMAND, .command = job->words};
	struct tracing_options options = {
		.target = &target,
		.tier = TIER_FULL,
		.duration = job->scale >= LARGE_SCALE ? LARGE_FACTOR * LIMIT_NS : LIMIT_NS,
		.map_entries = map_entries(job),
		.quiet = true,
		.command_stdout = job->stdout_fd,
		.command_stderr = job->stderr_fd,
	};
	enum models_run_end end = RUN_IMPOSSIBLE;
	const struct profile *profile;
	struct tracing *tracing;

	if (tracing__new(&tracing, &options) == 0) {
		end = RUN_DONE;
		if (tracing__run(tracing, &profile))
			fail(job, "it could not be traced");
		else
			end = judge_end(job, tracing);
		if (!job->row->problem) {
			read_truth(job, tracing__conclude(tracing));
			check_client(job);
			fill_row(job, profile);
		}
	}
	tracing__free(tracing);
	return end;
}

/* The command belongs to the row, which shows it. */
static void hand_over(struct job *job)
{
	job->row->command = calloc(job->word_count + 1, sizeof(char *));
	for (size_t i = 0; i < job->word_count; i++) {
		if (job->row->command)
			job->row->command[i] = job->words[i];
		else
			free(job->words[i]);
	}
}

enum models_run_end models_run__do(const struct models_run *run, uint64_t scale,
				   const struct models_numbers *numbers, struct models_row *row)
{
	struct job job = {.run = run,
			  .scale = scale,
			  .numbers = numbers,
			  .row = row,
			  .client = {.stdout_fd = -1, .stderr_fd = -1}};
	enum models_run_end end = RUN_DONE;

	if (open_files(&job) == 0)
		build_command(&job);
	if (!job.err)
		job.err = start_client(&job);
	if (job.err == -ENOENT)
		fail(&job, "the workload '%s' is not installed", run->words[0]);
	else if (job.err)
		fail(&job, "%s", strerror(-job.err));
	else
		end = trace(&job);
	models_client__close(&job.client);
	json_object_put(job.truth);
	json_object_put(job.client_truth);
	if (job.stdout_fd >= 0)
		close(job.stdout_fd);
	if (job.stderr_fd >= 0)
		close(job.stderr_fd);
	hand_over(&job);
	return end;
}
