/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Flame graphs: stacks as folded lines, those as a tree, the tree as a picture.
 */
#ifndef WAITSCOPE_RENDER_FLAME_H
#define WAITSCOPE_RENDER_FLAME_H

#include <stdbool.h>
#include <stdio.h>

#include "model/folded.h"
#include "model/stacks.h"

enum stack_view {
	STACK_VIEW_BLOCKED, /* blocked time by where it was waited */
	STACK_VIEW_WAKER,   /* blocked time by who ended it, and from where */
	STACK_VIEW_CPU,	    /* samples of threads on a CPU */
};

enum flame_unit {
	FLAME_NS,
	FLAME_SAMPLES,
	FLAME_COUNT, /* whatever it is */
};

/*
 * The stacks of one view as folded lines, which add up to the blocked time (ns), or the samples. A
 * line is
 *
 *	process;thread;frame;...;kernel frame_[k];[wait class]
 *
 * where the thread is left out that is called as its process, and the class where none waited.
 * 0 or -ENOMEM; folded__clear() frees either way.
 */
int folded__of_stacks(struct folded *folded, const struct stacks *stacks, enum stack_view view);

/* 0 or -EIO. */
int render__folded(FILE *stream, const struct folded *folded);

struct flame_options {
	const char *title;
	const char *subtitle; /* what was traced; NULL: none */
	enum flame_unit unit;
};

/*
 * One SVG file: it needs nothing else, and follows the reader's light or dark setting. `before` is
 * NULL, or what `now` is compared with: then widths are those of `now`, and colours say what grew.
 * 0, -ENOMEM or -EIO.
 */
int render__flame_svg(FILE *stream, const struct folded *now, const struct folded *before,
		      const struct flame_options *options);

/* --- inside: the tree ---------------------------------------------------------------------------
 */

struct flame_node {
	char *name;
	uint64_t weight, before; /* of it and all above it */
	size_t parent, depth;
	size_t first, next; /* child, sibling; 0: none */
	double x, width;    /* 0 .. 1 */
};

struct flame_tree {
	struct flame_node *nodes; /* [0] is the root, "all" */
	size_t count, room;
	size_t depth;	   /* of the deepest node */
	uint64_t vanished; /* of `before`: in stacks that `now` has not */
};

/* Depths and counts that no picture shows are cut. 0 or -ENOMEM; flame_tree__clear() frees. */
int flame_tree__build(struct flame_tree *tree, const struct folded *now,
		      const struct folded *before);
/* Places all nodes, siblings by name, so that two pictures of one program look alike. 0 or
 * -ENOMEM. */
int flame_tree__lay(struct flame_tree *tree);
void flame_tree__clear(struct flame_tree *tree);

#endif
