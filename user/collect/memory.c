// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "collect/memory.h"

#define MILLISECOND 1000000ULL
/* When it is looked for the first time; each interval is half as long again as the one before. */
#define FIRST_LOOK (30 * MILLISECOND)
#define LAST_PAUSE (5000 * MILLISECOND)
/* A pause is at least so many times as long as the CPU time of the look before it. */
#define PAUSE_TO_LOOK 128

/* The most that was seen of a process. */
struct footprint {
	int tgid;
	uint64_t reserved, resident;
};

struct memory {
	const struct session *session;
	struct footprint *seen; /* by tgid */
	size_t count;
	uint64_t next; /* look; 0: the first step decides */
	uint64_t pause;
	size_t page;
};

/* A thread that lives. */
struct place {
	int tgid;
	uint64_t stack; /* pointer */
};

struct memory *memory__new(const struct session *session)
{
	struct memory *memory = calloc(1, sizeof(*memory));

	if (memory)
		*memory = (struct memory){.session = session,
					  .pause = FIRST_LOOK,
					  .page = (size_t)sysconf(_SC_PAGESIZE)};
	return memory;
}

void memory__free(struct memory *memory)
{
	if (memory)
		free(memory->seen);
	free(memory);
}

static int by_tgid(const void *a, const void *b)
{
	const struct footprint *left = a, *right = b;

	return (left->tgid > right->tgid) - (left->tgid < right->tgid);
}

static void keep_the_largest(struct memory *memory, const struct footprint *found)
{
	struct footprint *known = NULL, *grown;

	if (memory->count)
		known = bsearch(found, memory->seen, memory->count, sizeof(*found), by_tgid);
	if (known) {
		if (found->reserved > known->reserved)
			known->reserved = found->reserved;
		if (found->resident > known->resident)
			known->resident = found->resident;
		return;
	}
	grown = reallocarray(memory->seen, memory->count + 1, sizeof(*grown));
	if (!grown)
		return; /* not known, then */
	memory->seen = grown;
	grown[memory->count++] = *found;
	qsort(grown, memory->count, sizeof(*grown), by_tgid);
}

/* --- one process ------------------------------------------------------------------------------ */

/* A page has 8 bytes in /proc/PID/pagemap; the topmost bit says that it is in memory. */
#define PAGE_PRESENT (1ULL << 63)
#define CHUNK_PAGES  512

/*
 * Bytes of a stack that are in memory. Stacks grow down, so it is looked from the top until a whole
 * chunk (2 MiB) below the stack pointer has nothing: to look at all of what thousands of threads
 * have reserved would take long.
 */
static uint64_t resident_bytes(int pagemap, uint64_t start, uint64_t end, uint64_t stack,
			       size_t page)
{
	uint64_t entries[CHUNK_PAGES], pages = 0;

	while (end > start) {
		uint64_t length =
			end - start < CHUNK_PAGES * page ? end - start : CHUNK_PAGES * page;
		uint64_t found = 0;
		ssize_t got;

		end -= length;
		got = pread(pagemap, entries, length / page * sizeof(entries[0]),
			    (off_t)(end / page * sizeof(entries[0])));
		for (ssize_t i = 0; i < got / (ssize_t)sizeof(entries[0]); i++)
			found += (entries[i] & PAGE_PRESENT) != 0;
		pages += found;
		if (!found && end <= stack)
			break;
	}
	return pages * page;
}

/* A line of /proc/PID/maps: private, writable, and nobody's by name but a stack's. */
static bool may_be_stack(const char *line, uint64_t *start, uint64_t *end)
{
	char permissions[5];
	int name = 0;

	if (sscanf(line, "%lx-%lx %4s %*s %*s %*s %n", start, end, permissions, &name) < 3)
		return false;
	return permissions[1] == 'w' && permissions[3] == 'p' && !strstr(line + name, "[heap]");
}

/* The stacks in one mapping: what several threads have theirs in is none of them's. */
static void take_mapping(const struct memory *memory, struct footprint *found, int pagemap,
			 const struct place *places, size_t count, uint64_t start, uint64_t end)
{
	if (count != 1)
		return;
	found->reserved += end - start;
	found->resident += resident_bytes(pagemap, start, end, places->stack, memory->page);
}

