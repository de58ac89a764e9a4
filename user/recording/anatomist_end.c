// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The end of the window: names as they are then, and calls that are still open. */
#include "names/syscalls.h"
#include "recording/anatomist_internal.h"

static void look_at_open(struct anatomist *anatomist, uint32_t number, uint64_t end)
{
	const struct replay_thread *thread = replay__thread(anatomist->replay, number);
	const struct identity_thread *known = cast__thread(anatomist->cast, number);
	struct anatomist_sums *sums = &anatomist->sums;
	struct nap nap = {0};
	const struct person person = {.naps = &nap, .count = 1};
	const char *syscall;

	if (!thread || thread->ended || thread->ledger.state != LEDGER_BLOCKED ||
	    !(thread->ledger.flags & LEDGER_IN_CALL) || (known && known->flags & THREAD_HELD))
		return;
	nap.row = thread->wait;
	syscall = syscalls__name((uint16_t)thread->ledger.call);
	if (!anatomist__wants(anatomist, known, syscall, &person))
		return;
	sums->open++;
	if (end < thread->ledger.call_since || end - thread->ledger.call_since <= sums->open_time)
		return;
	sums->open_time = end - thread->ledger.call_since;
	sums->open_syscall = syscall;
	anatomist__name_thread(anatomist, number, &sums->open_thread);
}

/* By the end a thread may have another name than it had then: it gives itself one when it begins.
 */
static void rename_thread(struct anatomist *anatomist, struct anatomy_thread *thread)
{
	uint32_t row = thread_ids__row(&anatomist->ids, anatomist->cast, (uint32_t)thread->tid);
	struct anatomy_thread now;

	anatomist__name_thread(anatomist, row, &now);
	if (now.tid == thread->tid && now.pid == thread->pid)
		*thread = now;
}

static void rename_waker(struct anatomist *anatomist, struct anatomy_waker *waker)
{
	rename_thread(anatomist, &waker->thread);
	rename_thread(anatomist, &waker->interrupted);
}

static void rename_all(struct anatomist *anatomist, struct anatomy *anatomy)
{
	rename_thread(anatomist, &anatomy->thread);
	for (size_t i = 0; i < anatomy->sleep_count; i++) {
		struct anatomy_sleep *sleep = &anatomy->sleeps[i];

		rename_thread(anatomist, &sleep->next);
		for (size_t k = 0; k < sleep->run_count; k++)
			rename_thread(anatomist, &sleep->runs[k].thread);
		rename_waker(anatomist, &sleep->waker);
		for (size_t k = 0; k < sleep->chain_count; k++)
			rename_waker(anatomist, &sleep->chain[k].waker);
	}
}

void anatomist__finish(struct anatomist *anatomist, uint64_t end)
{
	anatomist->sums.lost = anatomist->losses.events;
	for (size_t i = 0; i < anatomist->count; i++)
		rename_all(anatomist, &anatomist->kept[i].anatomy);
	for (uint32_t i = 0; i < replay__thread_count(anatomist->replay); i++)
		look_at_open(anatomist, i, end);
}
