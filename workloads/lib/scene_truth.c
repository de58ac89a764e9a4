// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What the programs state in common; README.md explains every member. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "check.h"
#include "scene.h"
#include "scratch.h"

static const char *const partner_names[] = {
	[PARTNER_NONE] = "none",
	[PARTNER_THREAD] = "thread",
	[PARTNER_CHILD] = "child",
};

static void write_actors(const struct scene *scene, struct truth *truth)
{
	bool has_partner = scene->kind->partner != PARTNER_NONE;

	truth__number(truth, "pid", (uint64_t)getpid());
	truth__number(truth, "waiter_tid", (uint64_t)scene->waiter.tid);
	truth__number(truth, "waiter_cpu", (uint64_t)scene->waiter.cpu);
	truth__text(truth, "partner", partner_names[scene->kind->partner]);
	truth__number_if(truth, "partner_pid", scene->kind->partner == PARTNER_THREAD,
			 (uint64_t)getpid());
	truth__number_if(truth, "partner_tid", scene->kind->partner == PARTNER_THREAD,
			 (uint64_t)scene->partner.tid);
	truth__number_if(truth, "partner_cpu", has_partner, (uint64_t)scene->partner.cpu);
}

static const char *known_text(const char *text)
{
	return *text ? text : NULL;
}

static void write_object(const struct scene *scene, struct truth *truth)
{
	bool has_fd = scene->fd >= 0;
	struct stat status = {0};
	char device[32];

	if (has_fd)
		check(fstat(scene->fd, &status), "fstat");
	snprintf(device, sizeof(device), "%u:%u", major(status.st_dev), minor(status.st_dev));
	truth__text(truth, "object_kind", scene->kind->object_kind);
	truth__text(truth, "object", known_text(scene->object));
	truth__text(truth, "path", scene->kind->uses_file ? scratch__path() : NULL);
	truth__number_if(truth, "fd", has_fd, (uint64_t)scene->fd);
	truth__number_if(truth, "inode", has_fd, status.st_ino);
	truth__text(truth, "device", S_ISREG(status.st_mode) ? device : NULL);
	truth__text(truth, "local", known_text(scene->local));
	truth__text(truth, "remote", known_text(scene->remote));
	truth__number_if(truth, "descriptors", scene->descriptors > 0, scene->descriptors);
}

/* A non-blocking call does not sleep on its object, whatever the row says of a blocking one. */
static void write_sleep(const struct scene *scene, struct truth *truth)
{
	const struct wait_kind *kind = scene->kind;
	enum sleeps sleeps = scene->nonblocking ? SLEEPS_NEVER : kind->sleeps;

	truth__text(truth, "sleep", sleeps == SLEEPS_NEVER ? NULL : kind->sleep);
	if (sleeps == SLEEPS_MAYBE)
		truth__text(truth, "sleeps", NULL);
	else
		truth__flag(truth, "sleeps", sleeps == SLEEPS_ONCE);
	truth__flag(truth, "may_sleep", sleeps != SLEEPS_NEVER);
	truth__number_if(truth, "sleep_count", sleeps != SLEEPS_MAYBE,
			 sleeps == SLEEPS_ONCE ? scene->operations : 0);
	if (sleeps == SLEEPS_NEVER)
		truth__wakers(truth, "", NULL);
	else
		truth__wakers(truth, kind->wakers, kind->wakers_realtime);
}

static void write_delays(const struct scene *scene, struct truth *truth)
{
	const struct wait_kind *kind = scene->kind;
	const struct turns *turns = scene->turns;
	bool held = kind->partner != PARTNER_NONE && kind->sleeps == SLEEPS_ONCE;
	bool delayed = held || kind->delay_is_the_wait;

	truth__number(truth, "slept_ns", delayed ? scene->operations * scene->delay_ns : 0);
	truth__number_if(truth, "held_ns", held, turns->held_ns);
	truth__number_if(truth, "released_awake", held && !scene->nonblocking,
			 turns->released_awake);
}

/* Which I/O model the row is an example of: none if it waits, but for no I/O. */
static const char *model_of(const struct scene *scene)
{
	static const char *const without_io[] = {"lock", "timer", "child", "signal"};
	const struct wait_kind *kind = scene->kind;

	for (size_t i = 0; i < sizeof(without_io) / sizeof(*without_io); i++)
		if (strcmp(kind->class, without_io[i]) == 0)
			return "none";
	if (strcmp(kind->class, "multiplex") == 0)
		return strstr(kind->syscall, "epoll")	 ? "epoll"
		       : strstr(kind->syscall, "select") ? "select"
							 : "poll";
	if (!scene->nonblocking)
		return "blocking";
	return kind->can_be_nonblocking ? "nonblocking" : NULL;
}

/* One thread, one operation at a time, and the call's return is the result. */
static void write_outcome(struct scene *scene, struct truth *truth)
{
	struct outcome *outcome = &scene->outcome;
	const bool multiplexes = strcmp(scene->kind->class, "multiplex") == 0;

	outcome->model = model_of(scene);
	outcome->delivery = multiplexes ? "readiness" : "return_value";
	outcome->completion_is = multiplexes		 ? "readiness"
				 : scene->kind->size_max ? "data"
							 : "status";
	outcome->threads = 1;
	outcome->max_in_flight = 1;
	outcome__write(outcome, truth, scene->books.time_ns);
}

void scene__write_truth(struct scene *scene, struct truth *truth, const char *workload)
{
	const struct wait_kind *kind = scene->kind;

	truth__text(truth, "workload", workload);
	truth__text(truth, "what", kind->name);
	write_actors(scene, truth);
	truth__number(truth, "operations", scene->latency.count);
	truth__number(truth, "bytes", scene->bytes);
	truth__number(truth, "delay_ns", scene->delay_ns);
	truth__number_if(truth, "size", kind->size_max > 0, scene->size);
	truth__text(truth, "syscall", kind->syscall);
	truth__text(truth, "class", kind->class);
	write_object(scene, truth);
	write_sleep(scene, truth);
	write_outcome(scene, truth);
	truth__calls(truth, &scene->calls);
	truth__number(truth, "eagain", scene->eagain);
	truth__number(truth, "einprogress", scene->einprogress);
	truth__number(truth, "eintr", scene->eintr);
	write_delays(scene, truth);
	truth__latency(truth, "latency", &scene->latency);
	truth__books(truth, &scene->books);
}
