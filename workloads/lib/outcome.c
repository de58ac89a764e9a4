// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE 1
#include "outcome.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "check.h"

void outcome__start(struct outcome *outcome, uint64_t now_ns)
{
	outcome->start_ns = now_ns;
}

void outcome__result(struct outcome *outcome, uint64_t now_ns)
{
	if (!outcome->results++)
		outcome->first_ns = now_ns;
	outcome->last_ns = now_ns;
}

static uint64_t count_entries(const char *entries, int64_t length, pid_t partner_tid)
{
	const struct dirent64 *entry;
	uint64_t count = 0;

	for (int64_t at = 0; at < length; at += entry->d_reclen) {
		long tid;

		entry = (const struct dirent64 *)(entries + at);
		tid = strtol(entry->d_name, NULL, 10);
		count += tid && tid != getpid() && tid != partner_tid;
	}
	return count;
}

/*
 * A list ends early if the thread that it has come to exits just then, as the partner may: the
 * longest of several is right. No opendir(): that would close() the directory again, a call that
 * some workloads count.
 */
void outcome__count_threads(struct outcome *outcome, pid_t partner_tid)
{
	static char entries[1 << 16] __attribute__((aligned(8)));
	int fd = (int)check(open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
			    "/proc/self/task");

	outcome->threads = 0;
	for (int i = 0; i < 3; i++) {
		uint64_t count = 0;
		int64_t length;

		check(lseek(fd, 0, SEEK_SET), "lseek");
		while ((length = check(getdents64(fd, entries, sizeof(entries)), "getdents64")))
			count += count_entries(entries, length, partner_tid);
		if (count > outcome->threads)
			outcome->threads = count;
	}
}

void outcome__write(const struct outcome *outcome, struct truth *truth, uint64_t wall_ns)
{
	const bool known = outcome->results > 0;

	truth__text(truth, "model", outcome->model);
	truth__text(truth, "delivery", outcome->delivery);
	truth__text(truth, "completion_is", outcome->completion_is);
	truth__number(truth, "threads", outcome->threads);
	truth__number(truth, "max_in_flight", outcome->max_in_flight);
	truth__number(truth, "wall_ns", wall_ns);
	truth__number_if(truth, "first_result_ns", known, outcome->first_ns - outcome->start_ns);
	truth__number_if(truth, "last_result_ns", known, outcome->last_ns - outcome->start_ns);
}
