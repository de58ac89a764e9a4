// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include "model/diff_figures.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct diff_kind diff_kinds[DIFF_FIGURES] = {
	[DIFF_LIFETIME] = {DIFF_OF_TIME, "lifetime", DIFF_NS, DIFF_ADD, 0},
	[DIFF_RUNNING] = {DIFF_OF_TIME, "running", DIFF_NS, DIFF_ADD, 0},
	[DIFF_USER] = {DIFF_OF_TIME, "running.user", DIFF_NS, DIFF_ADD, 0},
	[DIFF_KERNEL] = {DIFF_OF_TIME, "running.kernel", DIFF_NS, DIFF_ADD, 0},
	[DIFF_RUNNABLE] = {DIFF_OF_TIME, "runnable", DIFF_NS, DIFF_ADD, 0},
	[DIFF_PREEMPTED] = {DIFF_OF_TIME, "preempted", DIFF_NS, DIFF_ADD, 0},
	[DIFF_BLOCKED] = {DIFF_OF_TIME, "blocked", DIFF_NS, DIFF_ADD, 0},
	[DIFF_IDLE] = {DIFF_OF_TIME, "idle", DIFF_NS, DIFF_ADD, 0},
	[DIFF_UNKNOWN] = {DIFF_OF_TIME, "unknown", DIFF_NS, DIFF_ADD, 0},
	[DIFF_CLASS_BLOCKED] = {DIFF_OF_CLASS, "blocked", DIFF_NS, DIFF_ADD, 0},
	[DIFF_CLASS_IDLE] = {DIFF_OF_CLASS, "idle", DIFF_NS, DIFF_ADD, 0},
	[DIFF_CLASS_WAITS] = {DIFF_OF_CLASS, "waits", DIFF_COUNT, DIFF_ADD, 0},
	[DIFF_WAIT_BLOCKED] = {DIFF_OF_WAIT, "blocked", DIFF_NS, DIFF_ADD, 0},
	[DIFF_WAIT_WAITS] = {DIFF_OF_WAIT, "waits", DIFF_COUNT, DIFF_ADD, 0},
	[DIFF_WAIT_RUNQUEUE] = {DIFF_OF_WAIT, "runqueue", DIFF_NS, DIFF_ADD, 0},
	[DIFF_WAIT_P50] = {DIFF_OF_WAIT, "p50", DIFF_NS, DIFF_EITHER, 0.5},
	[DIFF_WAIT_P90] = {DIFF_OF_WAIT, "p90", DIFF_NS, DIFF_EITHER, 0.9},
	[DIFF_WAIT_P99] = {DIFF_OF_WAIT, "p99", DIFF_NS, DIFF_EITHER, 0.99},
	[DIFF_SYSCALL_TOTAL] = {DIFF_OF_SYSCALL, "total", DIFF_NS, DIFF_ADD, 0},
	[DIFF_SYSCALL_CALLS] = {DIFF_OF_SYSCALL, "calls", DIFF_COUNT, DIFF_ADD, 0},
	[DIFF_SYSCALL_ERRORS] = {DIFF_OF_SYSCALL, "errors", DIFF_COUNT, DIFF_ADD, 0},
	[DIFF_SYSCALL_EAGAIN] = {DIFF_OF_SYSCALL, "eagain", DIFF_COUNT, DIFF_ADD, 0},
	[DIFF_SYSCALL_BLOCKED] = {DIFF_OF_SYSCALL, "blocked", DIFF_NS, DIFF_ADD, 0},
	[DIFF_SYSCALL_CPU] = {DIFF_OF_SYSCALL, "cpu", DIFF_NS, DIFF_ADD, 0},
	[DIFF_SYSCALL_P50] = {DIFF_OF_SYSCALL, "p50", DIFF_NS, DIFF_EITHER, 0.5},
	[DIFF_SYSCALL_P90] = {DIFF_OF_SYSCALL, "p90", DIFF_NS, DIFF_EITHER, 0.9},
	[DIFF_SYSCALL_P99] = {DIFF_OF_SYSCALL, "p99", DIFF_NS, DIFF_EITHER, 0.99},
	[DIFF_OBJECT_BLOCKED] = {DIFF_OF_OBJECT, "blocked", DIFF_NS, DIFF_ADD, 0},
	[DIFF_OBJECT_WAITS] = {DIFF_OF_OBJECT, "waits", DIFF_COUNT, DIFF_ADD, 0},
	[DIFF_REQUEST_LATENCY] = {DIFF_OF_REQUEST, "latency", DIFF_NS, DIFF_ADD, 0},
	[DIFF_REQUEST_COMPLETED] = {DIFF_OF_REQUEST, "completed", DIFF_COUNT, DIFF_ADD, 0},
	[DIFF_REQUEST_FAILED] = {DIFF_OF_REQUEST, "failed", DIFF_COUNT, DIFF_ADD, 0},
	[DIFF_REQUEST_P50] = {DIFF_OF_REQUEST, "p50", DIFF_NS, DIFF_EITHER, 0.5},
	[DIFF_REQUEST_P90] = {DIFF_OF_REQUEST, "p90", DIFF_NS, DIFF_EITHER, 0.9},
	[DIFF_REQUEST_P99] = {DIFF_OF_REQUEST, "p99", DIFF_NS, DIFF_EITHER, 0.99},
	[DIFF_LOOP_BUSY] = {DIFF_OF_LOOP, "busy", DIFF_NS, DIFF_ADD, 0},
	[DIFF_LOOP_BLOCKED] = {DIFF_OF_LOOP, "blocked", DIFF_NS, DIFF_ADD, 0},
	[DIFF_LOOP_DELAYED] = {DIFF_OF_LOOP, "delayed", DIFF_NS, DIFF_ADD, 0},
	[DIFF_LOOP_LONGEST] = {DIFF_OF_LOOP, "longest", DIFF_NS, DIFF_MOST, 0},
	[DIFF_LOOP_ITERATIONS] = {DIFF_OF_LOOP, "iterations", DIFF_COUNT, DIFF_ADD, 0},
	[DIFF_WINDOW] = {DIFF_OF_COST, "window", DIFF_NS, DIFF_MOST, 0},
	[DIFF_PROCESSES] = {DIFF_OF_COST, "processes", DIFF_COUNT, DIFF_ADD, 0},
	[DIFF_THREADS] = {DIFF_OF_COST, "threads", DIFF_COUNT, DIFF_ADD, 0},
	[DIFF_SWITCHES] = {DIFF_OF_COST, "switches", DIFF_COUNT, DIFF_ADD, 0},
	[DIFF_FORCED] = {DIFF_OF_COST, "switches.forced", DIFF_COUNT, DIFF_ADD, 0},
	[DIFF_OPERATIONS] = {DIFF_OF_COST, "operations", DIFF_COUNT, DIFF_ADD, 0},
	[DIFF_BYTES] = {DIFF_OF_COST, "bytes", DIFF_SIZE, DIFF_ADD, 0},
	[DIFF_MAJOR_FAULTS] = {DIFF_OF_COST, "faults", DIFF_COUNT, DIFF_ADD, 0},
	[DIFF_CPU_PER_OPERATION] = {DIFF_OF_COST, "cpu_per_operation", DIFF_NS, DIFF_EITHER, 0},
	[DIFF_CONCURRENCY] = {DIFF_OF_COST, "concurrency", DIFF_RATIO, DIFF_EITHER, 0},
	[DIFF_PARALLELISM] = {DIFF_OF_COST, "parallelism", DIFF_RATIO, DIFF_EITHER, 0},
	[DIFF_FINDINGS] = {DIFF_OF_FINDING, "findings", DIFF_COUNT, DIFF_ADD, 0},
	[DIFF_FINDING] = {DIFF_OF_FINDING, "", DIFF_COUNT, DIFF_ADD, 0},
	[DIFF_FINDING_HARM] = {DIFF_OF_FINDING, "harm", DIFF_NS, DIFF_ADD, 0},
};

