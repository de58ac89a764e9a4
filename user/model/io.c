/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "model/io.h"

#include <math.h>
#include <stdlib.h>

static const char *const api_names[] = {
	[REQUEST_NONE] = "none",	   [REQUEST_POSIX_AIO] = "posix_aio",
	[REQUEST_LINUX_AIO] = "linux_aio", [REQUEST_IO_URING] = "io_uring",
	[REQUEST_BLOCK] = "block",
};

static const char *const served_names[SERVED_KINDS] = {
	[SERVED_INLINE] = "inline", [SERVED_POLLED] = "polled", [SERVED_PUNTED] = "punted",
	[SERVED_DEVICE] = "device", [SERVED_OTHER] = "other",
};

const char *request_api__name(enum request_api api)
{
	return api <= REQUEST_BLOCK ? api_names[api] : "none";
}

const char *request_served__name(enum request_served served)
{
	return served < SERVED_KINDS ? served_names[served] : "other";
}

double loop__utilisation(const struct loop *loop)
{
	return loop->window ? 1 - (double)loop->idle / (double)loop->window : NAN;
}

void loop__clear(struct loop *loop)
{
	free(loop->longest_cause);
	histogram__clear(&loop->handler);
	histogram__clear(&loop->readiness);
}

void attempts__clear(struct attempts *attempts)
{
	free(attempts->object);
	histogram__clear(&attempts->retry);
	histogram__clear(&attempts->readiness);
}

void requests__clear(struct requests *requests)
{
	free(requests->device);
	histogram__clear(&requests->latency);
	histogram__clear(&requests->queue);
	histogram__clear(&requests->taken);
	histogram__clear(&requests->taken_by);
}
