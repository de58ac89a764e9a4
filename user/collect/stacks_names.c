// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Addresses of stacks to names of frames. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>

#include "collect/stacks_internal.h"

static bool begins(const char *text, const char *beginning)
{
	return !strncmp(text, beginning, strlen(beginning));
}

/* The names of one stack, the innermost first as it was walked. */
struct walk {
	const char *names[STACK_DEPTH];
	size_t count;
};

/* Twice the same without a name says no more than once. */
static void add_name(struct walk *walk, const char *name)
{
	if (walk->count && name[0] == '[' && walk->names[walk->count - 1] == name)
		return;
	walk->names[walk->count++] = name;
}

/*
 * `process` 0: the kernel's. All but the innermost are return addresses: the call is before. (Where
 * it is the last instruction of a function that does not return, the next function begins there.)
 */
static int name_addresses(struct walk *walk, struct stack_collector *collector, uint64_t key,
			  int process)
{
	struct stack_trace trace;

	walk->count = 0;
	if (!key || bpf_map_lookup_elem(session__stack_traces_fd(collector->session), &key, &trace))
		return 0;
	for (uint32_t i = 0; i < trace.depth && i < STACK_DEPTH; i++) {
		uint64_t address = trace.addresses[i] - (i ? 1 : 0);
		const char *name = process ? symbols__user(collector->symbols, process, address)
					   : symbols__kernel(collector->symbols, address);

		if (!name)
			return -ENOMEM;
		add_name(walk, name);
	}
	return 0;
}

static bool is_ours(const char *name)
{
	static const char *const ours[] = {"bpf_prog_",	   "bpf_trace_run", "__bpf_trace_",
					   "__traceiter_", "bpf_get_stack", "__bpf_get_stack"};

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (begins(name, ours[i]))
			return true;
	return false;
}

/* What ran because the stack was walked is not part of it. (Farther out it can be: an interrupt may
 * have come while such a program ran.) */
static void drop_ours(struct walk *walk)
{
	size_t first = 0;

	while (first < walk->count && is_ours(walk->names[first]))
		first++;
	memmove(walk->names, walk->names + first, (walk->count - first) * sizeof(walk->names[0]));
	walk->count -= first;
}

/* An interrupt has nothing to do with what it interrupted: that ends where the interrupt began. */
static void cut_interrupted(struct walk *walk)
{
	static const char *const entries[] = {"asm_", "handle_softirqs", "__do_softirq"};

	for (size_t i = 0; i < walk->count; i++)
		for (size_t j = 0; j < sizeof(entries) / sizeof(entries[0]); j++)
			if (begins(walk->names[i], entries[j])) {
				walk->count = i + 1;
				return;
			}
}

static int keep(const char **names, const struct walk *walk, struct texts *texts)
{
	for (size_t i = 0; i < walk->count; i++) {
		names[i] = texts__keep(texts, walk->names[walk->count - 1 - i]);
		if (!names[i])
			return -ENOMEM;
	}
	return 0;
}

int stack_frames__of(struct frames *frames, struct stack_collector *collector, struct texts *texts,
		     const struct taken_stack *taken, bool of_waker)
{
	const struct stack_key *key = &taken->key;
	struct walk user = {0}, kernel = {0};
	int err;

	memset(frames, 0, sizeof(*frames));
	err = name_addresses(&user, collector, of_waker ? key->waker_user : key->user,
			     of_waker ? taken->waker_pid : taken->pid);
	if (!err)
		err = name_addresses(&kernel, collector, of_waker ? key->waker_kernel : key->kernel,
				     0);
	if (err)
		return err;
	if (key->kind == STACK_KIND_WAIT)
		drop_ours(&kernel);
	if (of_waker && !(uint32_t)key->waker)
		cut_interrupted(&kernel);
	frames->names = calloc(user.count + kernel.count + 1, sizeof(*frames->names));
	if (!frames->names)
		return -ENOMEM;
	frames->user = user.count;
	frames->kernel = kernel.count;
	err = keep(frames->names, &user, texts);
	return err ? err : keep(frames->names + user.count, &kernel, texts);
}

/* --- all of them ------------------------------------------------------------------------------ */