static const char *const subject_names[DIFF_SUBJECTS] = {
	[DIFF_OF_TIME] = "time",       [DIFF_OF_CLASS] = "class",   [DIFF_OF_WAIT] = "wait",
	[DIFF_OF_SYSCALL] = "syscall", [DIFF_OF_OBJECT] = "object", [DIFF_OF_REQUEST] = "request",
	[DIFF_OF_LOOP] = "loop",       [DIFF_OF_COST] = "cost",	    [DIFF_OF_FINDING] = "finding",
};

const char *diff_subject__name(enum diff_subject subject)
{
	return subject_names[subject];
}

/* Room for one more, zeroed; NULL without memory. Arrays grow by doubling. */
static void *grow(void *array_pointer, size_t *count, size_t size)
{
	void **array = array_pointer;

	if ((*count & (*count - 1)) == 0) {
		void *grown = reallocarray(*array, *count ? *count * 2 : 1, size);

		if (!grown)
			return NULL;
		*array = grown;
	}
	return memset((char *)*array + (*count)++ * size, 0, size);
}

/* A copy of a text, NULL of NULL; counts in `failed` what there was no memory for. */
static char *copy(const char *text, bool *failed)
{
	char *copied = text ? strdup(text) : NULL;

	*failed |= text && !copied;
	return copied;
}

