// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "names/nearest.h"

#include <string.h>

#define LONGEST 64 /* names are shorter; what is longer is compared so far */

static size_t least(size_t a, size_t b, size_t c)
{
	size_t less = a < b ? a : b;

	return less < c ? less : c;
}

/* The table of Wagner and Fischer, one row of it at a time. */
size_t nearest__distance(const char *left, const char *right)
{
	size_t columns = strnlen(right, LONGEST), rows = strnlen(left, LONGEST);
	size_t distances[LONGEST + 1];

	for (size_t column = 0; column <= columns; column++)
		distances[column] = column;
	for (size_t row = 1; row <= rows; row++) {
		size_t diagonal = distances[0];

		distances[0] = row;
		for (size_t column = 1; column <= columns; column++) {
			size_t above = distances[column];
			size_t differs = left[row - 1] != right[column - 1];

			distances[column] =
				least(above + 1, distances[column - 1] + 1, diagonal + differs);
			diagonal = above;
		}
	}
	return distances[columns];
}

void nearest__offer(struct nearest *nearest, const char *name)
{
	size_t distance = nearest__distance(nearest->wanted, name);

	if (nearest->best && nearest->distance <= distance)
		return;
	nearest->best = name;
	nearest->distance = distance;
}
