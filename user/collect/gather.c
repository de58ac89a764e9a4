// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Processes and threads from the rows of a stopped session. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "collect/audit.h"
#include "collect/gather.h"
#include "collect/gather_rows.h"
#include "names/objects.h"

/* A thread row on its way to be a thread of the model. */
struct lead {
	uint32_t number;	 /* row */
	struct thread_row row;	 /* a copy, whose books are closed */
	struct ledger_wait open; /* the wait that the end of the window cut */
	bool is_open;
	uint32_t first_wait, wait_count; /* in the sorted list of rows */
	uint32_t first_call, call_count;
};

struct gathering {
	struct sources sources;
	struct profile *profile;
	uint64_t begin, end; /* the window */
	struct lead *leads;  /* by process, then in the order in which they were born */
	size_t lead_count;
	struct owned *waits; /* rows by the thread that owns them */
	size_t wait_count;
	struct owned *calls;
	size_t call_count;
};

struct owned {
	uint32_t thread, number;
};

static int compare_owned(const void *a, const void *b)
{
	const struct owned *left = a, *right = b;

	if (left->thread != right->thread)
		return left->thread < right->thread ? -1 : 1;
	return (left->number > right->number) - (left->number < right->number);
}

static int compare_leads(const void *a, const void *b)
{
	const struct lead *left = a, *right = b;

	if (left->row.tgid != right->row.tgid)
		return left->row.tgid < right->row.tgid ? -1 : 1;
	return (left->number > right->number) - (left->number < right->number);
}

static int list_waits(struct gathering *gathering)
{
	const struct rows *rows = &gathering->sources.pools[POOL_WAITS];

	gathering->waits = calloc(rows->used + 1, sizeof(*gathering->waits));
	if (!gathering->waits)
		return -ENOMEM;
	for (uint32_t i = 1; i <= rows->used; i++) {
		const struct wait_row *row = rows__at(rows, i);

		gathering->waits[gathering->wait_count++] = (struct owned){row->key.thread, i};
	}
	qsort(gathering->waits, gathering->wait_count, sizeof(struct owned), compare_owned);
	return 0;
}

static int list_calls(struct gathering *gathering)
{
	const struct rows *rows = &gathering->sources.pools[POOL_CALLS];

	gathering->calls = calloc(rows->used + 1, sizeof(*gathering->calls));
	if (!gathering->calls)
		return -ENOMEM;
	for (uint32_t i = 1; i <= rows->used; i++) {
		const struct call_row *row = rows__at(rows, i);

		gathering->calls[gathering->call_count++] = (struct owned){row->key.thread, i};
	}
	qsort(gathering->calls, gathering->call_count, sizeof(struct owned), compare_owned);
	return 0;
}

/* First entry of a thread in a sorted list, and how many there are. */
static uint32_t find_owned(const struct owned *list, size_t count, uint32_t thread, uint32_t *found)
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

