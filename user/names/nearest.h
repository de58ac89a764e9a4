/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What somebody may have meant who typed a name that does not exist. Pure. */
#ifndef WAITSCOPE_NAMES_NEAREST_H
#define WAITSCOPE_NAMES_NEAREST_H

#include <stddef.h>

struct nearest {
	const char *wanted;
	const char *best; /* NULL: nothing yet */
	size_t distance;
};

/* Offers a name that does exist; the first of the nearest ones is kept. */
void nearest__offer(struct nearest *nearest, const char *name);

/* Single characters to insert, delete or replace that make one name of the other. */
size_t nearest__distance(const char *left, const char *right);

#endif
