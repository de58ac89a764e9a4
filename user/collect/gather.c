// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Processes from threads, those that live and those that are gone. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "collect/audit.h"
#include "collect/elf_symbols.h"
#include "collect/gather.h"
#include "collect/gather_processes.h"
#include "collect/gather_threads.h"
#include "collect/process_sums.h"
#include "collect/recycle.h"

struct gatherer {
	struct session *session; /* NULL: from `given` and its facts */
	const struct sources *given;
	struct trace_facts facts; /* known at the end */
	enum tier tier;
	enum target_kind target;
	uint64_t begin; /* of the window; 0: not known yet */
	struct member *members;
	size_t count, room;
	struct notebook notebook;
	struct stack_collector *stacks; /* NULL: none */
};

struct gatherer *gatherer__new(struct session *session, enum tier tier, enum target_kind target)
{
	struct gatherer *gatherer = calloc(1, sizeof(*gatherer));

	if (gatherer)
		*gatherer = (struct gatherer){.session = session, .tier = tier, .target = target};
	return gatherer;
}

void gatherer__collect_stacks(struct gatherer *gatherer, struct stack_collector *stacks)
{
	gatherer->stacks = stacks;
}

struct gatherer *gatherer__of_rows(const struct sources *given, const struct trace_facts *facts,
				   enum tier tier, enum target_kind target)
{
	struct gatherer *gatherer = gatherer__new(NULL, tier, target);

	if (gatherer) {
		gatherer->given = given;
		gatherer->facts = *facts;
	}
	return gatherer;
}

void gatherer__free(struct gatherer *gatherer)
{
	if (!gatherer)
		return;
	for (size_t i = 0; i < gatherer->count; i++)
		member__clear(&gatherer->members[i]);
	free(gatherer->members);
	notebook__clear(&gatherer->notebook);
	free(gatherer);
}

/* A command's window begins with its exec, everything else's with the attachment. */
static uint64_t window_begin(const struct look *look, uint64_t attached, enum target_kind target)
{
	const struct rows *rows = &look->sources.pools[POOL_THREADS];
	uint64_t first = 0;

	for (uint32_t i = 1; target == TARGET_COMMAND && i <= rows->used; i++) {
		const struct thread_row *row = rows__at(rows, i);

		if (look__has_thread(look, i) && (!first || row->ledger.start < first))
			first = row->ledger.start;
	}
	return first ? first : attached;
}

static int open_look(struct gatherer *gatherer, struct look *look, uint64_t end)
{
	int err;

	*look = (struct look){.tier = gatherer->tier, .end = end, .stacks = gatherer->stacks};
	err = look__open(look, gatherer->session, gatherer->given);
	if (!err && !gatherer->begin)
		gatherer->begin =
			window_begin(look,
				     gatherer->session ? session__attached_at(gatherer->session)
						       : gatherer->facts.attached_at,
				     gatherer->target);
	look->begin = gatherer->begin;
	return err;
}

static int add_member(struct gatherer *gatherer, const struct look *look, uint32_t number)
{
	size_t room = gatherer->room ? gatherer->room * 2 : 64;
	struct member *members;

	if (gatherer->count == gatherer->room) {
		members = reallocarray(gatherer->members, room, sizeof(*members));
		if (!members)
			return -ENOMEM;
		gatherer->members = members;
		gatherer->room = room;
	}
	return member__from_row(&gatherer->members[gatherer->count++], look, number);
}

/* A row that ended this long ago is touched by no program any more. */
#define SETTLED_NS 50000000

int gatherer__reap(struct gatherer *gatherer, uint64_t told)
{
	uint64_t now = session__now(), until = now - SETTLED_NS < told ? now - SETTLED_NS : told;
	const struct rows *rows;
	struct look look;
	int err;

	err = open_look(gatherer, &look, now);
	rows = &look.sources.pools[POOL_THREADS];
	for (uint32_t i = 1; i <= rows->used && !err; i++) {
		const struct thread_row *row = rows__at(rows, i);

		if (!look__has_thread(&look, i) || !(row->flags & THREAD_ENDED) ||
		    row->ledger.at >= until)
			continue;
		err = add_member(gatherer, &look, i);
		if (!err)
			err = recycle__thread(gatherer->session, &look, i);
	}
	if (!err)
		err = notebook__reap(&gatherer->notebook, gatherer->session, &look);
	look__close(&look);
	return err;
}

