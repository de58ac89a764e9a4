// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* From the kernel's rows of stacks to rows that belong to a process and a wait. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>

#include "collect/stacks_internal.h"

struct stack_collector *stack_collector__new(const struct session *session,
					     const struct session_options *options)
{
	struct stack_collector *collector = calloc(1, sizeof(*collector));

	if (!collector)
		return NULL;
	*collector = (struct stack_collector){.session = session,
					      .mode = options->stack_mode,
					      .sample_rate = options->sample_rate,
					      .by_thread = options->stream,
					      .symbols = symbols__new()};
	if (collector->symbols)
		return collector;
	free(collector);
	return NULL;
}

void stack_collector__free(struct stack_collector *collector)
{
	if (!collector)
		return;
	mapping_events__close(collector->events);
	symbols__free(collector->symbols);
	texts__clear(&collector->texts);
	free(collector->entries);
	free(collector->taken);
	free(collector);
}

static bool has_mappings(const struct thread_row *row)
{
	return row->task && row->tgid &&
	       !(row->flags & (THREAD_ENDED | THREAD_KTHREAD | THREAD_HELD));
}

/* What the traced processes that live have mapped. */
static void read_living(struct stack_collector *collector, bool again)
{
	struct rows rows;
	uint32_t last = 0;

	if (!(collector->mode & STACK_OF_USER) ||
	    session__rows(collector->session, POOL_THREADS, &rows))
		return;
	for (uint32_t i = 1; i <= rows.used; i++) {
		const struct thread_row *row = rows__at(&rows, i);

		if (!has_mappings(row) || row->tgid == last ||
		    (!again && symbols__knows(collector->symbols, (int)row->tgid)))
			continue;
		last = row->tgid; /* threads of one process tend to be neighbours */
		symbols__read_maps(collector->symbols, (int)row->tgid);
	}
}

int stack_collector__begin(struct stack_collector *collector)
{
	int err;

	if (!(collector->mode & STACK_OF_USER))
		return 0;
	err = mapping_events__open(&collector->events);
	read_living(collector, true);
	return err;
}

void stack_collector__step(struct stack_collector *collector)
{
	if (!collector)
		return;
	mapping_events__drain(collector->events, collector->symbols);
	if (!collector->events || mapping_events__lost(collector->events))
		read_living(collector, false);
}

void stack_collector__look(struct stack_collector *collector)
{
	if (!collector)
		return;
	mapping_events__drain(collector->events, collector->symbols);
	read_living(collector, true);
}

/* --- the rows -----------------------------------------------------------------------------------
 */

static int owner_order(const struct stack_key *left, const struct stack_key *right)
{
	if (left->kind != right->kind)
		return left->kind < right->kind ? -1 : 1;
	return (left->owner > right->owner) - (left->owner < right->owner);
}

static int compare_entries(const void *a, const void *b)
{
	const struct stack_entry *left = a, *right = b;

	return owner_order(&left->key, &right->key);
}

static int add_entry(struct stack_collector *collector, const struct stack_entry *entry)
{
	if (collector->entry_count == collector->entry_room) {
		size_t room = collector->entry_room ? collector->entry_room * 2 : 256;
		struct stack_entry *grown =
			reallocarray(collector->entries, room, sizeof(*collector->entries));

		if (!grown)
			return -ENOMEM;
		collector->entries = grown;
		collector->entry_room = room;
	}
	collector->entries[collector->entry_count++] = *entry;
	return 0;
}

int stack_collector__read(struct stack_collector *collector)
{
	int fd = session__stack_counts_fd(collector->session), err = 0;
	struct stack_key *last = NULL;
	struct stack_entry entry;

	collector->entry_count = 0;
	while (!err && !bpf_map_get_next_key(fd, last, &entry.key)) {
		last = &entry.key;
		if (!bpf_map_lookup_elem(fd, &entry.key, &entry.value))
			err = add_entry(collector, &entry);
	}
	if (collector->entry_count)
		qsort(collector->entries, collector->entry_count, sizeof(*collector->entries),
		      compare_entries);
	return err;
}

