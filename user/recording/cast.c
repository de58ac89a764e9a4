// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "names/tasks.h"
#include "recording/cast.h"
#include "recording/grown.h"

/* What a wait row stands for, and its words once they are made. */
struct part {
	struct wait_key key;
	struct wait_words words;
	bool known, worded;
};

struct known_task {
	struct identity_task task;
	bool asked;
};

struct known_thread {
	struct identity_thread thread;
	bool known;
};

/* Thread ids are few, and go up to millions: by parts, of which there are those that are needed. */
#define TASKS_PART 1024

struct cast {
	const struct rows *pools; /* NULL: from a recording */
	struct rows copies[POOLS];
	struct grown threads, waits, objects, processes;
	struct known_task *tasks[ROWS_MOST / TASKS_PART + 1];
};

struct cast *cast__new(const struct rows pools[POOLS])
{
	struct cast *cast = calloc(1, sizeof(*cast));

	if (!cast)
		return NULL;
	cast->threads.size = sizeof(struct known_thread);
	cast->waits.size = sizeof(struct part);
	cast->objects.size = sizeof(struct object_row);
	cast->processes.size = sizeof(uint32_t);
	if (pools) {
		memcpy(cast->copies, pools, sizeof(cast->copies));
		cast->pools = cast->copies;
	}
	return cast;
}

void cast__free(struct cast *cast)
{
	if (!cast)
		return;
	for (uint32_t i = 0; i < cast->waits.room; i++)
		free(((struct part *)cast->waits.base)[i].words.object);
	free(cast->threads.base);
	free(cast->waits.base);
	free(cast->objects.base);
	free(cast->processes.base);
	for (size_t i = 0; i < sizeof(cast->tasks) / sizeof(cast->tasks[0]); i++)
		free(cast->tasks[i]);
	free(cast);
}

/* So much of an identity as there is, over a row. */
static void copy(void *row, size_t size, const void *bytes, size_t length)
{
	memset(row, 0, size);
	memcpy(row, bytes, length < size ? length : size);
}

static int take_wait(struct cast *cast, const struct reader_item *item)
{
	struct part *part = grown__at(&cast->waits, item->number);

	if (!part)
		return grown__error(item->number);
	free(part->words.object);
	copy(&part->key, sizeof(part->key), item->bytes, item->length);
	wait_key__make_safe(&part->key);
	part->words = (struct wait_words){0};
	part->worded = false;
	part->known = true;
	return 0;
}

static int take_object(struct cast *cast, const struct reader_item *item)
{
	struct object_row *row = grown__at(&cast->objects, item->number);

	if (!row)
		return grown__error(item->number);
	copy(row, sizeof(*row), item->bytes, item->length);
	object_row__make_safe(row);
	return 0;
}

static int take_thread(struct cast *cast, const struct reader_item *item)
{
	struct known_thread *known = grown__at(&cast->threads, item->number);

	if (!known)
		return grown__error(item->number);
	copy(&known->thread, sizeof(known->thread), item->bytes, item->length);
	known->thread.tid = task_id__safe(known->thread.tid);
	known->thread.tgid = task_id__safe(known->thread.tgid);
	known->thread.ppid = task_id__safe(known->thread.ppid);
	known->thread.comm[sizeof(known->thread.comm) - 1] = '\0';
	known->known = true;
	return 0;
}

/* NULL: grown__error(); or it is not there, and not to be made. */
static struct known_task *task_at(struct cast *cast, uint32_t tid, bool make)
{
	struct known_task **part;

	if (tid >= ROWS_MOST)
		return NULL;
	part = &cast->tasks[tid / TASKS_PART];
	if (!*part && make)
		*part = calloc(TASKS_PART, sizeof(**part));
	return *part ? *part + tid % TASKS_PART : NULL;
}

static int take_task(struct cast *cast, const struct reader_item *item)
{
	struct known_task *known = task_at(cast, item->number, true);

	if (!known)
		return grown__error(item->number);
	copy(&known->task, sizeof(known->task), item->bytes, item->length);
	known->task.pid = task_id__safe(known->task.pid);
	known->task.comm[sizeof(known->task.comm) - 1] = '\0';
	known->asked = true;
	return 0;
}

