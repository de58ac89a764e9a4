/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Finished waits and calls in the sums of their rows: plain functions, as in ledger.h, which the
 * programs run on live events and user space on recorded ones. Distributions are kept beside.
 */
#ifndef WAITSCOPE_TALLY_H
#define WAITSCOPE_TALLY_H

#include "records.h"

LEDGER_INLINE void wait_row__count(struct wait_row *row, const struct ledger_wait *wait)
{
	row->count++;
	row->total += wait->blocked;
	row->runqueue += wait->runqueue;
	if (wait->runqueue > row->runqueue_max)
		row->runqueue_max = wait->runqueue;
	if (wait->runqueue < row->runqueue_min || row->count == 1)
		row->runqueue_min = wait->runqueue;
	if (wait->censored) {
		row->censored++;
		row->censored_total += wait->blocked;
		return;
	}
	if (wait->blocked > row->max)
		row->max = wait->blocked;
	if (wait->blocked < row->min || row->count - row->censored == 1)
		row->min = wait->blocked;
}

/* `woken`: instant of the thread's last waking. A call that was censored has no duration. */
LEDGER_INLINE void call_row__count(struct call_row *row, const struct ledger_call *done,
				   __u64 entered, __u64 woken)
{
	row->calls++;
	row->total += done->total;
	if (done->off_cpu) {
		row->off_cpu += done->off_cpu;
		row->blocked += done->blocked;
		if (woken > entered)
			row->slept++;
	}
	if (done->total > row->max)
		row->max = done->total;
	if (done->total < row->min || row->calls == 1)
		row->min = done->total;
}

/*
 * One more of `error` among the errors of a row. False: there is no place for its number, and the
 * caller has to keep it elsewhere.
 */
LEDGER_INLINE int call_row__count_error(struct call_row *row, __u32 error)
{
	row->errors++;
	for (int i = 0; i < CALL_ERRNOS; i++) {
		struct errno_count *count = &row->errnos[i & (CALL_ERRNOS - 1)];

		if (count->count && count->number != error)
			continue;
		count->number = error;
		count->count++;
		return 1;
	}
	return 0;
}

#endif
