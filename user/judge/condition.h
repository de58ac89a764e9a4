/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Conditions on a comparison, for scripts: "blocked.lock>+10%". Pure.
 *
 *	CONDITION = FIGURE ('>' | '<') LIMIT
 *	LIMIT     = [SIGN] NUMBER '%'		how much it changed, of what A has
 *		  | SIGN (TIME | COUNT | SIZE)	how much it changed
 *		  | TIME | COUNT | SIZE		what B has
 */
#ifndef WAITSCOPE_JUDGE_CONDITION_H
#define WAITSCOPE_JUDGE_CONDITION_H

#include "judge/compare.h"

enum condition_kind { CONDITION_PERCENT, CONDITION_CHANGE, CONDITION_VALUE };

struct condition {
	const char *text; /* borrowed */
	char *path;
	bool above; /* '>' */
	enum condition_kind kind;
	bool negative;
	const char *limit; /* its number, in `text` */
};

enum condition_result {
	CONDITION_UNMET,
	CONDITION_MET,
	CONDITION_UNKNOWN_FIGURE, /* there is no such name */
	CONDITION_WRONG_LIMIT,	  /* the limit is none of that figure */
	CONDITION_UNDECIDED,	  /* the figure exists, but cannot be compared here */
};

struct condition_outcome {
	enum condition_result result;
	const struct diff_change *change; /* NULL: it is 0 on both sides, or none */
	bool noise;			  /* the limit is passed, but within noise: not met */
	char reason[256];		  /* of the last three */
};

/* Takes it apart. Returns 0, -ENOMEM, or -EINVAL with the reason. The path is the caller's to free.
 */
int condition__parse(const char *text, struct condition *condition, const char **why);

/* Decides it. */
void condition__decide(const struct condition *condition, const struct diff *diff,
		       struct condition_outcome *outcome);

#endif
