// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include "judge/findings.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "judge/finding_look.h"
#include "judge/lost.h"
#include "judge/thresholds.h"

#define MS NS_PER_MS

/* Ids are promised: rules may be added, none of these renamed. */
static const struct finding_rule rules[] = {
	/* id, severity, least: {count, time, share}, at a process, at each thread */
	{"loop_blocked_in_handler",
	 SEVERITY_WARNING,
	 {20, 10 * MS, 0.02},
	 NULL,
	 find_blocked_handler},
	{"spinning_on_eagain", SEVERITY_WARNING, {100, 10 * MS, 0.05}, NULL, find_spinning},
	{"zero_timeout_polling", SEVERITY_WARNING, {100, 10 * MS, 0.05}, NULL, find_polling},
	{"submit_blocks", SEVERITY_WARNING, {10, 10 * MS, 0.05}, find_blocking_submit, NULL},
	{"uring_requests_punted", SEVERITY_NOTICE, {100, 0, 0.5}, find_punted_requests, NULL},
	{"small_synchronous_writes",
	 SEVERITY_NOTICE,
	 {20, 10 * MS, 0.1},
	 NULL,
	 find_small_synchronous_writes},
	{"threads_only_wait", SEVERITY_NOTICE, {100, 10 * MS, 0.99}, find_waiting_threads, NULL},
	{"pool_saturated", SEVERITY_WARNING, {20, 100 * MS, 0.95}, find_saturated_pool, NULL},
	{"lock_serialises_threads",
	 SEVERITY_WARNING,
	 {50, 10 * MS, 0.1},
	 find_contended_lock,
	 NULL},
	{"run_queue_delay_exceeds_blocking",
	 SEVERITY_NOTICE,
	 {20, 20 * MS, 0.05},
	 find_run_queue_delay,
	 NULL},
	{"preemption_storm", SEVERITY_NOTICE, {100, 10 * MS, 0.05}, find_preemption_storm, NULL},
};

#define RULES (sizeof(rules) / sizeof(rules[0]))

const struct finding_rule *findings__rules(size_t *count)
{
	*count = RULES;
	return rules;
}

const char *look__who(const struct finding_look *look, const struct thread *thread,
		      char text[WHO_TEXT])
{
	const struct process *process = look->process;
	const char *comm = process->comm ? process->comm : "?";

	if (!thread || process->thread_count == 1)
		snprintf(text, WHO_TEXT, "process %d `%s`", process->pid, comm);
	else
		snprintf(text, WHO_TEXT, "thread %d `%s` of %d `%s`", thread->tid,
			 thread->comm ? thread->comm : "?", process->pid, comm);
	return text;
}

bool look__is_much(const struct finding_look *look, uint64_t time, uint64_t whole)
{
	return time && time >= look->rule->least.time &&
	       (double)time >= look->rule->least.share * (double)whole;
}

struct finding *look__add(struct finding_look *look, const struct thread *thread, uint64_t harm)
{
	struct profile *profile = look->profile;
	struct finding *grown;

	grown = reallocarray(profile->findings, profile->finding_count + 1, sizeof(*grown));
	if (!grown) {
		look->err = -ENOMEM;
		return NULL;
	}
	profile->findings = grown;
	grown += profile->finding_count++;
	*grown = (struct finding){
		.id = look->rule->id,
		.severity = look->rule->severity,
		.pid = look->process->pid,
		.tid = thread ? thread->tid : 0,
		.harm = harm,
	};
	return grown;
}

void finding__figure(struct finding *finding, const char *name, double value)
{
	if (finding && finding->figure_count < FINDING_FIGURES)
		finding->figures[finding->figure_count++] = (struct figure){name, value};
}

void look__say(struct finding_look *look, struct finding *finding, const char *format, ...)
{
	va_list arguments;

	if (!finding)
		return;
	va_start(arguments, format);
	if (vasprintf(&finding->text, format, arguments) < 0) {
		finding->text = NULL;
		look->err = -ENOMEM;
	}
	va_end(arguments);
}

bool thread__is_known(const struct thread *thread)
{
	return !thread__is_unreliable(thread) && !thread->kernel_thread && !thread->io_worker;
}

static int by_harm(const void *a, const void *b)
{
	const struct finding *left = a, *right = b;

	if (left->harm != right->harm)
		return left->harm > right->harm ? -1 : 1;
	if (left->severity != right->severity)
		return left->severity > right->severity ? -1 : 1;
	if (left->pid != right->pid)
		return left->pid < right->pid ? -1 : 1;
	if (left->tid != right->tid)
		return left->tid < right->tid ? -1 : 1;
	return strcmp(left->id, right->id);
}

static void look_at(struct finding_look *look)
{
	if (look->rule->at_process)
		look->rule->at_process(look);
	for (size_t i = 0; look->rule->at_thread && i < look->process->thread_count; i++)
		if (thread__is_known(&look->process->threads[i]))
			look->rule->at_thread(look, &look->process->threads[i]);
}

int findings__judge(struct profile *profile)
{
	struct finding_look look = {.profile = profile};

	for (size_t i = 0; i < profile->process_count; i++) {
		look.process = &profile->processes[i];
		for (size_t j = 0; j < RULES && !look.process->kernel_thread; j++) {
			look.rule = &rules[j];
			look_at(&look);
		}
	}
	if (profile->finding_count)
		qsort(profile->findings, profile->finding_count, sizeof(*profile->findings),
		      by_harm);
	return look.err;
}