static const struct stack_entry *find_entries(const struct stack_collector *collector,
					      enum stack_kind kind, uint32_t owner, size_t *count)
{
	struct stack_key wanted = {.kind = kind, .owner = owner};
	size_t low = 0, high = collector->entry_count, first;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (owner_order(&collector->entries[middle].key, &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (first = low; low < collector->entry_count; low++)
		if (owner_order(&collector->entries[low].key, &wanted) != 0)
			break;
	*count = low - first;
	return collector->entries + first;
}

void stack_collector__forget(struct stack_collector *collector, enum stack_kind kind,
			     uint32_t owner)
{
	int fd = session__stack_counts_fd(collector->session);
	const struct stack_entry *entries;
	size_t count;

	entries = find_entries(collector, kind, owner, &count);
	for (size_t i = 0; i < count; i++)
		bpf_map_delete_elem(fd, &entries[i].key);
}

/* --- to whom they belong -------------------------------------------------------------------------
 */

static int take(struct stack_collector *collector, const struct taken_stack *stack)
{
	if (!stack->thread || (!stack->count && !stack->ns))
		return stack->thread ? 0 : -ENOMEM;
	if (collector->taken_count == collector->taken_room) {
		size_t room = collector->taken_room ? collector->taken_room * 2 : 256;
		struct taken_stack *grown =
			reallocarray(collector->taken, room, sizeof(*collector->taken));

		if (!grown)
			return -ENOMEM;
		collector->taken = grown;
		collector->taken_room = room;
	}
	collector->taken[collector->taken_count++] = *stack;
	return 0;
}

static struct taken_stack begin_stack(struct stack_collector *collector,
				      const struct stack_owner *owner)
{
	char comm[RECORDS_COMM + 1] = "";

	memcpy(comm, owner->row->comm, RECORDS_COMM);
	return (struct taken_stack){.pid = (int)owner->row->tgid,
				    .tid = (int)owner->row->tid,
				    .class = CLASS_OTHER,
				    .thread = texts__keep(&collector->texts, comm)};
}

/* Waits without a row, for want of room or of their end; and samples. */
int stack_collector__take_thread(struct stack_collector *collector, const struct stack_owner *owner)
{
	struct taken_stack stack = begin_stack(collector, owner);
	const struct thread_row *row = owner->row;
	const struct stack_entry *entries;
	size_t count;
	int err;

	stack.count = row->unkept_waits + row->ledger.lost_waits;
	stack.ns = row->unkept_blocked + row->ledger.lost_blocked;
	if (owner->open && !row->wait) {
		stack.count++;
		stack.ns += owner->open->blocked;
	}
	err = take(collector, &stack);
	entries = find_entries(collector, STACK_KIND_CPU, owner->number, &count);
	for (size_t i = 0; i < count && !err; i++) {
		stack.key = entries[i].key;
		stack.count = entries[i].value.count;
		stack.ns = stack.count * 1000000000 / collector->sample_rate;
		err = take(collector, &stack);
	}
	return err;
}

static const struct waker_count *find_waker(const struct stack_owner *owner, uint32_t wait,
					    uint64_t waker)
{
	const struct wait_row *row = rows__at(&owner->sources->pools[POOL_WAITS], wait);
	const struct sources *sources = owner->sources;

	for (int i = 0; i < WAIT_WAKERS; i++)
		if (row->wakers[i].count && row->wakers[i].kind == waker >> 32 &&
		    row->wakers[i].tid == (uint32_t)waker)
			return &row->wakers[i];
	for (size_t i = 0; i < sources->waker_count; i++) {
		const struct waker_count *other = &sources->wakers[i].waker;

		if (sources->wakers[i].wait == wait && other->kind == waker >> 32 &&
		    other->tid == (uint32_t)waker)
			return other;
	}
	return NULL;
}

/* A thread by its name, what is none by its kind. */
static int name_waker(struct stack_collector *collector, struct taken_stack *stack,
		      const struct stack_owner *owner, uint32_t wait)
{
	char text[RECORDS_COMM + 16];
	const struct waker_count *waker;
	uint64_t key = stack->key.waker;

	stack->waker = NULL;
	stack->waker_pid = 0;
	if (!key)
		return 0;
	waker = (uint32_t)key ? find_waker(owner, wait, key) : NULL;
	if (waker) {
		snprintf(text, sizeof(text), "%.*s", RECORDS_COMM, waker->comm);
		stack->waker_pid = (int)waker->pid;
	} else {
		snprintf(text, sizeof(text), "[%s]", waker_kind__name(key >> 32));
	}
	stack->waker = texts__keep(&collector->texts, text);
	return stack->waker ? 0 : -ENOMEM;
}

static int take_one(struct stack_collector *collector, struct taken_stack *stack,
		    const struct stack_owner *owner, uint32_t wait)
{
	int err = name_waker(collector, stack, owner, wait);

	return err ? err : take(collector, stack);
}

/* The stack of the wait that is still open, or is over but for the switch-in. */
static void use_open(struct taken_stack *stack, const struct stack_collector *collector,
		     const struct stack_owner *owner)
{
	const struct thread_stacks *stacks = &owner->row->stacks;

	stack->key = (struct stack_key){.kernel = stacks->kernel, .user = stacks->user};
	if ((collector->mode & STACK_OF_WAKERS) && owner->row->ledger.state == LEDGER_RUNNABLE) {
		stack->key.waker = stacks->waker;
		stack->key.waker_kernel = stacks->waker_kernel;
		stack->key.waker_user = stacks->waker_user;
	}
	stack->count = 1;
	stack->ns = owner->open->blocked;
}

/* What is in the sums of the wait row and in no row of a stack has none. */
static int take_missing(struct stack_collector *collector, struct taken_stack *stack,
			uint64_t count, uint64_t ns, uint64_t seen_count, uint64_t seen_ns)
{
	stack->key = (struct stack_key){0};
	stack->waker = NULL;
	stack->count = count > seen_count ? count - seen_count : 0;
	stack->ns = ns > seen_ns ? ns - seen_ns : 0;
	return take(collector, stack);
}

int stack_collector__take_wait(struct stack_collector *collector, const struct stack_owner *owner,
			       uint32_t number)
{
	const struct wait_row *row = rows__at(&owner->sources->pools[POOL_WAITS], number);
	struct taken_stack stack = begin_stack(collector, owner);
	uint64_t seen_count = 0, seen_ns = 0;
	const struct stack_entry *entries;
	struct wait wait;
	size_t count;
	int err;

	err = wait__identify_row(&wait, owner->sources, number);
	stack.class = wait.class;
	stack.idle = wait.idle;
	stack.syscall = wait.syscall;
	wait__clear(&wait);
	entries = find_entries(collector, STACK_KIND_WAIT, number, &count);
	for (size_t i = 0; i < count && !err; i++) {
		stack.key = entries[i].key;
		stack.count = entries[i].value.count;
		stack.ns = entries[i].value.ns;
		seen_count += stack.count;
		seen_ns += stack.ns;
		err = take_one(collector, &stack, owner, number);
	}
	if (!err && owner->open && owner->row->wait == number) {
		use_open(&stack, collector, owner);
		err = take_one(collector, &stack, owner, number);
	}
	if (!err)
		err = take_missing(collector, &stack, row->count, row->total, seen_count, seen_ns);
	return err;
}
