// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Threads of the model from the rows of the kernel side. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/audit.h"
#include "collect/gather_threads.h"
#include "names/objects.h"
#include "names/syscalls.h"

/* A thread row on its way to be a thread of the model. */
struct lead {
	struct thread_row row;	 /* a copy, whose books are closed */
	struct ledger_wait open; /* the wait that the end of the window cut */
	bool is_open;
	uint32_t first_wait, wait_count; /* in the sorted lists */
	uint32_t first_call, call_count;
	uint32_t first_attempt, attempt_count;
};

static int compare_owned(const void *a, const void *b)
{
	const struct owned *left = a, *right = b;

	if (left->thread != right->thread)
		return left->thread < right->thread ? -1 : 1;
	return (left->number > right->number) - (left->number < right->number);
}

/* The rows of a pool by the threads that own them: the first member of their key. */
static int list_rows(const struct rows *rows, struct owned **list, size_t *count)
{
	*count = 0;
	*list = calloc(rows->used + 1, sizeof(**list));
	if (!*list)
		return -ENOMEM;
	for (uint32_t i = 1; i <= rows->used; i++)
		(*list)[(*count)++] = (struct owned){*(const uint32_t *)rows__at(rows, i), i};
	qsort(*list, *count, sizeof(**list), compare_owned);
	return 0;
}

uint32_t look__find(const struct owned *list, size_t count, uint32_t thread, uint32_t *found)
{
	size_t low = 0, high = count, first;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (list[middle].thread < thread)
			low = middle + 1;
		else
			high = middle;
	}
	for (first = low; low < count && list[low].thread == thread; low++)
		;
	*found = low - first;
	return first;
}

/* The wait that the window's end cut: all of it is a lower bound, unless it was woken before. */
static int add_open_wait(struct wait *wait, const struct lead *lead)
{
	bool woken = lead->row.ledger.state == LEDGER_RUNNABLE;

	wait->count++;
	wait->total += lead->open.blocked;
	wait->runqueue_total += lead->open.runqueue;
	if (woken && !(lead->row.ledger.flags & LEDGER_CENSORED))
		return histogram__add(&wait->duration, lead->open.blocked);
	wait->censored++;
	return 0;
}

/* Waits without a row, for want of room or of their end: what they were for is not known. */
static int add_unkept(struct thread *thread, const struct thread_row *row)
{
	uint64_t waits = row->unkept_waits + row->ledger.lost_waits;
	struct wait *wait;

	if (!waits)
		return 0;
	thread->waits[thread->wait_count++] = (struct wait){
		.class = CLASS_OTHER,
		.count = waits,
		.censored = waits,
		.total = row->unkept_blocked + row->ledger.lost_blocked,
	};
	wait = &thread->waits[thread->wait_count - 1];
	wait->object = strdup("not attributed: events or rows were lost");
	return wait->object ? 0 : -ENOMEM;
}

static int fill_waits(struct thread *thread, const struct look *look, const struct lead *lead)
{
	int err = 0;

	thread->waits = calloc(lead->wait_count + 2, sizeof(*thread->waits));
	if (!thread->waits)
		return -ENOMEM;
	for (uint32_t i = 0; i < lead->wait_count && !err; i++) {
		uint32_t number = look->waits[lead->first_wait + i].number;
		struct wait *wait = &thread->waits[thread->wait_count++];

		err = wait__from_row(wait, &look->sources, number);
		if (!err && lead->is_open && lead->row.wait == number)
			err = add_open_wait(wait, lead);
		if (!err && !wait->count) { /* a row made for a wait that turned out to be none */
			wait__clear(wait);
			thread->wait_count--;
		}
	}
	if (lead->is_open && !lead->row.wait) {
		struct wait *wait = &thread->waits[thread->wait_count++];

		*wait = (struct wait){.class = CLASS_OTHER};
		add_open_wait(wait, lead);
	}
	if (!err)
		err = add_unkept(thread, &lead->row);
	if (!err)
		err = waits__merge(thread->waits, &thread->wait_count);
	qsort(thread->waits, thread->wait_count, sizeof(*thread->waits), waits__by_harm);
	return err;
}

/*
 * The call that the window's end cut: in the sums, as far as it went, but in no distribution.
 * Where it was entered before the window too, only that it was there is known.
 */
