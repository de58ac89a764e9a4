// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Levels of a process: threads that run, operations outstanding, requests in flight. */
#include <errno.h>

#include "recording/timeline_internal.h"

/* Changes that wait to be put in order, 16 bytes each: of who runs, and of what is outstanding. */
#define RUNNING_ROOM	 (1 << 14)
#define OUTSTANDING_ROOM (1 << 20)

static const char *const names[LEVELS] = {
	[LEVEL_RUNNING] = "parallelism",
	[LEVEL_OPERATIONS] = "concurrency",
	[LEVEL_REQUESTS + REQUEST_POSIX_AIO] = "posix_aio in flight",
	[LEVEL_REQUESTS + REQUEST_LINUX_AIO] = "linux_aio in flight",
	[LEVEL_REQUESTS + REQUEST_IO_URING] = "io_uring in flight",
	[LEVEL_REQUESTS + REQUEST_BLOCK] = "block in flight",
};

static int tell(void *context, uint32_t number, uint64_t time, int64_t level)
{
	struct timeline *timeline = context;

	return timeline->writer->level(timeline->writer->context, number, time, level);
}

int timeline__levels_new(struct timeline *timeline)
{
	timeline->running = steps__new(RUNNING_ROOM, tell, timeline);
	timeline->outstanding = steps__new(OUTSTANDING_ROOM, tell, timeline);
	return timeline->running && timeline->outstanding ? 0 : -ENOMEM;
}

/* The number of the counter, made at the first change. */
static int find(struct timeline *timeline, uint32_t process, uint32_t pid,
		enum timeline_level level, uint32_t *number)
{
	const struct timeline_writer *writer = timeline->writer;
	struct crowd *crowd = grown__at(&timeline->crowds, process);
	int err;

	if (!crowd)
		return grown__error(process);
	if (crowd->pid != pid)
		*crowd = (struct crowd){.pid = pid};
	if (!crowd->counters[level]) {
		err = timeline__tell_process(timeline, pid, 0, NULL, false);
		if (err)
			return err;
		crowd->counters[level] = ++timeline->counter_count;
		err = writer->counter(writer->context, crowd->counters[level], pid, names[level]);
		if (err)
			return err;
	}
	*number = crowd->counters[level];
	return 0;
}

int timeline__change(struct timeline *timeline, uint32_t process, uint32_t pid,
		     enum timeline_level level, uint64_t time, int32_t change)
{
	struct steps *steps = level == LEVEL_RUNNING ? timeline->running : timeline->outstanding;
	uint32_t number = 0;
	int err;

	if (!names[level])
		return 0;
	err = find(timeline, process, pid, level, &number);
	return err ? err : steps__add(steps, number, time, change);
}

int timeline__outstanding(struct timeline *timeline, uint32_t process, uint32_t pid,
			  enum timeline_level level, uint64_t since, uint64_t until)
{
	int err = timeline__change(timeline, process, pid, level, since, 1);

	return err ? err : timeline__change(timeline, process, pid, level, until, -1);
}

int timeline__set_running(struct timeline *timeline, struct track *track, uint64_t time,
			  bool running)
{
	if (track->running == running)
		return 0;
	track->running = running;
	if (running) {
		track->running_process = track->process;
		track->running_pid = track->thread.pid;
	}
	return timeline__change(timeline, track->running_process, track->running_pid, LEVEL_RUNNING,
				time, running ? 1 : -1);
}

int timeline__levels_finish(struct timeline *timeline)
{
	int err = steps__finish(timeline->running);

	return err ? err : steps__finish(timeline->outstanding);
}