/* What compilers at run time left, and the mappings of wakers, which need not be traced. */
static void learn_process(struct stack_collector *collector, int pid)
{
	char path[64];

	if (!symbols__knows(collector->symbols, pid))
		symbols__read_maps(collector->symbols, pid);
	snprintf(path, sizeof(path), "/proc/%d/root/tmp/perf-%d.map", pid, pid);
	if (!symbols__read_jit(collector->symbols, pid, path))
		return;
	snprintf(path, sizeof(path), "/tmp/perf-%d.map", pid);
	symbols__read_jit(collector->symbols, pid, path);
}

static int by_process(const void *a, const void *b)
{
	const struct taken_stack *left = a, *right = b;

	return (left->pid > right->pid) - (left->pid < right->pid);
}

static void learn_processes(struct stack_collector *collector)
{
	int last = 0, last_waker = 0;

	if (collector->taken_count)
		qsort(collector->taken, collector->taken_count, sizeof(*collector->taken),
		      by_process);
	for (size_t i = 0; i < collector->taken_count; i++) {
		const struct taken_stack *taken = &collector->taken[i];

		if (taken->key.user && taken->pid != last)
			learn_process(collector, last = taken->pid);
		if (taken->key.waker_user && taken->waker_pid != last_waker &&
		    taken->waker_pid != last)
			learn_process(collector, last_waker = taken->waker_pid);
	}
}

static const char *process_name(const struct profile *profile, int pid)
{
	for (size_t i = 0; i < profile->process_count; i++)
		if (profile->processes[i].pid == pid)
			return profile->processes[i].comm;
	return "";
}

static int add_named(struct stacks *stacks, struct stack_collector *collector,
		     const struct taken_stack *taken, const char *process)
{
	struct stack row = {
		.kind = taken->key.kind,
		.pid = taken->pid,
		.tid = collector->by_thread ? taken->tid : 0,
		.process = process,
		.thread = texts__keep(&stacks->texts, taken->thread),
		.class = taken->class,
		.idle = taken->idle,
		.syscall = taken->syscall,
		.count = taken->count,
		.ns = taken->ns,
	};
	int err;

	if (taken->waker)
		row.waker = texts__keep(&stacks->texts, taken->waker);
	if (!row.process || !row.thread || (taken->waker && !row.waker))
		return -ENOMEM;
	err = stack_frames__of(&row.frames, collector, &stacks->texts, taken, false);
	if (!err && taken->waker)
		err = stack_frames__of(&row.waker_frames, collector, &stacks->texts, taken, true);
	if (!err)
		return stacks__add(stacks, &row);
	free(row.frames.names);
	free(row.waker_frames.names);
	return err;
}

static int add_all(struct stacks *stacks, struct stack_collector *collector,
		   const struct profile *profile)
{
	const char *process = NULL;
	int pid = -1, err = 0;

	for (size_t i = 0; i < collector->taken_count && !err; i++) {
		const struct taken_stack *taken = &collector->taken[i];

		if (taken->pid != pid) {
			pid = taken->pid;
			process = texts__keep(&stacks->texts, process_name(profile, pid));
		}
		err = add_named(stacks, collector, taken, process);
	}
	return err;
}

int stack_collector__finish(struct stack_collector *collector, const struct profile *profile,
			    struct stacks **result)
{
	struct stacks *stacks = calloc(1, sizeof(*stacks));
	int err = 0;

	if (!stacks)
		return -ENOMEM;
	*stacks = (struct stacks){.kernel = collector->mode & STACK_OF_KERNEL,
				  .user = collector->mode & STACK_OF_USER,
				  .wakers = collector->mode & STACK_OF_WAKERS,
				  .sample_rate = collector->sample_rate};
	if (collector->mode & STACK_OF_KERNEL)
		stacks->kernel_hidden =
			symbols__read_kernel(collector->symbols, "/proc/kallsyms") == -EACCES;
	learn_processes(collector);
	err = add_all(stacks, collector, profile);
	if (err) {
		stacks__free(stacks);
		return err;
	}
	stacks__settle(stacks);
	*result = stacks;
	return 0;
}