static void add_open_call(struct thread *thread, const struct ledger *ledger, bool full)
{
	const char *name = syscalls__name(ledger->call);
	uint64_t total, off_cpu = ledger->call_off_cpu, blocked = ledger->call_blocked;
	struct call *call = NULL;

	if (!full || ledger->state == LEDGER_ENDED || !(ledger->flags & LEDGER_IN_CALL) || !name)
		return;
	for (size_t i = 0; i < thread->call_count; i++)
		if (!strcmp(thread->calls[i].name, name))
			call = &thread->calls[i];
	if (!call) {
		call = &thread->calls[thread->call_count++];
		*call = (struct call){.name = name};
	}
	call->censored++;
	if (!(ledger->flags & LEDGER_ENTRY_SEEN))
		return;
	if (!ledger__is_running(ledger->state))
		off_cpu += ledger->at - ledger->wait_since;
	if (ledger->state == LEDGER_BLOCKED)
		blocked += ledger->at - ledger->wait_since;
	total = ledger->at - ledger->call_since;
	call->total += total;
	call->blocked += blocked;
	call->cpu += total > off_cpu ? total - off_cpu : 0;
}

static int fill_calls(struct thread *thread, const struct look *look, const struct lead *lead)
{
	int err = 0;

	thread->call_count = 0;
	thread->calls = calloc(lead->call_count + 1, sizeof(*thread->calls));
	if (!thread->calls)
		return -ENOMEM;
	for (uint32_t i = 0; i < lead->call_count && !err; i++)
		err = call__from_row(&thread->calls[thread->call_count++], &look->sources,
				     look->calls[lead->first_call + i].number);
	if (!err)
		add_open_call(thread, &lead->row.ledger, look->tier == TIER_FULL);
	qsort(thread->calls, thread->call_count, sizeof(*thread->calls), calls__by_total);
	return err;
}

/* Also tells the calls of the runs that they made. */
static int fill_attempts(struct thread *thread, const struct look *look, const struct lead *lead)
{
	int err = 0;

	thread->attempts = calloc(lead->attempt_count + 1, sizeof(*thread->attempts));
	if (!thread->attempts)
		return -ENOMEM;
	for (uint32_t i = 0; i < lead->attempt_count && !err; i++) {
		struct attempts *attempts = &thread->attempts[thread->attempt_count++];

		err = attempts__from_row(attempts, &look->sources,
					 look->attempts[lead->first_attempt + i].number);
		for (size_t j = 0; j < thread->call_count; j++) {
			struct call *call = &thread->calls[j];

			if (strcmp(call->name, attempts->syscall) != 0)
				continue;
			call->spin_runs += attempts->spin_runs;
			call->spin_cpu += attempts->spin_cpu;
		}
	}
	if (!err)
		err = attempts__merge(thread->attempts, &thread->attempt_count);
	qsort(thread->attempts, thread->attempt_count, sizeof(*thread->attempts),
	      attempts__by_refusals);
	return err;
}

static void fill_account(struct thread *thread, const struct thread_row *row, bool full)
{
	bool in_kernel = row->flags & (THREAD_KTHREAD | THREAD_IO_WORKER);
	const struct ledger *ledger = &row->ledger;
	struct account *account = &thread->account;

	account->user = ledger->sum[LEDGER_USER];
	account->kernel = ledger->sum[LEDGER_KERNEL];
	account->running = ledger__cpu(ledger);
	if (in_kernel)
		account->kernel = account->running;
	/* a thread that made no call while it was watched: nobody knows where it ran */
	account->split = full && (!account->running || account->user || account->kernel);
	account->runnable = ledger->sum[LEDGER_RUNNABLE];
	account->preempted = ledger->sum[LEDGER_PREEMPTED];
	account->blocked = ledger->sum[LEDGER_BLOCKED];
	account->unknown = ledger->sum[LEDGER_UNKNOWN];
	account->lifetime = ledger->at - ledger->start;
	for (size_t i = 0; i < thread->wait_count; i++)
		if (thread->waits[i].idle)
			account->idle += thread->waits[i].total;
	thread->residual = (int64_t)(account->running + account->runnable + account->preempted +
				     account->blocked + account->unknown - account->lifetime);
}

static uint64_t major_faults(const struct thread_row *row)
{
	if (!(row->flags & THREAD_BOOKS) || row->end.major_faults < row->begin.major_faults)
		return 0;
	return row->end.major_faults - row->begin.major_faults;
}

