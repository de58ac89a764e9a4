/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What can be said of threads and processes whose events were not all seen. */
#ifndef WAITSCOPE_JUDGE_LOST_H
#define WAITSCOPE_JUDGE_LOST_H

#include "judge/thresholds.h"
#include "model/profile.h"

/*
 * So much of the thread is missing that it may change what is said of its process. A switch that
 * was not seen leaves the time around it unknown, so that time bounds what happened in it; rows
 * that found no room have no bound.
 */
static inline bool thread__is_unreliable(const struct thread *thread)
{
	return thread->incomplete &&
	       (!thread->lost || (double)thread->account.unknown >
					 LOST_TIME_SHARE * (double)thread->account.lifetime);
}

#endif
