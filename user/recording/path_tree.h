/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What had to happen before a thread got where it is, as a path back to the begin, added up. Paths
 * of several threads have a common trunk: they are leaves of one tree, in which a node counts who
 * goes on from it. What leads nowhere any more is freed, what has one way on is joined with that.
 * So there are no more nodes than twice the threads that are alive, however long it takes. Pure.
 */
#ifndef WAITSCOPE_RECORDING_PATH_TREE_H
#define WAITSCOPE_RECORDING_PATH_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct path_sum {
	uint64_t key;
	uint64_t time, longest, count; /* count 0: an empty place */
};

/* Sums by key: a hash table. */
struct path_sums {
	struct path_sum *places; /* owned */
	uint32_t used, room;	 /* room: 0, or a power of 2 */
};

struct path_node;

struct path_tree {
	struct path_node *all; /* a list */
	size_t count, limit;   /* nodes; how many before they are looked through */
};

/* Frees all nodes, whoever holds them. */
void path_tree__clear(struct path_tree *tree);

/* A node that goes on from `parent` (NULL: from the begin), whose reference it takes. NULL: no
 * memory, and the reference is still the caller's. */
struct path_node *path_node__new(struct path_tree *tree, struct path_node *parent);
struct path_node *path_node__hold(struct path_node *node);
/* NULL is no node. */
void path_node__release(struct path_tree *tree, struct path_node *node);

/* Adds a stretch to a node that only the caller holds. 0 or -ENOMEM. */
int path_node__add(struct path_node *node, uint64_t key, uint64_t time);

/*
 * Splits off what `*tip` has so far, so that others can go on from there: `*tip` becomes a new node
 * that goes on from it. Returns a reference to what was split off; NULL: no memory.
 */
struct path_node *path_node__fork(struct path_tree *tree, struct path_node **tip);

/* Joins nodes that have one way on; to be called now and then. 0 or -ENOMEM. */
int path_tree__tidy(struct path_tree *tree);

/* Adds up all of the path that ends there. 0 or -ENOMEM; `sums` is to be freed either way. */
int path_node__sum(const struct path_node *node, struct path_sums *sums);

#endif
