/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is wrong with how a program waits, in plain words: a table of rules, each with a stable id
 * and its thresholds. docs/findings.md explains each rule.
 */
#ifndef WAITSCOPE_JUDGE_FINDINGS_H
#define WAITSCOPE_JUDGE_FINDINGS_H

#include "model/profile.h"

/* All of them have to be reached; what each means for a rule is in docs/findings.md. */
struct finding_limits {
	uint64_t count; /* events: too little data below */
	uint64_t time;	/* ns */
	double share;
};

struct finding_look;

struct finding_rule {
	const char *id;
	enum severity severity;
	struct finding_limits least;
	/* looks at the process, or at one thread of it after the other */
	void (*at_process)(struct finding_look *look);
	void (*at_thread)(struct finding_look *look, const struct thread *thread);
};

const struct finding_rule *findings__rules(size_t *count);

/* Fills the findings of a profile, most harmful first. Returns 0 or -ENOMEM. */
int findings__judge(struct profile *profile);

#endif
