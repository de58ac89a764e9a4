// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/stacks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void stack__clear(struct stack *row)
{
	free(row->frames.names);
	free(row->waker_frames.names);
}

int stacks__add(struct stacks *stacks, const struct stack *row)
{
	struct stack *grown, copy = *row;

	if (stacks->count == stacks->room) {
		size_t room = stacks->room ? stacks->room * 2 : 64;

		grown = reallocarray(stacks->rows, room, sizeof(*grown));
		if (!grown) {
			stack__clear(&copy);
			return -ENOMEM;
		}
		stacks->rows = grown;
		stacks->room = room;
	}
	stacks->rows[stacks->count++] = copy;
	return 0;
}

#define ORDER(left, right) (((left) > (right)) - ((left) < (right)))

/* Texts are kept once: equal ones are one pointer. Any order will do to bring equals together. */
static int text_order(const char *left, const char *right)
{
	return ORDER((uintptr_t)left, (uintptr_t)right);
}

static int frames_order(const struct frames *left, const struct frames *right)
{
	size_t count = left->user + left->kernel;

	if (left->user != right->user)
		return ORDER(left->user, right->user);
	if (left->kernel != right->kernel)
		return ORDER(left->kernel, right->kernel);
	for (size_t i = 0; i < count; i++)
		if (left->names[i] != right->names[i])
			return text_order(left->names[i], right->names[i]);
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct stack *left = a, *right = b;
	int order = ORDER(left->kind, right->kind);

	if (!order)
		order = ORDER(left->pid, right->pid);
	if (!order)
		order = ORDER(left->tid, right->tid);
	if (!order)
		order = text_order(left->process, right->process);
	if (!order)
		order = text_order(left->thread, right->thread);
	if (!order)
		order = ORDER(left->class, right->class);
	if (!order)
		order = ORDER(left->idle, right->idle);
	if (!order)
		order = text_order(left->syscall, right->syscall);
	if (!order)
		order = text_order(left->waker, right->waker);
	if (!order)
		order = frames_order(&left->frames, &right->frames);
	return order ? order : frames_order(&left->waker_frames, &right->waker_frames);
}

static int by_weight(const void *a, const void *b)
{
	const struct stack *left = a, *right = b;

	if (left->kind != right->kind)
		return ORDER(left->kind, right->kind);
	if (left->ns != right->ns)
		return ORDER(right->ns, left->ns);
	return ORDER(right->count, left->count);
}

static void merge(struct stacks *stacks)
{
	size_t kept = 0;

	for (size_t i = 1; i < stacks->count; i++) {
		struct stack *last = &stacks->rows[kept], *next = &stacks->rows[i];

		if (compare(last, next) != 0) {
			stacks->rows[++kept] = *next;
			continue;
		}
		last->count += next->count;
		last->ns += next->ns;
		stack__clear(next);
	}
	stacks->count = kept + 1;
}

void stacks__settle(struct stacks *stacks)
{
	stacks->blocked = stacks->missing = stacks->samples = 0;
	if (!stacks->count)
		return;
	qsort(stacks->rows, stacks->count, sizeof(*stacks->rows), compare);
	merge(stacks);
	qsort(stacks->rows, stacks->count, sizeof(*stacks->rows), by_weight);
	for (size_t i = 0; i < stacks->count; i++) {
		const struct stack *row = &stacks->rows[i];

		if (row->kind == STACK_KIND_CPU) {
			stacks->samples += row->count;
			continue;
		}
		stacks->blocked += row->ns;
		if (!row->frames.user && !row->frames.kernel)
			stacks->missing += row->ns;
	}
}

void stacks__keep(struct stacks *stacks,
		  bool (*wanted)(const void *context, const struct stack *row), const void *context)
{
	size_t kept = 0;

	for (size_t i = 0; i < stacks->count; i++) {
		if (wanted(context, &stacks->rows[i]))
			stacks->rows[kept++] = stacks->rows[i];
		else
			stack__clear(&stacks->rows[i]);
	}
	stacks->count = kept;
}

void stacks__forget_threads(struct stacks *stacks)
{
	for (size_t i = 0; i < stacks->count; i++)
		stacks->rows[i].tid = 0;
}

static void narrow(struct frames *frames, bool kernel, bool user)
{
	if (!kernel)
		frames->kernel = 0;
	if (user || !frames->names)
		return;
	memmove(frames->names, frames->names + frames->user,
		frames->kernel * sizeof(*frames->names));
	frames->user = 0;
}

void stacks__narrow(struct stacks *stacks, bool kernel, bool user)
{
	stacks->kernel &= kernel;
	stacks->user &= user;
	for (size_t i = 0; i < stacks->count; i++) {
		narrow(&stacks->rows[i].frames, kernel, user);
		narrow(&stacks->rows[i].waker_frames, kernel, user);
	}
}

void stacks__free(struct stacks *stacks)
{
	if (!stacks)
		return;
	for (size_t i = 0; i < stacks->count; i++)
		stack__clear(&stacks->rows[i]);
	free(stacks->rows);
	texts__clear(&stacks->texts);
	free(stacks);
}
