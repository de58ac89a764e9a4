/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A recording as tables of SQLite (docs/sqlite.md): what is counted goes in one by one, who it was
 * at the end.
 *
 *   sqlite__new -> rebuild__listen(sqlite__listener()) -> sqlite__finish -> sqlite__free
 */
#ifndef WAITSCOPE_RECORDING_SQLITE_H
#define WAITSCOPE_RECORDING_SQLITE_H

#include <stdint.h>

#include "model/profile.h"
#include "model/rows.h"
#include "recording/rebuild.h"
#include "recording/story.h"

#define SQLITE_TABLES_SCHEMA "waitscope-sqlite/1"

struct sqlite;

/* In an empty file of that name. 0, -ENOMEM, or -ECANCELED: sqlite__problem() says why. `sqlite` is
 * to be freed either way. */
int sqlite__new(struct sqlite **sqlite, const char *path);
void sqlite__free(struct sqlite *sqlite);

struct rebuild_listener sqlite__listener(struct sqlite *sqlite);

/* What the rest is taken from. */
struct sqlite_rest {
	const struct rebuild *rebuild;
	const struct sources *sources;
	const struct profile *profile;
	const struct story *story;
	uint64_t clock; /* CLOCK_REALTIME is so many ns ahead */
};

/* The rest, indexes and views; the file is complete then. 0 or a negative errno. */
int sqlite__finish(struct sqlite *sqlite, const struct sqlite_rest *rest);

const char *sqlite__problem(const struct sqlite *sqlite);

#endif
