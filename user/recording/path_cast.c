// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "recording/path_cast.h"

int path_cast__init(struct path_cast *names)
{
	struct path_cause *cause;

	*names = (struct path_cast){0};
	names->lives.size = sizeof(struct path_thread);
	names->causes.size = sizeof(struct path_cause);
	if (!grown__at(&names->lives, 0))
		return -ENOMEM;
	for (uint32_t kind = 0; kind < PATH_CAUSES; kind++) {
		cause = grown__at(&names->causes, kind);
		if (!cause)
			return -ENOMEM;
		cause->kind = kind;
	}
	return 0;
}

static struct path_cause *cause_at(const struct path_cast *names, uint32_t number)
{
	return &((struct path_cause *)names->causes.base)[number];
}

void path_cast__clear(struct path_cast *names)
{
	for (uint32_t i = 0; i < names->causes.room; i++)
		free(cause_at(names, i)->object);
	free(names->causes.base);
	free(names->lives.base);
	free(names->places);
	*names = (struct path_cast){0};
}

bool path_cast__life(struct path_cast *names, const struct identity_thread *thread, uint32_t *life)
{
	*life = grown__add(&names->lives);
	if (*life)
		path_cast__rename(names, *life, thread);
	return *life;
}

void path_cast__rename(struct path_cast *names, uint32_t life, const struct identity_thread *thread)
{
	struct path_thread *known = &((struct path_thread *)names->lives.base)[life];

	if (!life)
		return;
	known->pid = (int)thread->tgid;
	known->tid = (int)thread->tid;
	memcpy(known->comm, thread->comm, sizeof(known->comm));
}

/* --- causes ------------------------------------------------------------------------------------
 */

static uint32_t hash_of(const struct path_cause *cause)
{
	uint32_t hash = 2166136261U ^ (uint32_t)cause->class ^ (uint32_t)cause->waker << 8;

	for (const char *at = cause->syscall; at && *at; at++)
		hash = (hash ^ (unsigned char)*at) * 16777619U;
	for (const char *at = cause->object; at && *at; at++)
		hash = (hash ^ (unsigned char)*at) * 16777619U;
	return hash;
}

static bool is_same_text(const char *left, const char *right)
{
	return left && right ? strcmp(left, right) == 0 : left == right;
}

static bool is_same(const struct path_cause *left, const struct path_cause *right)
{
	return left->known == right->known && left->class == right->class &&
	       left->waker == right->waker && is_same_text(left->syscall, right->syscall) &&
	       is_same_text(left->object, right->object);
}

/* Where it is, or would be. */
static uint32_t *place_of(const struct path_cast *names, const struct path_cause *cause)
{
	uint32_t at = hash_of(cause);

	while (names->places[at & (names->room - 1)] &&
	       !is_same(cause_at(names, names->places[at & (names->room - 1)]), cause))
		at++;
	return &names->places[at & (names->room - 1)];
}

static bool make_room(struct path_cast *names)
{
	struct path_cast larger = *names;

	if (names->causes.used * 2 < names->room)
		return true;
	larger.room = names->room ? names->room * 2 : 64;
	larger.places = calloc(larger.room, sizeof(*larger.places));
	if (!larger.places)
		return false;
	for (uint32_t i = PATH_CAUSES; i <= names->causes.used; i++)
		*place_of(&larger, cause_at(names, i)) = i;
	free(names->places);
	names->places = larger.places;
	names->room = larger.room;
	return true;
}

static uint32_t add_cause(struct path_cast *names, const struct path_cause *cause)
{
	char *object = cause->object ? strdup(cause->object) : NULL;
	uint32_t number = object || !cause->object ? grown__add(&names->causes) : 0;

	if (!number) {
		free(object);
		return 0;
	}
	*cause_at(names, number) = *cause;
	cause_at(names, number)->object = object;
	return number;
}

bool path_cast__sleep(struct path_cast *names, struct cast *cast, uint32_t row,
		      enum waker_kind waker, uint32_t *number)
{
	const struct wait_words *words = cast__words(cast, row);
	struct path_cause cause = {.kind = PATH_ASLEEP, .waker = waker};
	uint32_t *place;

