/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the tests of verdicts look at, and how they look for findings. */
#ifndef WAITSCOPE_TESTS_JUDGE_STEPS_H
#define WAITSCOPE_TESTS_JUDGE_STEPS_H

#include "tests/unit/judge_sample.h"

static inline void assert_model(const struct verdict *verdict, enum io_model model)
{
	if (verdict->model != model)
		fail_msg("%s instead of %s (%s)", io_model__name(verdict->model),
			 io_model__name(model), verdict->why ? verdict->why : "no reason given");
}

/* Judges, and looks at both the process and its first thread. */
static inline void assert_judged(struct profile *profile, enum io_model model)
{
	judged__again(profile);
	assert_model(&profile->processes[0].verdict, model);
	assert_model(&profile->processes[0].threads[0].verdict, model);
}

static inline void assert_evidence(const struct verdict *verdict, size_t share, const char *words)
{
	assert_in_range(share, 0, verdict->share_count - 1);
	for (size_t i = 0; i < verdict->shares[share].evidence_count; i++)
		if (strstr(verdict->shares[share].evidence[i], words))
			return;
	fail_msg("no evidence says \"%s\"; the first: %s", words,
		 verdict->shares[share].evidence_count ? verdict->shares[share].evidence[0] : "-");
}

static inline const struct finding *find(const struct profile *profile, const char *id)
{
	for (size_t i = 0; i < profile->finding_count; i++)
		if (!strcmp(profile->findings[i].id, id))
			return &profile->findings[i];
	return NULL;
}

static inline void assert_found(struct profile *profile, const char *id, uint64_t harm,
				const char *words)
{
	const struct finding *finding;

	judged__again(profile);
	finding = find(profile, id);
	if (!finding)
		fail_msg("%s is not found", id);
	assert_int_equal(finding->harm, harm);
	if (!strstr(finding->text, words))
		fail_msg("\"%s\" is not in: %s", words, finding->text);
}

static inline void assert_not_found(struct profile *profile, const char *id)
{
	const struct finding *finding;

	judged__again(profile);
	finding = find(profile, id);
	if (finding)
		fail_msg("%s is found: %s", id, finding->text);
}

/*
 * Found as it is; not with one of its figures just below the threshold, and not on threads that
 * lost more than can be made up for.
 */
static inline void assert_edge(struct profile *profile, const char *id, uint64_t *figure,
			       uint64_t below)
{
	uint64_t kept = *figure;

	judged__again(profile);
	assert_non_null(find(profile, id));
	*figure = below;
	assert_not_found(profile, id);
	*figure = kept;
	judged__again(profile);
	assert_non_null(find(profile, id));
}

static inline void assert_none_on_lost_events(struct profile *profile, const char *id)
{
	struct process *process = &profile->processes[0];

	for (size_t i = 0; i < process->thread_count; i++)
		process->threads[i].incomplete = true; /* rows had no room */
	assert_not_found(profile, id);
	for (size_t i = 0; i < process->thread_count; i++) {
		process->threads[i].lost = 1;
		process->threads[i].account.unknown = process->threads[i].account.lifetime / 20;
	}
	judged__again(profile);
	assert_non_null(find(profile, id));
	for (size_t i = 0; i < process->thread_count; i++)
		process->threads[i].account.unknown += 1;
	assert_not_found(profile, id);
}

#endif