static int list_leads(struct gathering *gathering)
{
	const struct rows *rows = &gathering->sources.pools[POOL_THREADS];

	gathering->leads = calloc(rows->used + 1, sizeof(*gathering->leads));
	if (!gathering->leads)
		return -ENOMEM;
	for (uint32_t i = 1; i <= rows->used; i++) {
		struct lead *lead = &gathering->leads[gathering->lead_count];

		memcpy(&lead->row, rows__at(rows, i), sizeof(lead->row));
		if (!lead->row.task || !lead->row.ledger.start || (lead->row.flags & THREAD_HELD))
			continue; /* taken, but never filled; or before the window */
		lead->number = i;
		lead->is_open = ledger__close(&lead->row.ledger, gathering->end, &lead->open);
		lead->first_wait =
			find_owned(gathering->waits, gathering->wait_count, i, &lead->wait_count);
		lead->first_call =
			find_owned(gathering->calls, gathering->call_count, i, &lead->call_count);
		gathering->lead_count++;
	}
	qsort(gathering->leads, gathering->lead_count, sizeof(struct lead), compare_leads);
	return 0;
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

/* Waits for which the maps had no room: their time is known, what they were for is not. */
static void add_unkept(struct thread *thread, const struct thread_row *row)
{
	if (!row->unkept_waits)
		return;
	thread->waits[thread->wait_count++] = (struct wait){
		.class = CLASS_OTHER,
		.count = row->unkept_waits,
		.censored = row->unkept_waits,
		.total = row->unkept_blocked,
	};
}

static int fill_waits(struct thread *thread, const struct gathering *gathering,
		      const struct lead *lead)
{
	int err = 0;

	thread->waits = calloc(lead->wait_count + 2, sizeof(*thread->waits));
	if (!thread->waits)
		return -ENOMEM;
	for (uint32_t i = 0; i < lead->wait_count && !err; i++) {
		uint32_t number = gathering->waits[lead->first_wait + i].number;
		struct wait *wait = &thread->waits[thread->wait_count++];

		err = wait__from_row(wait, &gathering->sources, number);
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
	add_unkept(thread, &lead->row);
	if (!err)
		err = waits__merge(thread->waits, &thread->wait_count);
	qsort(thread->waits, thread->wait_count, sizeof(*thread->waits), waits__by_harm);
	return err;
}

static int fill_calls(struct thread *thread, const struct gathering *gathering,
		      const struct lead *lead)
{
	int err = 0;

	if (!lead->call_count)
		return 0;
	thread->calls = calloc(lead->call_count, sizeof(*thread->calls));
	if (!thread->calls)
		return -ENOMEM;
	for (uint32_t i = 0; i < lead->call_count && !err; i++)
		err = call__from_row(&thread->calls[thread->call_count++], &gathering->sources,
				     gathering->calls[lead->first_call + i].number);
	qsort(thread->calls, thread->call_count, sizeof(*thread->calls), calls__by_total);
	return err;
}

static void fill_account(struct thread *thread, const struct ledger *ledger, bool full)
{
	struct account *account = &thread->account;

	account->user = ledger->sum[LEDGER_USER];
	account->kernel = ledger->sum[LEDGER_KERNEL];
	account->split = full;
	account->running = account->user + account->kernel + ledger->sum[LEDGER_RUNNING];
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

static int fill_thread(struct thread *thread, const struct gathering *gathering,
		       const struct lead *lead)
{
	const struct ledger *ledger = &lead->row.ledger;
	int err;

	*thread = (struct thread){
		.tid = lead->row.tid,
		.comm = strndup(lead->row.comm, sizeof(lead->row.comm)),
		.kernel_thread = lead->row.flags & THREAD_KTHREAD,
		.start = ledger->start > gathering->begin ? ledger->start - gathering->begin : 0,
		.end = ledger->at > gathering->begin ? ledger->at - gathering->begin : 0,
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
	};
	if (!thread->comm)
		return -ENOMEM;
	err = fill_waits(thread, gathering, lead);
	if (!err)
		err = fill_calls(thread, gathering, lead);
	fill_account(thread, ledger, gathering->profile->tier == TIER_FULL);
	audit__compare(&thread->books, &lead->row);
	return err;
}

static int add_up_waits(struct process *process)
{
	size_t total = 0;
	int err = 0;

	for (size_t i = 0; i < process->thread_count; i++)
		total += process->threads[i].wait_count;
	process->waits = calloc(total + 1, sizeof(*process->waits));
	if (!process->waits)
		return -ENOMEM;
	for (size_t i = 0; i < process->thread_count; i++)
		for (size_t j = 0; j < process->threads[i].wait_count && !err; j++)
			err = wait__copy(&process->waits[process->wait_count++],
					 &process->threads[i].waits[j]);
	if (!err)
		err = waits__merge(process->waits, &process->wait_count);
	qsort(process->waits, process->wait_count, sizeof(*process->waits), waits__by_harm);
	return err;
}

static int add_up_calls(struct process *process)
{
	size_t total = 0;
	int err = 0;

	for (size_t i = 0; i < process->thread_count; i++)
		total += process->threads[i].call_count;
	process->calls = calloc(total + 1, sizeof(*process->calls));
	if (!process->calls)
		return -ENOMEM;
	for (size_t i = 0; i < process->thread_count; i++)
		for (size_t j = 0; j < process->threads[i].call_count && !err; j++)
			err = call__copy(&process->calls[process->call_count++],
					 &process->threads[i].calls[j]);
	if (!err)
		err = calls__merge(process->calls, &process->call_count);
	qsort(process->calls, process->call_count, sizeof(*process->calls), calls__by_total);
	return err;
}

static int compare_instants(const void *a, const void *b)
{
	const int64_t *left = a, *right = b;
	int64_t left_at = *left < 0 ? -*left : *left, right_at = *right < 0 ? -*right : *right;

	if (left_at != right_at)
		return left_at < right_at ? -1 : 1;
	return (*left > *right) - (*left < *right); /* an end before a start at the same instant */
}

/* Most threads alive at once: starts are positive, ends negative. */
static int count_threads(struct process *process)
{
	int64_t *instants = calloc(2 * process->thread_count, sizeof(*instants));
	size_t alive = 0;

	if (!instants)
		return -ENOMEM;
	for (size_t i = 0; i < process->thread_count; i++) {
		instants[2 * i] = (int64_t)process->threads[i].start + 1;
		instants[2 * i + 1] = -((int64_t)process->threads[i].end + 1);
	}
	qsort(instants, 2 * process->thread_count, sizeof(*instants), compare_instants);
	for (size_t i = 0; i < 2 * process->thread_count; i++) {
		alive += instants[i] < 0 ? -1 : 1;
		if (alive > process->threads_max)
			process->threads_max = alive;
	}
	free(instants);
	return 0;
}

static void add_account(struct account *to, const struct account *from)
{
	to->running += from->running;
	to->user += from->user;
	to->kernel += from->kernel;
	to->split = from->split;
	to->runnable += from->runnable;
	to->preempted += from->preempted;
	to->blocked += from->blocked;
	to->unknown += from->unknown;
	to->idle += from->idle;
	to->lifetime += from->lifetime;
}

static int by_blocking(const struct account *left, const struct account *right)
{
	uint64_t left_harm = left->blocked - left->idle, right_harm = right->blocked - right->idle;

	return (left_harm < right_harm) - (left_harm > right_harm);
}

static int threads_by_blocking(const void *a, const void *b)
{
	return by_blocking(&((const struct thread *)a)->account,
			   &((const struct thread *)b)->account);
}

static int processes_by_blocking(const void *a, const void *b)
{
	return by_blocking(&((const struct process *)a)->account,
			   &((const struct process *)b)->account);
}

static int add_up(struct process *process)
{
	uint64_t first = UINT64_MAX, last = 0;
	int err;

	for (size_t i = 0; i < process->thread_count; i++) {
		const struct thread *thread = &process->threads[i];

		add_account(&process->account, &thread->account);
		process->voluntary += thread->voluntary;
		process->involuntary += thread->involuntary;
		first = thread->start < first ? thread->start : first;
		last = thread->end > last ? thread->end : last;
	}
	process->lifetime = last - first;
	process->threads_running_time = process->account.running;
	err = count_threads(process);
	if (!err)
		err = add_up_waits(process);
	if (!err)
		err = add_up_calls(process);
	qsort(process->threads, process->thread_count, sizeof(*process->threads),
	      threads_by_blocking);
	return err;
}

/* The name of a process is its main thread's; of one that execs, the last. */
static int fill_identity(struct process *process, const struct gathering *gathering,
			 const struct lead *leads, size_t count)
{
	const struct thread_row *main_row = &leads[0].row;

	for (size_t i = 0; i < count; i++)
		if (leads[i].row.tid == leads[i].row.tgid)
			main_row = &leads[i].row;
	process->pid = main_row->tgid;
	process->ppid = main_row->ppid;
	process->kernel_thread = main_row->flags & THREAD_KTHREAD;
	process->comm = strndup(main_row->comm, sizeof(main_row->comm));
	if (main_row->executable)
		process->exe = objects__path(
			rows__at(&gathering->sources.pools[POOL_OBJECTS], main_row->executable));
	return process->comm ? 0 : -ENOMEM;
}

static int fill_process(struct process *process, const struct gathering *gathering,
			const struct lead *leads, size_t count)
{
	int err = fill_identity(process, gathering, leads, count);

	process->threads = calloc(count, sizeof(*process->threads));
	if (!process->threads)
		return -ENOMEM;
	for (size_t i = 0; i < count && !err; i++)
		err = fill_thread(&process->threads[process->thread_count++], gathering, &leads[i]);
	return err ? err : add_up(process);
}

static int fill_processes(struct gathering *gathering)
{
	struct profile *profile = gathering->profile;
	size_t first = 0, next;
	int err = 0;

	profile->processes = calloc(gathering->lead_count + 1, sizeof(*profile->processes));
	if (!profile->processes)
		return -ENOMEM;
	for (; first < gathering->lead_count && !err; first = next) {
		for (next = first + 1; next < gathering->lead_count; next++)
			if (gathering->leads[next].row.tgid != gathering->leads[first].row.tgid)
				break;
		err = fill_process(&profile->processes[profile->process_count++], gathering,
				   &gathering->leads[first], next - first);
	}
	qsort(profile->processes, profile->process_count, sizeof(*profile->processes),
	      processes_by_blocking);
	return err;
}

/* A command's window begins with its exec, everything else's with the attachment. */
static uint64_t window_begin(const struct sources *sources, const struct session *session,
			     enum target_kind kind)
{
	const struct rows *rows = &sources->pools[POOL_THREADS];

	for (uint32_t i = 1; kind == TARGET_COMMAND && i <= rows->used; i++) {
		const struct thread_row *row = rows__at(rows, i);

		if (row->ledger.start && !(row->flags & THREAD_HELD))
			return row->ledger.start;
	}
	return session__attached_at(session);
}

int gather__profile(struct session *session, struct profile *profile)
{
	struct gathering gathering = {.profile = profile, .end = session__ended_at(session)};
	struct utsname name;
	int err;

	err = sources__open(&gathering.sources, session);
	if (err)
		goto out;
	gathering.begin = window_begin(&gathering.sources, session, profile->target);
	profile->window = gathering.end > gathering.begin ? gathering.end - gathering.begin : 0;
	profile->cpus = sysconf(_SC_NPROCESSORS_ONLN);
	profile->kernel = uname(&name) ? NULL : strdup(name.release);
	err = list_waits(&gathering);
	if (!err)
		err = list_calls(&gathering);
	if (!err)
		err = list_leads(&gathering);
	if (!err)
		err = fill_processes(&gathering);
	if (!err)
		err = audit__fill(profile, session);
out:
	free(gathering.leads);
	free(gathering.waits);
	free(gathering.calls);
	sources__close(&gathering.sources);
	return err;
}
