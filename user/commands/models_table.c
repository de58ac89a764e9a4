// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <stdio.h>
#include <string.h>

#include "commands/models_table.h"
#include "names/nearest.h"

#define BLOCKS	    (TAKES_OPS | TAKES_DELAY | TAKES_SIZE)
#define SERVES	    NEEDS_CLIENT
#define SERVES_EACH (NEEDS_CLIENT | NEEDS_TASKS)

#define RUN(group, name, takes, needs, model, structure, ...)                                      \
	{                                                                                          \
		GROUP_##group, name, {__VA_ARGS__}, takes, needs, MODEL_##model,                   \
			STRUCTURE_##structure                                                      \
	}

/* clang-format off */
const struct models_run models_runs[] = {
	/* group, name, takes, needs, model, structure, what to run */
	RUN(RECEIVE, "blocking", BLOCKS, 0, BLOCKING, UNKNOWN,
	    "blocking", "--task", "receive"),
	RUN(RECEIVE, "spin", BLOCKS, 0, NONBLOCKING, UNKNOWN,
	    "nonblocking", "--task", "receive", "--mode", "spin"),
	RUN(RECEIVE, "backoff", BLOCKS, 0, NONBLOCKING, UNKNOWN,
	    "nonblocking", "--task", "receive", "--mode", "backoff"),
	RUN(RECEIVE, "select", BLOCKS, 0, SELECT, UNKNOWN,
	    "select", "--task", "receive"),
	RUN(RECEIVE, "poll", BLOCKS, 0, POLL, UNKNOWN,
	    "poll", "--task", "receive"),
	RUN(RECEIVE, "epoll", BLOCKS, 0, EPOLL, UNKNOWN,
	    "epoll", "--task", "receive"),
	RUN(RECEIVE, "posix_aio", BLOCKS, 0, POSIX_AIO, UNKNOWN,
	    "posix_aio", "--task", "receive"),
	RUN(RECEIVE, "linux_aio", BLOCKS, 0, LINUX_AIO, UNKNOWN,
	    "native_aio", "--task", "receive"),
	RUN(RECEIVE, "io_uring", BLOCKS, NEEDS_IO_URING, IO_URING, UNKNOWN,
	    "io_uring", "--task", "receive"),

	RUN(FILE, "file_blocking", TAKES_OPS, 0, BLOCKING, UNKNOWN,
	    "blocking", "--task", "file"),
	RUN(FILE, "file_posix_aio", TAKES_OPS, 0, POSIX_AIO, UNKNOWN,
	    "posix_aio", "--task", "file", "--depth", "8", "--descriptors", "8"),
	RUN(FILE, "file_linux_aio", TAKES_OPS, 0, LINUX_AIO, UNKNOWN,
	    "native_aio", "--task", "file", "--depth", "8"),
	RUN(FILE, "buffered_linux_aio", TAKES_OPS, 0, LINUX_AIO, UNKNOWN,
	    "native_aio", "--task", "file", "--mode", "buffered", "--depth", "8"),
	RUN(FILE, "file_io_uring", TAKES_OPS, NEEDS_IO_URING, IO_URING, UNKNOWN,
	    "io_uring", "--task", "file", "--depth", "8"),
	RUN(FILE, "buffered_io_uring", TAKES_OPS, NEEDS_IO_URING, IO_URING, UNKNOWN,
	    "io_uring", "--task", "file", "--mode", "buffered", "--depth", "8"),

	RUN(SERVICE, "thread", 0, SERVES_EACH, BLOCKING, THREAD_PER_CONNECTION,
	    "thread_server"),
	RUN(SERVICE, "process", 0, SERVES_EACH | NEEDS_FORKS, BLOCKING, PROCESS_PER_CONNECTION,
	    "process_server"),
	RUN(SERVICE, "loop", 0, SERVES, EPOLL, EVENT_LOOP,
	    "event_server", "--mode", "loop"),
	RUN(SERVICE, "loops", 0, SERVES, EPOLL, EVENT_LOOPS,
	    "event_server", "--mode", "loops"),
	RUN(SERVICE, "pool", 0, SERVES, EPOLL, EVENT_LOOP_POOL,
	    "event_server", "--mode", "pool"),
	RUN(SERVICE, "uring", 0, SERVES | NEEDS_IO_URING, IO_URING, EVENT_LOOP,
	    "uring_server"),

	RUN(THREADS, "threads", TAKES_COUNT, NEEDS_TASKS, UNKNOWN, UNKNOWN,
	    "threads", "--hold", "200ms"),

	RUN(OVERLAP, "sequential", TAKES_OPS | TAKES_DELAY, 0, UNKNOWN, UNKNOWN,
	    "overlap", "--way", "sequential"),
	RUN(OVERLAP, "async", TAKES_OPS | TAKES_DELAY, NEEDS_IO_URING, UNKNOWN, UNKNOWN,
	    "overlap", "--way", "async"),
	RUN(OVERLAP, "parallel", TAKES_OPS | TAKES_DELAY, 0, UNKNOWN, UNKNOWN,
	    "overlap", "--way", "parallel"),
	RUN(OVERLAP, "async_parallel", TAKES_OPS | TAKES_DELAY, NEEDS_IO_URING, UNKNOWN, UNKNOWN,
	    "overlap", "--way", "async-parallel"),
};
/* clang-format on */

const size_t models_run_count = sizeof(models_runs) / sizeof(models_runs[0]);

const uint64_t *models_scales(enum models_group group, bool quick)
{
	static const uint64_t once[] = {0};
	static const uint64_t connections[] = {10, 100, 1000, 10000, 0};
	static const uint64_t few_connections[] = {100, 0};
	static const uint64_t threads[] = {100, 1000, 10000, 30000, 0};
	static const uint64_t few_threads[] = {1000, 0};

	if (group == GROUP_SERVICE)
		return quick ? few_connections : connections;
	if (group == GROUP_THREADS)
		return quick ? few_threads : threads;
	return once;
}

static bool is_called(const char *name, const char *wanted, size_t length)
{
	return strlen(name) == length && strncmp(name, wanted, length) == 0;
}

static bool choose_one(const char *wanted, size_t length, bool *chosen)
{
	bool found = false;

	for (size_t i = 0; i < models_run_count; i++) {
		const struct models_run *run = &models_runs[i];

		if (!is_called(run->name, wanted, length) &&
		    !is_called(models_group__name(run->group), wanted, length))
			continue;
		chosen[i] = found = true;
	}
	return found;
}

static const char *nearest_to(const char *wanted)
{
	struct nearest nearest = {.wanted = wanted};

	for (size_t i = 0; i < models_run_count; i++)
		nearest__offer(&nearest, models_runs[i].name);
	for (int group = 0; group < GROUPS; group++)
		nearest__offer(&nearest, models_group__name(group));
	return nearest.best;
}

bool models_choose(const char *names, bool *chosen, char *message, size_t size)
{
	const char *at = names;
	char wanted[64];
	size_t length;

	do {
		length = strcspn(at, ",");
		if (!choose_one(at, length, chosen)) {
			snprintf(wanted, sizeof(wanted), "%.*s", (int)length, at);
			snprintf(message, size,
				 "there is no '%s'; the nearest name is '%s' (models --list has "
				 "all)",
				 wanted, nearest_to(wanted));
			return false;
		}
		at += length;
	} while (*at++ == ',');
	return true;
}
