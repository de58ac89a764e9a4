/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside recording/sqlite*: the base, its statements, and how a row is put. */
#ifndef WAITSCOPE_RECORDING_SQLITE_INTERNAL_H
#define WAITSCOPE_RECORDING_SQLITE_INTERNAL_H

#include <sqlite3.h>

#include "recording/sqlite.h"

enum table {
	TABLE_META,
	TABLE_PROCESSES,
	TABLE_THREADS,
	TABLE_TASKS,
	TABLE_KINDS,
	TABLE_WAITS,
	TABLE_CALLS,
	TABLE_WAKINGS,
	TABLE_SLICES,
	TABLE_REQUESTS,
	TABLE_LOSSES,
	TABLES,
};

struct sqlite {
	sqlite3 *base;
	sqlite3_stmt *inserts[TABLES];
	uint64_t ids[TABLES]; /* of the last row */
	char problem[160];
};

/* docs/sqlite.md says what each column is (sqlite_schema.c). */
extern const char sqlite__tables[], sqlite__indexes[], sqlite__views[];

int sqlite__do(struct sqlite *sqlite, const char *statements);
/* Indexes, views, the end of the transaction; closes it. */
int sqlite__complete(struct sqlite *sqlite);

/* A row, column by column in the order of its table. */
struct put {
	struct sqlite *sqlite;
	sqlite3_stmt *insert;
	int column;
};

void put__begin(struct put *put, struct sqlite *sqlite, enum table table);
void put__number(struct put *put, uint64_t number);
void put__reference(struct put *put, uint64_t number); /* 0: NULL */
void put__text(struct put *put, const char *text);     /* NULL: NULL */
int put__end(struct put *put);

#endif
