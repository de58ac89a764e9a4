// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <stdlib.h>

#include "recording/thread_ids.h"

void thread_ids__clear(struct thread_ids *ids)
{
	free(ids->rows.base);
	*ids = THREAD_IDS_EMPTY;
}

int thread_ids__begin(struct thread_ids *ids, struct cast *cast, uint32_t row)
{
	const struct identity_thread *thread = cast__thread(cast, row);
	uint32_t *place;

	if (!thread || !thread->tid || thread->tid >= ROWS_MOST)
		return 0;
	place = grown__at(&ids->rows, thread->tid);
	if (!place)
		return grown__error(thread->tid);
	*place = row;
	return 0;
}

/* The row may have been given to somebody else since. */
uint32_t thread_ids__row(struct thread_ids *ids, struct cast *cast, uint32_t tid)
{
	const struct identity_thread *thread;
	uint32_t row;

	if (!tid || tid > ids->rows.used)
		return 0;
	row = *(uint32_t *)grown__at(&ids->rows, tid);
	thread = cast__thread(cast, row);
	return thread && thread->tid == tid ? row : 0;
}