	if (words) {
		cause.known = true;
		cause.class = words->class;
		cause.syscall = words->syscall;
		cause.object = words->object;
	}
	if (!make_room(names))
		return false;
	place = place_of(names, &cause);
	if (!*place)
		*place = add_cause(names, &cause);
	*number = *place;
	return *number;
}

/* --- in words ----------------------------------------------------------------------------------
 */

static int compare_rows(const void *left, const void *right)
{
	const struct path_row *a = left, *b = right;

	if (a->time != b->time)
		return (a->time < b->time) - (a->time > b->time);
	if (a->thread != b->thread)
		return (a->thread > b->thread) - (a->thread < b->thread);
	return (a->cause > b->cause) - (a->cause < b->cause);
}

/* Numbers of lives or causes as they are in the path: only those that a row has. */
static uint32_t *renumber(const struct path_sums *sums, uint32_t count, int shift, size_t *used)
{
	uint32_t *own = calloc(count + 1UL, sizeof(*own)); /* + 1: 0 is none */

	*used = 0;
	for (uint32_t i = 0; own && i < sums->room; i++) {
		uint32_t number = (uint32_t)(sums->places[i].key >> shift);

		if (sums->places[i].count && !own[number])
			own[number] = (uint32_t)++ * used;
	}
	return own;
}

static int copy_causes(const struct path_cast *names, const uint32_t *own,
		       struct critical_path *path)
{
	path->causes = calloc(path->cause_count + 1, sizeof(*path->causes));
	for (uint32_t i = 0; path->causes && i <= names->causes.used; i++) {
		struct path_cause *cause = own[i] ? &path->causes[own[i] - 1] : NULL;

		if (!cause)
			continue;
		*cause = *cause_at(names, i);
		cause->object = cause->object ? strdup(cause->object) : NULL;
		if (!cause->object && cause_at(names, i)->object)
			return -ENOMEM;
	}
	return path->causes ? 0 : -ENOMEM;
}

static int copy_threads(const struct path_cast *names, const uint32_t *own,
			struct critical_path *path)
{
	path->threads = calloc(path->thread_count + 1, sizeof(*path->threads));
	for (uint32_t i = 0; path->threads && i <= names->lives.used; i++)
		if (own[i])
			path->threads[own[i] - 1] = ((struct path_thread *)names->lives.base)[i];
	return path->threads ? 0 : -ENOMEM;
}

static int fill_rows(const struct path_sums *sums, const uint32_t *lives, const uint32_t *causes,
		     struct critical_path *path)
{
	path->rows = calloc(sums->used + 1UL, sizeof(*path->rows));
	if (!path->rows)
		return -ENOMEM;
	for (uint32_t i = 0; i < sums->room; i++) {
		const struct path_sum *sum = &sums->places[i];

		if (sum->count)
			path->rows[path->row_count++] = (struct path_row){
				.thread = &path->threads[lives[sum->key >> 32] - 1],
				.cause = &path->causes[causes[(uint32_t)sum->key] - 1],
				.time = sum->time,
				.longest = sum->longest,
				.count = sum->count,
			};
	}
	qsort(path->rows, path->row_count, sizeof(*path->rows), compare_rows);
	return 0;
}

int path_cast__tell(const struct path_cast *names, const struct path_sums *sums,
		    struct critical_path **result)
{
	struct critical_path *path = calloc(1, sizeof(*path));
	uint32_t *lives = NULL, *causes = NULL;
	int err = -ENOMEM;

	if (path) {
		lives = renumber(sums, names->lives.used, 32, &path->thread_count);
		causes = renumber(sums, names->causes.used, 0, &path->cause_count);
	}
	if (lives && causes)
		err = copy_causes(names, causes, path);
	if (!err)
		err = copy_threads(names, lives, path);
	if (!err)
		err = fill_rows(sums, lives, causes, path);
	free(lives);
	free(causes);
	if (err)
		critical_path__free(path);
	else
		*result = path;
	return err;
}