int diff_run__add_one(struct diff_run *run, enum diff_figure figure, const struct diff_name *name,
		      double value, uint64_t samples)
{
	struct diff_value *added = grow(&run->values, &run->value_count, sizeof(*added));
	bool failed = false;

	if (!added)
		return -ENOMEM;
	added->figure = figure;
	added->process = copy(name->process, &failed);
	added->name = copy(name->name, &failed);
	added->syscall = copy(name->syscall, &failed);
	added->object = copy(name->object, &failed);
	added->value = value;
	added->samples = samples;
	return failed ? -ENOMEM : 0;
}

int diff_run__add(struct diff_run *run, enum diff_figure figure, const struct diff_name *name,
		  double value, uint64_t samples)
{
	struct diff_name all = *name;
	int err = diff_run__add_one(run, figure, name, value, samples);

	all.process = NULL;
	if (!err && name->process)
		err = diff_run__add_one(run, figure, &all, value, samples);
	return err;
}

int diff_run__add_process(struct diff_run *run, const struct diff_process *process)
{
	struct diff_process *added = grow(&run->processes, &run->process_count, sizeof(*added));
	bool failed = false;

	if (!added)
		return -ENOMEM;
	added->name = copy(process->name, &failed);
	added->exe = copy(process->exe, &failed);
	added->io_model = copy(process->io_model, &failed);
	added->structure = copy(process->structure, &failed);
	added->command = process->command;
	return failed ? -ENOMEM : 0;
}

/* NULL first */
static int order_texts(const char *left, const char *right)
{
	if (!left || !right)
		return (left != NULL) - (right != NULL);
	return strcmp(left, right);
}

int diff_value__order(const struct diff_value *left, const struct diff_value *right)
{
	int order = order_texts(left->process, right->process);

	if (!order && left->figure != right->figure)
		order = left->figure < right->figure ? -1 : 1;
	if (!order)
		order = order_texts(left->name, right->name);
	if (!order)
		order = order_texts(left->syscall, right->syscall);
	return order ? order : order_texts(left->object, right->object);
}

static int order_values(const void *left, const void *right)
{
	return diff_value__order(left, right);
}

static void free_texts(struct diff_value *value)
{
	free(value->process);
	free(value->name);
	free(value->syscall);
	free(value->object);
}

static void merge(struct diff_value *into, struct diff_value *value)
{
	switch (diff_kinds[into->figure].merge) {
	case DIFF_ADD:
		into->value += value->value;
		break;
	case DIFF_MOST:
		into->value = value->value > into->value ? value->value : into->value;
		break;
	case DIFF_EITHER:
		into->unknown = true;
		break;
	}
	into->unknown |= value->unknown;
	free_texts(value);
}