static int take_process(struct cast *cast, const struct reader_item *item)
{
	uint32_t *pid = grown__at(&cast->processes, item->number);

	if (!pid)
		return grown__error(item->number);
	copy(pid, sizeof(*pid), item->bytes, item->length);
	*pid = task_id__safe(*pid);
	return 0;
}

int cast__take(struct cast *cast, const struct reader_item *item)
{
	if (item->kind != READER_IDENTITY)
		return 0;
	switch (item->pool) {
	case POOL_THREADS:
		return take_thread(cast, item);
	case POOL_WAITS:
		return take_wait(cast, item);
	case POOL_OBJECTS:
		return take_object(cast, item);
	case POOL_PROCESSES:
		return take_process(cast, item);
	case IDENTITY_TASK:
		return take_task(cast, item);
	}
	return 0;
}

bool cast__names_anew(const struct stream_event *event)
{
	if (event->kind == STREAM_SWITCH)
		return event->thread && (event->flags & STREAM_OUT_MASK) == LEDGER_EVENT_ENDED;
	return event->kind == STREAM_EXEC || event->kind == STREAM_RENAME;
}

static const void *session_row(const struct cast *cast, enum pool pool, uint32_t number)
{
	return number && number < cast->pools[pool].capacity ? rows__at(&cast->pools[pool], number)
							     : NULL;
}

const struct identity_thread *cast__thread(struct cast *cast, uint32_t number)
{
	struct known_thread *known;
	const struct thread_row *row;

	if (!cast->pools) {
		known = number && number <= cast->threads.used ? grown__at(&cast->threads, number)
							       : NULL;
		return known && known->known ? &known->thread : NULL;
	}
	row = session_row(cast, POOL_THREADS, number);
	known = row && row->task ? grown__at(&cast->threads, number) : NULL;
	if (!known)
		return NULL;
	known->thread = (struct identity_thread){
		.tid = row->tid,
		.tgid = row->tgid,
		.ppid = row->ppid,
		.flags = row->flags,
		.executable = row->executable,
		.process = row->process,
	};
	memcpy(known->thread.comm, row->comm, sizeof(known->thread.comm));
	return &known->thread;
}

const struct identity_task *cast__task(struct cast *cast, uint32_t tid)
{
	struct known_task *known;

	known = tid ? task_at(cast, tid, cast->pools != NULL) : NULL;
	if (!known)
		return NULL;
	if (cast->pools && !known->asked) {
		known->task.pid = tasks__name(tid, known->task.comm, sizeof(known->task.comm));
		known->asked = true;
	}
	return known->task.pid ? &known->task : NULL;
}

const struct object_row *cast__object(struct cast *cast, uint32_t number)
{
	if (cast->pools)
		return session_row(cast, POOL_OBJECTS, number);
	return number && number <= cast->objects.used ? grown__at(&cast->objects, number) : NULL;
}

/* The part of a wait row; of a session, a row that was given to another is noticed here. */
static struct part *part_of(struct cast *cast, uint32_t number)
{
	const struct wait_row *row;
	struct part *part;

	if (!cast->pools) {
		part = number && number <= cast->waits.used ? grown__at(&cast->waits, number)
							    : NULL;
		return part && part->known ? part : NULL;
	}
	row = session_row(cast, POOL_WAITS, number);
	part = row ? grown__at(&cast->waits, number) : NULL;
	if (!part)
		return NULL;
	if (memcmp(&part->key, &row->key, sizeof(part->key)) != 0) {
		free(part->words.object);
		*part = (struct part){.key = row->key};
	}
	return part;
}

const struct wait_key *cast__wait(struct cast *cast, uint32_t number)
{
	const struct part *part = part_of(cast, number);

	return part ? &part->key : NULL;
}

const struct wait_words *cast__words(struct cast *cast, uint32_t number)
{
	struct part *part = part_of(cast, number);

	if (part && !part->worded) {
		if (wait_words__of(&part->words, &part->key, cast__object(cast, part->key.object)))
			return NULL;
		part->worded = true;
	}
	return part ? &part->words : NULL;
}

uint32_t cast__process(struct cast *cast, uint32_t number)
{
	const struct process_row *row;

	if (!cast->pools)
		return number && number <= cast->processes.used
			       ? *(uint32_t *)grown__at(&cast->processes, number)
			       : 0;
	row = session_row(cast, POOL_PROCESSES, number);
	return row ? row->tgid : 0;
}
