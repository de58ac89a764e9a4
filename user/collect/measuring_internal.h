/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside collect/measuring*: the recorder, and what its rows and entries are. */
#ifndef WAITSCOPE_COLLECT_MEASURING_INTERNAL_H
#define WAITSCOPE_COLLECT_MEASURING_INTERNAL_H

#include "collect/gather_rows.h"
#include "collect/measuring.h"

/* All rows with the same label. */
struct entry {
	char *label;  /* NULL: all */
	uint32_t row; /* the first of them */
	struct histogram now, before, marked;
	struct histogram *slices;
	size_t slice_room;
};

struct recorder {
	const struct session *session; /* NULL: the rows are `given` */
	const struct sources *given;
	const struct measuring *measuring;
	struct entry *entries;
	size_t entry_count;
	uint32_t *entry_of_row; /* plus 1; 0: not known yet */
	uint32_t row_count;
	uint64_t *sums; /* of series, by row */
	size_t slice_count;
	uint64_t *starts; /* of the slices, ns after the begin */
	size_t start_room;
	size_t number;	   /* intervals that have ended */
	uint64_t interval; /* ns: grows as slices are merged */
	uint64_t due;	   /* ns after the begin: the next end of an interval */
	uint64_t from;	   /* ns after the begin: where the open interval began */
	uint64_t started;  /* CLOCK_REALTIME, ns */
};

/* Where a row has its values, whatever kind of row it is. */
struct figures {
	uint64_t count, sum, min, max;
	uint64_t marked;		      /* with `counted_apart`: beside `count` */
	uint32_t histogram, marked_histogram; /* a value is in one of them */
	bool counted_apart; /* `count` and `marked` are of what is in no histogram, not of all */
};

enum pool measuring__pool(const struct measuring *measuring);

/* False: the row has no values of what is measured. */
bool figures__read(struct figures *figures, const struct measuring *measuring, const void *row);

/* Adds them to histograms. `settled`: nothing is counted any more; else the count is that of the
 * buckets, since a value may be half in. 0 or -ENOMEM. */
int figures__add(const struct figures *figures, const struct sources *sources, bool settled,
		 struct histogram *values, struct histogram *marked);

/* What came since the last time becomes slice number `slice`. 0 or -ENOMEM. */
int entry__end_slice(struct entry *entry, size_t slice);
/* Two and two slices of `count` become one. */
int entry__merge_slices(struct entry *entry, size_t count);
void entry__clear(struct entry *entry);

/* Looks at all rows now. 0 or a negative errno. */
int recorder__read(struct recorder *recorder, bool settled);
/* Ends the open interval at `elapsed`. */
int recorder__end_interval(struct recorder *recorder, uint64_t elapsed, bool settled);

/* The label of a row of the pool that `measuring` reads; NULL for BY_ALL. 0 or -ENOMEM. */
int measuring__label(const struct measuring *measuring, const struct sources *sources,
		     uint32_t number, char **label);

#endif
