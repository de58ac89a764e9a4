// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "judge/loops.h"

#include "judge/thresholds.h"
#include "names/words.h"

static const struct {
	enum io_model model;
	const char *calls; /* with a space between */
} multiplexers[] = {
	{MODEL_SELECT, "select _newselect pselect6 pselect6_time64"},
	{MODEL_POLL, "poll ppoll ppoll_time64"},
	{MODEL_EPOLL, "epoll_wait epoll_pwait epoll_pwait2 epoll_wait_old"},
	{MODEL_IO_URING, "io_uring_enter"},
	{MODEL_LINUX_AIO, "io_getevents io_pgetevents io_pgetevents_time64"},
};

enum io_model multiplexer__model(const char *call)
{
	for (size_t i = 0; i < sizeof(multiplexers) / sizeof(multiplexers[0]); i++)
		if (words__have(multiplexers[i].calls, call))
			return multiplexers[i].model;
	return MODEL_UNKNOWN;
}

static uint64_t calls_in_handlers(const struct thread *thread)
{
	uint64_t calls = 0;

	for (size_t i = 0; i < thread->call_count; i++)
		calls += thread->calls[i].handled;
	return calls;
}

const struct loop *thread__main_loop(const struct thread *thread)
{
	const struct loop *loop = thread->loop_count ? &thread->loops[0] : NULL;
	uint64_t events;

	if (!loop || !loop->main || loop->iterations < LOOP_RETURNS_LEAST)
		return NULL;
	events = loop->events > loop->iterations ? loop->events : loop->iterations;
	if (calls_in_handlers(thread) / LOOP_CALLS_AN_EVENT > events)
		return NULL;
	return loop;
}

bool loop__polls(const struct loop *loop)
{
	return (double)loop->unslept >= POLLING_SHARE * (double)loop->iterations;
}

enum io_model thread__awaits_by(const struct thread *thread)
{
	const struct loop *loop = thread->loop_count ? &thread->loops[0] : NULL;

	return loop && loop->main && !loop__polls(loop) ? multiplexer__model(loop->call)
							: MODEL_UNKNOWN;
}

uint64_t thread__multiplex_sleeps(const struct thread *thread, const char **call)
{
	uint64_t sleeps = 0, most = 0;

	*call = NULL;
	for (size_t i = 0; i < thread->wait_count; i++) {
		const struct wait *wait = &thread->waits[i];

		if (wait->class != CLASS_MULTIPLEX || !wait->syscall)
			continue;
		sleeps += wait->count;
		if (wait->count > most) {
			most = wait->count;
			*call = wait->syscall;
		}
	}
	return sleeps;
}