/* `places` are the threads of one process, by stack pointer: mappings come in that order, too. */
static void look_at_process(struct memory *memory, const struct place *places, size_t count)
{
	struct footprint found = {.tgid = places->tgid};
	char path[40], *line = NULL;
	size_t room = 0, at = 0;
	uint64_t start, end;
	int pagemap;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", places->tgid);
	pagemap = open(path, O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/%d/maps", places->tgid);
	maps = fopen(path, "re");
	while (pagemap >= 0 && maps && at < count && getline(&line, &room, maps) > 0) {
		size_t first, inside = 0;

		if (!may_be_stack(line, &start, &end))
			continue;
		while (at < count && places[at].stack < start)
			at++;
		for (first = at; at < count && places[at].stack < end; at++)
			inside++;
		take_mapping(memory, &found, pagemap, &places[first], inside, start, end);
	}
	free(line);
	if (maps)
		fclose(maps);
	if (pagemap >= 0)
		close(pagemap);
	if (found.reserved)
		keep_the_largest(memory, &found);
}

/* --- all of them ------------------------------------------------------------------------------ */

static int by_process(const void *a, const void *b)
{
	const struct place *left = a, *right = b;

	if (left->tgid != right->tgid)
		return left->tgid < right->tgid ? -1 : 1;
	return (left->stack > right->stack) - (left->stack < right->stack);
}

static bool has_stack(const struct thread_row *row)
{
	return row->task && row->ledger.start && row->stack &&
	       !(row->flags &
		 (THREAD_ENDED | THREAD_HELD | THREAD_EXITING | THREAD_KTHREAD | THREAD_IO_WORKER));
}

/* The threads that live, by process. NULL if there are none. */
static struct place *list_places(const struct memory *memory, size_t *count)
{
	struct place *places;
	struct rows rows;

	*count = 0;
	if (session__rows(memory->session, POOL_THREADS, &rows))
		return NULL;
	places = calloc(rows.used + 1, sizeof(*places));
	for (uint32_t i = 1; places && i <= rows.used; i++) {
		const struct thread_row *row = rows__at(&rows, i);

		if (has_stack(row))
			places[(*count)++] = (struct place){(int)row->tgid, row->stack};
	}
	if (places && *count)
		qsort(places, *count, sizeof(*places), by_process);
	return places;
}

void memory__look(struct memory *memory)
{
	size_t count, first, next;
	struct place *places;

	if (!memory)
		return;
	places = list_places(memory, &count);
	for (first = 0; places && first < count; first = next) {
		for (next = first + 1; next < count; next++)
			if (places[next].tgid != places[first].tgid)
				break;
		look_at_process(memory, &places[first], next - first);
	}
	free(places);
}

static uint64_t own_cpu(void)
{
	struct timespec time;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return (uint64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

void memory__step(struct memory *memory, uint64_t now)
{
	uint64_t before, pause;

	if (!memory)
		return;
	if (!memory->next)
		memory->next = now + FIRST_LOOK;
	if (now < memory->next)
		return;
	before = own_cpu();
	memory__look(memory);
	pause = (own_cpu() - before) * PAUSE_TO_LOOK;
	if (pause < memory->pause)
		pause = memory->pause;
	memory->next = session__now() + pause;
	memory->pause += memory->pause / 2;
	if (memory->pause > LAST_PAUSE)
		memory->pause = LAST_PAUSE;
}

void memory__tell(const struct memory *memory, struct profile *profile, uint32_t kernel_stack)
{
	for (size_t i = 0; i < profile->process_count; i++) {
		struct process *process = &profile->processes[i];
		struct footprint wanted = {.tgid = process->pid};
		const struct footprint *known = NULL;

		process->cost.kernel_stack = (uint64_t)process->threads_max * kernel_stack;
		if (memory && memory->count)
			known = bsearch(&wanted, memory->seen, memory->count, sizeof(wanted),
					by_tgid);
		if (!known)
			continue;
		process->cost.stacks_known = true;
		process->cost.stack_reserved = known->reserved;
		process->cost.stack_resident = known->resident;
	}
}
