// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recording/sqlite_internal.h"

static const struct {
	const char *name;
	int columns;
} tables[TABLES] = {
	[TABLE_META] = {"meta", 2},	   [TABLE_PROCESSES] = {"processes", 11},
	[TABLE_THREADS] = {"threads", 20}, [TABLE_TASKS] = {"tasks", 3},
	[TABLE_KINDS] = {"kinds", 7},	   [TABLE_WAITS] = {"waits", 12},
	[TABLE_CALLS] = {"calls", 12},	   [TABLE_WAKINGS] = {"wakings", 8},
	[TABLE_SLICES] = {"slices", 6},	   [TABLE_REQUESTS] = {"requests", 7},
	[TABLE_LOSSES] = {"losses", 4},
};

static int note(struct sqlite *sqlite, int code)
{
	if (code == SQLITE_OK || code == SQLITE_DONE)
		return 0;
	if (!sqlite->problem[0])
		snprintf(sqlite->problem, sizeof(sqlite->problem), "%s",
			 sqlite->base ? sqlite3_errmsg(sqlite->base) : sqlite3_errstr(code));
	return code == SQLITE_NOMEM ? -ENOMEM : -ECANCELED;
}

int sqlite__do(struct sqlite *sqlite, const char *statements)
{
	return note(sqlite, sqlite3_exec(sqlite->base, statements, NULL, NULL, NULL));
}

static int prepare(struct sqlite *sqlite, enum table table)
{
	char text[160];
	int length = snprintf(text, sizeof(text), "INSERT INTO %s VALUES (?", tables[table].name);

	for (int i = 1; i < tables[table].columns; i++)
		length += snprintf(text + length, sizeof(text) - length, ",?");
	snprintf(text + length, sizeof(text) - length, ")");
	return note(sqlite,
		    sqlite3_prepare_v2(sqlite->base, text, -1, &sqlite->inserts[table], NULL));
}

int sqlite__new(struct sqlite **result, const char *path)
{
	struct sqlite *sqlite = calloc(1, sizeof(*sqlite));
	int err;

	*result = sqlite;
	if (!sqlite)
		return -ENOMEM;
	err = note(sqlite, sqlite3_open_v2(path, &sqlite->base,
					   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL));
	/* who gives it its name when it is whole needs no journal */
	if (!err)
		err = sqlite__do(sqlite, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
					 "PRAGMA cache_size = -65536; BEGIN;");
	if (!err)
		err = sqlite__do(sqlite, sqlite__tables);
	for (int i = 0; i < TABLES && !err; i++)
		err = prepare(sqlite, i);
	return err;
}

static void close_base(struct sqlite *sqlite)
{
	for (int i = 0; i < TABLES; i++) {
		sqlite3_finalize(sqlite->inserts[i]);
		sqlite->inserts[i] = NULL;
	}
	sqlite3_close(sqlite->base);
	sqlite->base = NULL;
}

void sqlite__free(struct sqlite *sqlite)
{
	if (!sqlite)
		return;
	close_base(sqlite);
	free(sqlite);
}

const char *sqlite__problem(const struct sqlite *sqlite)
{
	return sqlite->problem;
}

int sqlite__complete(struct sqlite *sqlite)
{
	int err = sqlite__do(sqlite, sqlite__indexes);

	if (!err)
		err = sqlite__do(sqlite, sqlite__views);
	if (!err)
		err = sqlite__do(sqlite, "COMMIT; PRAGMA optimize;");
	close_base(sqlite);
	return err;
}

/* --- rows --------------------------------------------------------------------------------------
 */

void put__begin(struct put *put, struct sqlite *sqlite, enum table table)
{
	*put = (struct put){.sqlite = sqlite, .insert = sqlite->inserts[table]};
}

void put__number(struct put *put, uint64_t number)
{
	sqlite3_bind_int64(put->insert, ++put->column, (sqlite3_int64)number);
}

void put__reference(struct put *put, uint64_t number)
{
	if (number)
		put__number(put, number);
	else
		put->column++; /* bindings were cleared: NULL */
}

void put__text(struct put *put, const char *text)
{
	put->column++;
	if (text)
		sqlite3_bind_text(put->insert, put->column, text, -1, SQLITE_TRANSIENT);
}

int put__end(struct put *put)
{
	int code = sqlite3_step(put->insert);

	sqlite3_reset(put->insert);
	sqlite3_clear_bindings(put->insert);
	return note(put->sqlite, code);
}
