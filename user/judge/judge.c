// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "judge/judge.h"

#include "judge/findings.h"
#include "judge/io_model.h"
#include "judge/structure.h"

int judge__profile(struct profile *profile)
{
	int err = 0;

	for (size_t i = 0; i < profile->process_count && !err; i++)
		err = io_model__judge(profile, &profile->processes[i]);
	if (err)
		return err;
	structure__judge(profile);
	return findings__judge(profile);
}