static void settle_values(struct diff_run *run)
{
	size_t kept = 0;

	if (!run->value_count)
		return;
	qsort(run->values, run->value_count, sizeof(*run->values), order_values);
	for (size_t i = 1; i < run->value_count; i++) {
		if (diff_value__order(&run->values[kept], &run->values[i]) == 0)
			merge(&run->values[kept], &run->values[i]);
		else
			run->values[++kept] = run->values[i];
	}
	run->value_count = kept + 1;
}

static int order_processes(const void *left, const void *right)
{
	const struct diff_process *a = left, *b = right;

	return order_texts(a->name, b->name);
}

static void free_process(struct diff_process *process)
{
	free(process->name);
	free(process->exe);
	free(process->io_model);
	free(process->structure);
}

#define WORDS_LONGEST 120

static bool has_word(const char *words, const char *word)
{
	size_t length = strlen(word);
	const char *found = strstr(words, word);

	return found && (found == words || found[-1] == ' ') &&
	       (found[length] == '\0' || found[length] == ',');
}

/* Adds a word to those that are there, if it is not among them yet. Takes `word`. */
static void add_word(char **words, char *word)
{
	char *longer;

	if (!*words) {
		*words = word;
		return;
	}
	/* (without memory the words that are there stay) */
	if (word && strlen(*words) <= WORDS_LONGEST && !has_word(*words, word) &&
	    asprintf(&longer, "%s, %s", *words, word) >= 0) {
		free(*words);
		*words = longer;
	}
	free(word);
}

static void settle_processes(struct diff_run *run)
{
	size_t kept = 0;

	if (!run->process_count)
		return;
	qsort(run->processes, run->process_count, sizeof(*run->processes), order_processes);
	for (size_t i = 1; i < run->process_count; i++) {
		struct diff_process *into = &run->processes[kept], *from = &run->processes[i];

		if (order_processes(into, from) != 0) {
			run->processes[++kept] = *from;
			continue;
		}
		into->command |= from->command;
		add_word(&into->io_model, from->io_model);
		add_word(&into->structure, from->structure);
		from->io_model = from->structure = NULL;
		free_process(from);
	}
	run->process_count = kept + 1;
}

void diff_run__settle(struct diff_run *run)
{
	settle_values(run);
	settle_processes(run);
}

void diff_run__clear(struct diff_run *run)
{
	for (size_t i = 0; i < run->value_count; i++)
		free_texts(&run->values[i]);
	for (size_t i = 0; i < run->process_count; i++)
		free_process(&run->processes[i]);
	free(run->values);
	free(run->processes);
	free(run->source);
	free(run->kernel);
	free(run->command);
	*run = (struct diff_run){0};
}

/* What stands between the process and the figure's own name, or behind it. */
static int print_path(const struct diff_value *value, char **path)
{
	const struct diff_kind *kind = &diff_kinds[value->figure];
	const char *name = value->name ? value->name : "none";
	const char *process = value->process ? value->process : "";
	const char *colon = value->process ? ":" : "";

	switch (kind->subject) {
	case DIFF_OF_TIME:
	case DIFF_OF_COST:
		return asprintf(path, "%s%s%s", process, colon, kind->name);
	case DIFF_OF_CLASS:
		return asprintf(path, "%s%s%s.%s", process, colon, kind->name, name);
	case DIFF_OF_WAIT:
		return asprintf(path, "%s%swait.%s/%s/%s.%s", process, colon, name,
				value->syscall ? value->syscall : "none",
				value->object ? value->object : "none", kind->name);
	case DIFF_OF_FINDING:
		if (!value->name)
			return asprintf(path, "%s%s%s", process, colon, kind->name);
		return asprintf(path, "%s%sfinding.%s%s%s", process, colon, name,
				*kind->name ? "." : "", kind->name);
	default:
		return asprintf(path, "%s%s%s.%s.%s", process, colon,
				diff_subject__name(kind->subject), name, kind->name);
	}
}

char *diff_value__path(const struct diff_value *value)
{
	char *path;

	return print_path(value, &path) < 0 ? NULL : path;
}
