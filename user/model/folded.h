/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Folded stacks: lines "frame;frame;frame WEIGHT", the outermost first, as flamegraph.pl and its
 * relatives read them.
 */
#ifndef WAITSCOPE_MODEL_FOLDED_H
#define WAITSCOPE_MODEL_FOLDED_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct folded_line {
	char *stack; /* owned */
	uint64_t weight;
};

struct folded {
	struct folded_line *lines; /* by stack, each once */
	size_t count, room;
	uint64_t total;
};

/* Adds a line; takes over `stack`, NULL is no memory. 0 or -ENOMEM. */
int folded__add(struct folded *folded, char *stack, uint64_t weight);
/* Of two stacks, as strcmp(3), but that what has its first frames in common stays together. */
int folded__order(const char *left, const char *right);
/* Sorts, and adds up what is the same. */
void folded__settle(struct folded *folded);
void folded__clear(struct folded *folded);

/*
 * Reads a file of such lines, whoever wrote it. Returns 0, -ENOMEM, -EIO, or -EINVAL: then `line`
 * is the number of the line that is none, or 0 if there is none at all. Settled.
 */
int folded__read(struct folded *folded, FILE *stream, size_t *line);

/* A frame as it may stand in a line: control characters escaped, and ';', which divides frames. The
 * caller frees it; NULL without memory. */
char *folded__frame(const char *name);

#endif
