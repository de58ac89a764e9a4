// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Rows of a profile. */
#include <string.h>

#include "tests/live/lib/internal.h"

struct json_object *find_process(struct json_object *profile, pid_t pid)
{
	struct json_object *process;

	json__each (process, profile, "processes")
		if (json__integer(process, "pid") == pid)
			return process;
	return NULL;
}

struct json_object *the_process(struct json_object *profile, pid_t pid)
{
	struct json_object *process = find_process(profile, pid);

	if (!process)
		live__fail("process %d is not in the profile", pid);
	return process;
}

static struct json_object *find_named(struct json_object *rows, const char *path, const char *comm)
{
	struct json_object *row;

	json__each (row, rows, path)
		if (strcmp(json__string(row, "comm"), comm) == 0)
			return row;
	return NULL;
}

struct json_object *find_process_named(struct json_object *profile, const char *comm)
{
	return find_named(profile, "processes", comm);
}

struct json_object *the_process_named(struct json_object *profile, const char *comm)
{
	struct json_object *process = find_process_named(profile, comm);

	if (!process)
		live__fail("no process '%s' is in the profile", comm);
	return process;
}

struct json_object *find_thread(struct json_object *profile, pid_t tid)
{
	struct json_object *process, *thread;

	json__each (process, profile, "processes")
		json__each (thread, process, "threads")
			if (json__integer(thread, "tid") == tid)
				return thread;
	return NULL;
}

struct json_object *the_thread(struct json_object *profile, pid_t tid)
{
	struct json_object *thread = find_thread(profile, tid);

	if (!thread)
		live__fail("thread %d is not in the profile", tid);
	return thread;
}

struct json_object *find_thread_named(struct json_object *process, const char *comm)
{
	return find_named(process, "threads", comm);
}

struct json_object *the_thread_named(struct json_object *process, const char *comm)
{
	struct json_object *thread = find_thread_named(process, comm);

	if (!thread)
		live__fail("no thread '%s' is in the process", comm);
	return thread;
}

static bool agrees(struct json_object *row, const char *member, const char *wanted)
{
	const char *value;

	if (!wanted)
		return true;
	value = json__string(row, member);
	return value && strcmp(value, wanted) == 0;
}

struct json_object *find_wait(struct json_object *owner, const char *class, const char *syscall,
			      const char *object)
{
	struct json_object *wait;

	json__each (wait, owner, "waits")
		if (agrees(wait, "class", class) && agrees(wait, "syscall", syscall) &&
		    agrees(wait, "object", object))
			return wait;
	return NULL;
}

struct json_object *the_wait(struct json_object *owner, const char *class, const char *syscall,
			     const char *object)
{
	struct json_object *wait = find_wait(owner, class, syscall, object);

	if (!wait)
		live__fail("no wait of class %s in %s on %s, but %.1200s", class ? class : "*",
			   syscall ? syscall : "*", object ? object : "*",
			   json__show(json__at(owner, "waits")));
	return wait;
}

struct json_object *find_syscall(struct json_object *owner, const char *name)
{
	struct json_object *call;

	json__each (call, owner, "syscalls")
		if (agrees(call, "name", name))
			return call;
	return NULL;
}

struct json_object *the_syscall(struct json_object *owner, const char *name)
{
	struct json_object *call = find_syscall(owner, name);

	if (!call)
		live__fail("no call of %s was seen", name);
	return call;
}

uint64_t waits_count(struct json_object *owner, const char *class, const char *syscall)
{
	struct json_object *wait;
	uint64_t count = 0;

	json__each (wait, owner, "waits")
		if (agrees(wait, "class", class) && agrees(wait, "syscall", syscall))
			count += json__integer(wait, "count");
	return count;
}

uint64_t waits_total(struct json_object *owner, const char *class, const char *syscall)
{
	struct json_object *wait;
	uint64_t total = 0;

	json__each (wait, owner, "waits")
		if (agrees(wait, "class", class) && agrees(wait, "syscall", syscall))
			total += json__integer(wait, "total_ns");
	return total;
}

uint64_t syscall_calls(struct json_object *owner, const char *name)
{
	struct json_object *call = find_syscall(owner, name);

	return call ? json__integer(call, "calls") : 0;
}

uint64_t waker_count(struct json_object *wait, const char *kind, pid_t tid)
{
	struct json_object *waker;
	uint64_t count = 0;

	json__each (waker, wait, "wakers") {
		if (!agrees(waker, "kind", kind))
			continue;
		if (tid && (!json__has(waker, "tid") || json__integer(waker, "tid") != tid))
			continue;
		count += json__integer(waker, "count");
	}
	return count;
}

uint64_t waker_total(struct json_object *wait)
{
	return waker_count(wait, NULL, 0);
}

struct json_object *find_requests(struct json_object *process, const char *api,
				  const char *operation)
{
	struct json_object *row;

	json__each (row, process, "requests")
		if (agrees(row, "api", api) && agrees(row, "operation", operation))
			return row;
	return NULL;
}

struct json_object *the_requests(struct json_object *process, const char *api,
				 const char *operation)
{
	struct json_object *row = find_requests(process, api, operation);

	if (!row)
		live__fail("no requests %s %s in %s", api, operation,
			   json__show(json__at(process, "requests")));
	return row;
}
