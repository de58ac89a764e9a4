// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE /* qsort_r */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "render/flame.h"

/* Deeper than any stack that was walked; a file can say anything. */
#define DEPTH_MAX 512

static int new_node(struct flame_tree *tree, size_t parent, const char *name, size_t length,
		    size_t *number)
{
	struct flame_node *node;

	if (tree->count == tree->room) {
		size_t room = tree->room ? tree->room * 2 : 256;
		struct flame_node *grown = reallocarray(tree->nodes, room, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		tree->nodes = grown;
		tree->room = room;
	}
	node = &tree->nodes[tree->count];
	*node = (struct flame_node){.parent = parent};
	node->name = strndup(name, length);
	if (!node->name)
		return -ENOMEM;
	*number = tree->count++;
	if (*number == 0)
		return 0;
	node->depth = tree->nodes[parent].depth + 1;
	node->next = tree->nodes[parent].first;
	tree->nodes[parent].first = *number;
	if (node->depth > tree->depth)
		tree->depth = node->depth;
	return 0;
}

static bool is_called(const struct flame_node *node, const char *name, size_t length)
{
	return !strncmp(node->name, name, length) && !node->name[length];
}

/* Lines come in order: if there is such a child, it is the one that was made last. */
static int child_of(struct flame_tree *tree, size_t parent, const char *name, size_t length,
		    size_t *number)
{
	size_t last = tree->nodes[parent].first;

	if (last && is_called(&tree->nodes[last], name, length)) {
		*number = last;
		return 0;
	}
	return new_node(tree, parent, name, length, number);
}

static void weigh(struct flame_node *node, uint64_t weight, bool before)
{
	if (before)
		node->before += weight;
	else
		node->weight += weight;
}

static int add_line(struct flame_tree *tree, const struct folded_line *line, bool before)
{
	const char *name = line->stack;
	size_t at = 0;
	int err;

	weigh(&tree->nodes[0], line->weight, before);
	for (size_t depth = 0; *name && depth < DEPTH_MAX; depth++) {
		size_t length = strcspn(name, ";");

		err = child_of(tree, at, name, length, &at);
		if (err)
			return err;
		weigh(&tree->nodes[at], line->weight, before);
		name += length + (name[length] == ';');
	}
	return 0;
}

/* What `before` has and `now` has not: counted once, at the lowest frame of it. */
static void count_vanished(struct flame_tree *tree)
{
	for (size_t i = 1; i < tree->count; i++) {
		const struct flame_node *node = &tree->nodes[i];

		if (!node->weight && tree->nodes[node->parent].weight)
			tree->vanished += node->before;
	}
}

int flame_tree__build(struct flame_tree *tree, const struct folded *now,
		      const struct folded *before)
{
	size_t i = 0, j = 0, root, others = before ? before->count : 0;
	int err;

	*tree = (struct flame_tree){0};
	err = new_node(tree, 0, "all", 3, &root);
	while (!err && (i < now->count || j < others)) {
		bool first = j == others ||
			     (i < now->count &&
			      folded__order(now->lines[i].stack, before->lines[j].stack) <= 0);

		err = first ? add_line(tree, &now->lines[i++], false)
			    : add_line(tree, &before->lines[j++], true);
	}
	if (!err)
		count_vanished(tree);
	return err;
}

static int by_name(const void *a, const void *b, void *context)
{
	const struct flame_tree *tree = context;
	size_t left = *(const size_t *)a, right = *(const size_t *)b;

	return strcmp(tree->nodes[left].name, tree->nodes[right].name);
}

/* A node's children come after it: in order of number, each parent is placed before them. */
int flame_tree__lay(struct flame_tree *tree)
{
	double total = (double)tree->nodes[0].weight;
	size_t *children = calloc(tree->count, sizeof(*children));

	if (!children)
		return -ENOMEM;
	tree->nodes[0].width = 1;
	for (size_t i = 0; i < tree->count; i++) {
		size_t count = 0;
		double x = tree->nodes[i].x;

		for (size_t at = tree->nodes[i].first; at; at = tree->nodes[at].next)
			children[count++] = at;
		if (count)
			qsort_r(children, count, sizeof(*children), by_name, tree);
		for (size_t j = 0; j < count; j++) {
			struct flame_node *child = &tree->nodes[children[j]];

			child->x = x;
			child->width = total > 0 ? (double)child->weight / total : 0;
			x += child->width;
		}
	}
	free(children);
	return 0;
}

void flame_tree__clear(struct flame_tree *tree)
{
	for (size_t i = 0; i < tree->count; i++)
		free(tree->nodes[i].name);
	free(tree->nodes);
	*tree = (struct flame_tree){0};
}