static int fill_thread(struct thread *thread, const struct look *look, const struct lead *lead)
{
	const struct ledger *ledger = &lead->row.ledger;
	int err;

	*thread = (struct thread){
		.tid = lead->row.tid,
		.comm = strndup(lead->row.comm, sizeof(lead->row.comm)),
		.kernel_thread = lead->row.flags & THREAD_KTHREAD,
		.start = ledger->start > look->begin ? ledger->start - look->begin : 0,
		.end = ledger->at > look->begin ? ledger->at - look->begin : 0,
		.ended = lead->row.flags & THREAD_ENDED,
		.incomplete = ledger->lost || (lead->row.flags & THREAD_PARTIAL),
		.voluntary = ledger->voluntary,
		.involuntary = ledger->involuntary,
		.wakeups = ledger->wakings,
		.unwoken = ledger->unwoken,
		.early = ledger->early,
		.spurious = ledger->spurious,
		.backwards = ledger->backwards,
		.lost = ledger->lost,
		.stack_pointer = lead->row.stack,
		.major_faults = major_faults(&lead->row),
		.io_worker = lead->row.flags & THREAD_IO_WORKER,
		.posix_aio = lead->row.posix_control != 0,
		.aio_helper = lead->row.flags & THREAD_AIO_HELPER,
	};
	if (!thread->comm)
		return -ENOMEM;
	err = fill_waits(thread, look, lead);
	if (!err)
		err = fill_calls(thread, look, lead);
	if (!err)
		err = fill_attempts(thread, look, lead);
	if (!err)
		err = loops__of_thread(thread, &look->sources, &lead->row,
				       lead->is_open ? &lead->open : NULL);
	fill_account(thread, &lead->row, look->tier == TIER_FULL);
	audit__compare(&thread->books, &lead->row);
	return err;
}

int look__open(struct look *look, const struct session *session, const struct sources *given)
{
	const struct rows *pools = look->sources.pools;
	int err = 0;

	look->borrowed = given;
	if (given)
		look->sources = *given;
	else
		err = sources__open(&look->sources, session);
	if (!err)
		err = list_rows(&pools[POOL_WAITS], &look->waits, &look->wait_count);
	if (!err)
		err = list_rows(&pools[POOL_CALLS], &look->calls, &look->call_count);
	if (!err)
		err = list_rows(&pools[POOL_ATTEMPTS], &look->attempts, &look->attempt_count);
	if (!err && look->stacks)
		err = stack_collector__read(look->stacks);
	return err;
}

void look__close(struct look *look)
{
	free(look->waits);
	free(look->calls);
	free(look->attempts);
	if (!look->borrowed)
		sources__close(&look->sources);
	look->waits = look->calls = look->attempts = NULL;
	look->wait_count = look->call_count = look->attempt_count = 0;
}

bool look__has_thread(const struct look *look, uint32_t number)
{
	const struct thread_row *row = rows__at(&look->sources.pools[POOL_THREADS], number);

	return row->task && row->ledger.start && !(row->flags & THREAD_HELD);
}

static char *executable_path(const struct look *look, const struct thread_row *row)
{
	if (!row->executable)
		return NULL;
	return objects__path(rows__at(&look->sources.pools[POOL_OBJECTS], row->executable));
}

static int take_stacks(const struct look *look, const struct lead *lead, uint32_t number)
{
	struct stack_owner owner = {
		.sources = &look->sources,
		.row = &lead->row,
		.number = number,
		.open = lead->is_open ? &lead->open : NULL,
	};
	int err;

	if (!look->stacks)
		return 0;
	err = stack_collector__take_thread(look->stacks, &owner);
	for (uint32_t i = 0; i < lead->wait_count && !err; i++)
		err = stack_collector__take_wait(look->stacks, &owner,
						 look->waits[lead->first_wait + i].number);
	return err;
}

int member__from_row(struct member *member, const struct look *look, uint32_t number)
{
	struct lead lead = {};
	int err;

	memcpy(&lead.row, rows__at(&look->sources.pools[POOL_THREADS], number), sizeof(lead.row));
	thread_row__settle(&lead.row);
	lead.is_open = ledger__close(&lead.row.ledger, look->end, &lead.open);
	lead.first_wait = look__find(look->waits, look->wait_count, number, &lead.wait_count);
	lead.first_call = look__find(look->calls, look->call_count, number, &lead.call_count);
	lead.first_attempt =
		look__find(look->attempts, look->attempt_count, number, &lead.attempt_count);
	*member = (struct member){
		.tid = lead.row.tid,
		.tgid = lead.row.tgid,
		.ppid = lead.row.ppid,
		.flags = lead.row.flags,
		.start = lead.row.ledger.start,
		.executable = executable_path(look, &lead.row),
	};
	memcpy(member->comm, lead.row.comm, sizeof(member->comm));
	err = fill_thread(&member->thread, look, &lead);
	return err ? err : take_stacks(look, &lead, number);
}

void member__clear(struct member *member)
{
	free(member->executable);
	thread__clear(&member->thread);
}
