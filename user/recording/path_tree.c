// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>

#include "recording/path_tree.h"

struct path_node {
	struct path_node *parent;	  /* held; NULL: the begin */
	struct path_node *next, **before; /* in the list of all */
	uint32_t references;
	struct path_sums sums;
};

/* --- sums --------------------------------------------------------------------------------------
 */

static struct path_sum *place_of(const struct path_sums *sums, uint64_t key)
{
	uint32_t at = (uint32_t)((key * 0x9e3779b97f4a7c15ULL) >> 32);

	for (;; at++) {
		struct path_sum *place = &sums->places[at & (sums->room - 1)];

		if (!place->count || place->key == key)
			return place;
	}
}

static int make_room(struct path_sums *sums)
{
	struct path_sums larger = {.used = sums->used, .room = sums->room ? sums->room * 2 : 4};

	if (sums->used * 4 < sums->room * 3)
		return 0;
	larger.places = calloc(larger.room, sizeof(*larger.places));
	if (!larger.places)
		return -ENOMEM;
	for (uint32_t i = 0; i < sums->room; i++)
		if (sums->places[i].count)
			*place_of(&larger, sums->places[i].key) = sums->places[i];
	free(sums->places);
	*sums = larger;
	return 0;
}

static int add(struct path_sums *sums, const struct path_sum *more)
{
	struct path_sum *place;

	if (make_room(sums))
		return -ENOMEM;
	place = place_of(sums, more->key);
	if (!place->count)
		sums->used++;
	place->key = more->key;
	place->time += more->time;
	place->count += more->count;
	if (more->longest > place->longest)
		place->longest = more->longest;
	return 0;
}

static int add_all(struct path_sums *sums, const struct path_sums *more)
{
	int err = 0;

	for (uint32_t i = 0; i < more->room && !err; i++)
		if (more->places[i].count)
			err = add(sums, &more->places[i]);
	return err;
}

/* --- nodes -------------------------------------------------------------------------------------
 */

static void free_node(struct path_node *node)
{
	free(node->sums.places);
	free(node);
}

static void drop(struct path_tree *tree, struct path_node *node)
{
	*node->before = node->next;
	if (node->next)
		node->next->before = node->before;
	free_node(node);
	tree->count--;
}

void path_tree__clear(struct path_tree *tree)
{
	struct path_node *node = tree->all, *next;

	for (; node; node = next) {
		next = node->next;
		free_node(node);
	}
	*tree = (struct path_tree){0};
}

struct path_node *path_node__new(struct path_tree *tree, struct path_node *parent)
{
	struct path_node *node = calloc(1, sizeof(*node));

	if (!node)
		return NULL;
	node->parent = parent;
	node->references = 1;
	node->next = tree->all;
	node->before = &tree->all;
	if (node->next)
		node->next->before = &node->next;
	tree->all = node;
	tree->count++;
	return node;
}

struct path_node *path_node__hold(struct path_node *node)
{
	node->references++;
	return node;
}

void path_node__release(struct path_tree *tree, struct path_node *node)
{
	while (node && !--node->references) {
		struct path_node *parent = node->parent;

		drop(tree, node);
		node = parent;
	}
}

int path_node__add(struct path_node *node, uint64_t key, uint64_t time)
{
	const struct path_sum more = {.key = key, .time = time, .longest = time, .count = 1};

	return time ? add(&node->sums, &more) : 0;
}

struct path_node *path_node__fork(struct path_tree *tree, struct path_node **tip)
{
	struct path_node *node = *tip, *fresh;

	if (!node->sums.used && node->parent) /* nothing came since the last one */
		return path_node__hold(node->parent);
	fresh = path_node__new(tree, node);
	if (!fresh)
		return NULL;
	*tip = fresh;
	return path_node__hold(node);
}

/* What only this node goes on from becomes a part of it. The smaller sums go into the larger. */
static int join_parent(struct path_tree *tree, struct path_node *node)
{
	struct path_node *parent = node->parent;
	struct path_sums small = parent->sums;
	int err;

	if (small.used > node->sums.used) {
		parent->sums = node->sums;
		node->sums = small;
	}
	err = add_all(&node->sums, &parent->sums);
	if (err)
		return err;
	node->parent = parent->parent;
	drop(tree, parent);
	return 0;
}

#define TREE_LEAST 1024

int path_tree__tidy(struct path_tree *tree)
{
	int err = 0;

	if (tree->count <= tree->limit)
		return 0;
	for (struct path_node *node = tree->all; node && !err; node = node->next)
		while (node->parent && node->parent->references == 1 && !err)
			err = join_parent(tree, node);
	tree->limit = 2 * tree->count + TREE_LEAST;
	return err;
}

int path_node__sum(const struct path_node *node, struct path_sums *sums)
{
	int err = 0;

	for (; node && !err; node = node->parent)
		err = add_all(sums, &node->sums);
	return err;
}
