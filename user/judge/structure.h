/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How processes divide their work among threads and processes: docs/io-models.md, "Structure". */
#ifndef WAITSCOPE_JUDGE_STRUCTURE_H
#define WAITSCOPE_JUDGE_STRUCTURE_H

#include "model/profile.h"

/* What a thread does in its process. */
enum thread_role {
	ROLE_IDLE,	 /* hardly anything */
	ROLE_LOOP,	 /* comes back to a multiplexer */
	ROLE_CONNECTION, /* does blocking I/O on sockets, and rests on no queue */
	ROLE_WORKER,	 /* rests on a queue, and works in between */
	ROLE_WORKING,	 /* works (or waits for a disk) most of its life */
	ROLE_OTHER,
	ROLES,
};

/* Time at work of all threads of a process, ns: on a CPU, or asleep for a disk. */
uint64_t structure__work(const struct process *process);

/* The role of a thread in a process with that much work. */
enum thread_role structure__role(const struct profile *profile, const struct thread *thread,
				 uint64_t work);

/* Fills the structure of all processes: some show it only together. */
void structure__judge(struct profile *profile);

#endif
