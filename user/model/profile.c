/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "model/profile.h"

#include <stdlib.h>

void wait__clear(struct wait *wait)
{
	for (size_t i = 0; i < wait->waker_count; i++)
		free(wait->wakers[i].comm);
	free(wait->wakers);
	free(wait->object);
	histogram__clear(&wait->duration);
	histogram__clear(&wait->runqueue);
}

void call__clear(struct call *call)
{
	free(call->errnos);
	histogram__clear(&call->latency);
}

static void waits__free(struct wait *waits, size_t count)
{
	for (size_t i = 0; i < count; i++)
		wait__clear(&waits[i]);
	free(waits);
}

static void calls__free(struct call *calls, size_t count)
{
	for (size_t i = 0; i < count; i++)
		call__clear(&calls[i]);
	free(calls);
}

static void attempts__free(struct attempts *attempts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		attempts__clear(&attempts[i]);
	free(attempts);
}

void thread__clear(struct thread *thread)
{
	waits__free(thread->waits, thread->wait_count);
	calls__free(thread->calls, thread->call_count);
	attempts__free(thread->attempts, thread->attempt_count);
	for (size_t i = 0; i < thread->loop_count; i++)
		loop__clear(&thread->loops[i]);
	free(thread->loops);
	verdict__clear(&thread->verdict);
	free(thread->comm);
}

static void process__clear(struct process *process)
{
	for (size_t i = 0; i < process->thread_count; i++)
		thread__clear(&process->threads[i]);
	free(process->threads);
	waits__free(process->waits, process->wait_count);
	calls__free(process->calls, process->call_count);
	attempts__free(process->attempts, process->attempt_count);
	for (size_t i = 0; i < process->request_count; i++)
		requests__clear(&process->requests[i]);
	free(process->requests);
	verdict__clear(&process->verdict);
	free(process->comm);
	free(process->exe);
}

void profile__free(struct profile *profile)
{
	if (!profile)
		return;
	for (size_t i = 0; i < profile->process_count; i++)
		process__clear(&profile->processes[i]);
	free(profile->processes);
	for (char **word = profile->command; word && *word; word++)
		free(*word);
	free(profile->command);
	free(profile->pids);
	free(profile->target_text);
	free(profile->kernel);
	for (size_t i = 0; i < profile->finding_count; i++)
		finding__clear(&profile->findings[i]);
	free(profile->findings);
	stacks__free(profile->stacks);
	free(profile->audit.lost);
	free(profile->audit.maps);
	free(profile);
}

bool wait__is_operation(const struct wait *wait)
{
	switch (wait->class) {
	case CLASS_DISK:
	case CLASS_NETWORK:
	case CLASS_IPC:
	case CLASS_TERMINAL:
	case CLASS_TIMER:
	case CLASS_FAULT:
		return !wait->idle;
	default:
		return false;
	}
}