static int compare_members(const void *a, const void *b)
{
	const struct member *left = a, *right = b;

	if (left->tgid != right->tgid)
		return left->tgid < right->tgid ? -1 : 1;
	return (left->start > right->start) - (left->start < right->start);
}

/* The name of a process is its main thread's; of one that execs, the last. */
static int fill_identity(struct process *process, struct member *members, size_t count)
{
	struct member *main_member = &members[0];

	for (size_t i = 0; i < count; i++)
		if (members[i].tid == members[i].tgid)
			main_member = &members[i];
	process->pid = main_member->tgid;
	process->ppid = main_member->ppid;
	process->kernel_thread = main_member->flags & THREAD_KTHREAD;
	process->comm = strndup(main_member->comm, sizeof(main_member->comm));
	process->exe = main_member->executable;
	main_member->executable = NULL;
	process->static_binary = process->exe && elf__is_static(process->exe);
	return process->comm ? 0 : -ENOMEM;
}

static int fill_process(struct process *process, struct gatherer *gatherer, struct member *members,
			size_t count)
{
	int err = fill_identity(process, members, count);

	process->threads = calloc(count, sizeof(*process->threads));
	if (!process->threads)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		process->threads[process->thread_count++] = members[i].thread;
		memset(&members[i].thread, 0, sizeof(members[i].thread)); /* it has an owner */
	}
	if (!err)
		err = notebook__tell(&gatherer->notebook, process);
	process->concurrency.max_known = process->parallelism.max_known =
		gatherer->tier == TIER_FULL;
	return err ? err : process__add_up(process);
}

static int fill_processes(struct gatherer *gatherer, struct profile *profile)
{
	struct member *members = gatherer->members;
	size_t first = 0, next;
	int err = 0;

	if (gatherer->count)
		qsort(members, gatherer->count, sizeof(*members), compare_members);
	profile->processes = calloc(gatherer->count + 1, sizeof(*profile->processes));
	if (!profile->processes)
		return -ENOMEM;
	for (; first < gatherer->count && !err; first = next) {
		for (next = first + 1; next < gatherer->count; next++)
			if (members[next].tgid != members[first].tgid)
				break;
		err = fill_process(&profile->processes[profile->process_count++], gatherer,
				   &members[first], next - first);
	}
	processes__sort(profile->processes, profile->process_count);
	return err;
}

static int add_the_rest(struct gatherer *gatherer)
{
	struct look look;
	int err;

	err = open_look(gatherer, &look, gatherer->facts.ended_at);
	for (uint32_t i = 1; i <= look.sources.pools[POOL_THREADS].used && !err; i++)
		if (look__has_thread(&look, i))
			err = add_member(gatherer, &look, i);
	if (!err)
		err = notebook__finish(&gatherer->notebook, &look);
	look__close(&look);
	return err;
}

int gatherer__finish(struct gatherer *gatherer, struct profile *profile)
{
	struct utsname name;
	uint64_t end;
	int err;

	if (gatherer->session)
		session__facts(gatherer->session, &gatherer->facts);
	end = gatherer->facts.ended_at;
	err = add_the_rest(gatherer);
	profile->window = end > gatherer->begin ? end - gatherer->begin : 0;
	if (gatherer->session) {
		profile->cpus = sysconf(_SC_NPROCESSORS_ONLN);
		profile->kernel = uname(&name) ? NULL : strdup(name.release);
	}
	if (!err)
		err = fill_processes(gatherer, profile);
	return err ? err : audit__fill(profile, &gatherer->facts);
}
