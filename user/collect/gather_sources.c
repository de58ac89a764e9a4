// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The rows, and what did not fit in them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>

#include "collect/gather_rows.h"

static int compare_wakers(const void *a, const void *b)
{
	const struct overflow_waker *left = a, *right = b;

	return (left->wait > right->wait) - (left->wait < right->wait);
}

static int compare_errnos(const void *a, const void *b)
{
	const struct overflow_errno *left = a, *right = b;

	return (left->call > right->call) - (left->call < right->call);
}

/* Makes room for one more in an array that grows by doubling. NULL without memory. */
static void *grow(void *array, size_t count, size_t size)
{
	if (count & (count - 1))
		return array; /* no power of two: there is room */
	return reallocarray(array, count ? count * 2 : 1, size);
}

static int read_wakers(struct sources *sources, int fd)
{
	struct waker_key key, *last = NULL;
	struct overflow_waker *entry;
	void *grown;

	while (!bpf_map_get_next_key(fd, last, &key)) {
		last = &key;
		grown = grow(sources->wakers, sources->waker_count, sizeof(*entry));
		if (!grown)
			return -ENOMEM;
		sources->wakers = grown;
		entry = &sources->wakers[sources->waker_count];
		entry->wait = key.wait;
		if (!bpf_map_lookup_elem(fd, &key, &entry->waker))
			sources->waker_count++;
	}
	if (sources->waker_count)
		qsort(sources->wakers, sources->waker_count, sizeof(*entry), compare_wakers);
	return 0;
}

static int read_errnos(struct sources *sources, int fd)
{
	struct errno_key key, *last = NULL;
	struct overflow_errno *entry;
	void *grown;

	while (!bpf_map_get_next_key(fd, last, &key)) {
		last = &key;
		grown = grow(sources->errnos, sources->errno_count, sizeof(*entry));
		if (!grown)
			return -ENOMEM;
		sources->errnos = grown;
		entry = &sources->errnos[sources->errno_count];
		entry->call = key.call;
		entry->number = key.number;
		if (!bpf_map_lookup_elem(fd, &key, &entry->count))
			sources->errno_count++;
	}
	if (sources->errno_count)
		qsort(sources->errnos, sources->errno_count, sizeof(*entry), compare_errnos);
	return 0;
}

int sources__open(struct sources *sources, const struct session *session)
{
	int err = 0;

	memset(sources, 0, sizeof(*sources));
	for (int i = 0; i < POOLS && !err; i++)
		err = session__rows(session, i, &sources->pools[i]);
	if (!err)
		err = read_wakers(sources, session__wakers_fd(session));
	if (!err)
		err = read_errnos(sources, session__errnos_fd(session));
	return err;
}

void sources__close(struct sources *sources)
{
	free(sources->wakers);
	free(sources->errnos);
	memset(sources, 0, sizeof(*sources));
}
