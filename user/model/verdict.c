/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "model/verdict.h"

#include <stdlib.h>

static const char *const model_names[IO_MODELS] = {
	[MODEL_UNKNOWN] = "unknown",
	[MODEL_BLOCKING] = "blocking",
	[MODEL_NONBLOCKING] = "nonblocking",
	[MODEL_SELECT] = "select",
	[MODEL_POLL] = "poll",
	[MODEL_EPOLL] = "epoll",
	[MODEL_SIGNAL_DRIVEN] = "signal_driven",
	[MODEL_POSIX_AIO] = "posix_aio",
	[MODEL_LINUX_AIO] = "linux_aio",
	[MODEL_IO_URING] = "io_uring",
	[MODEL_MMAP] = "mmap",
	[MODEL_COMPUTE] = "compute",
	[MODEL_NONE] = "none",
	[MODEL_MIXED] = "mixed",
};

static const char *const structure_names[STRUCTURES] = {
	[STRUCTURE_UNKNOWN] = "unknown",
	[STRUCTURE_SEQUENTIAL] = "sequential",
	[STRUCTURE_THREAD_PER_CONNECTION] = "thread_per_connection",
	[STRUCTURE_PROCESS_PER_CONNECTION] = "process_per_connection",
	[STRUCTURE_EVENT_LOOP] = "event_loop",
	[STRUCTURE_EVENT_LOOPS] = "event_loops",
	[STRUCTURE_EVENT_LOOP_POOL] = "event_loop_pool",
	[STRUCTURE_WORKER_POOL] = "worker_pool",
	[STRUCTURE_PARALLEL] = "parallel",
};

static const char *const severity_names[] = {
	[SEVERITY_INFO] = "info",
	[SEVERITY_NOTICE] = "notice",
	[SEVERITY_WARNING] = "warning",
};

const char *io_model__name(enum io_model model)
{
	return model < IO_MODELS ? model_names[model] : "unknown";
}

const char *structure__name(enum structure structure)
{
	return structure < STRUCTURES ? structure_names[structure] : "unknown";
}

const char *severity__name(enum severity severity)
{
	return severity <= SEVERITY_WARNING ? severity_names[severity] : "info";
}

void verdict__clear(struct verdict *verdict)
{
	for (size_t i = 0; i < verdict->share_count; i++) {
		for (size_t j = 0; j < verdict->shares[i].evidence_count; j++)
			free(verdict->shares[i].evidence[j]);
		free(verdict->shares[i].evidence);
	}
	free(verdict->shares);
	free(verdict->why);
}

void finding__clear(struct finding *finding)
{
	free(finding->text);
}
