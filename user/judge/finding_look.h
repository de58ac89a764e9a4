/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside of findings: what a rule is given, and how it says what it found. */
#ifndef WAITSCOPE_JUDGE_FINDING_LOOK_H
#define WAITSCOPE_JUDGE_FINDING_LOOK_H

#include "judge/findings.h"

struct finding_look {
	struct profile *profile;
	const struct process *process;
	const struct finding_rule *rule;
	int err; /* first one */
};

#define WHO_TEXT 160

/* "thread 812 `worker` of 800 `server`", "process 800 `server`" (NULL: the process). */
const char *look__who(const struct finding_look *look, const struct thread *thread,
		      char text[WHO_TEXT]);

/* Are time and its share of `whole` at least what the rule asks for? */
bool look__is_much(const struct finding_look *look, uint64_t time, uint64_t whole);

/*
 * Adds a finding; NULL without memory. Figures and text are added by the next two, which take
 * NULL. The text is one sentence, without a full stop.
 */
struct finding *look__add(struct finding_look *look, const struct thread *thread, uint64_t harm);
void finding__figure(struct finding *finding, const char *name, double value);
void look__say(struct finding_look *look, struct finding *finding, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Is enough of it known for a finding on this thread? */
bool thread__is_known(const struct thread *thread);

/* Rules, by subject. */
void find_blocked_handler(struct finding_look *look, const struct thread *thread);
void find_spinning(struct finding_look *look, const struct thread *thread);
void find_polling(struct finding_look *look, const struct thread *thread);
void find_blocking_submit(struct finding_look *look);
void find_punted_requests(struct finding_look *look);
void find_small_synchronous_writes(struct finding_look *look, const struct thread *thread);
void find_waiting_threads(struct finding_look *look);
void find_saturated_pool(struct finding_look *look);
void find_contended_lock(struct finding_look *look);
void find_run_queue_delay(struct finding_look *look);
void find_preemption_storm(struct finding_look *look);

#endif
