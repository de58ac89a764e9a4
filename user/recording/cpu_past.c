// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>

#include "model/per_cpu.h"
#include "recording/cpu_past.h"

#define SLICES_FIRST 64
#define SLICES_KEPT  4096 /* of each CPU */

struct cpu_past {
	struct cpu_slice *slices; /* a ring, once it has its full size */
	uint32_t room;
	uint64_t count; /* so far */
};

struct cpu_pasts cpu_pasts__empty(void)
{
	return (struct cpu_pasts){.cpus = {.size = sizeof(struct cpu_past)}};
}

void cpu_pasts__clear(struct cpu_pasts *pasts)
{
	for (uint32_t i = 0; i < pasts->cpus.room; i++)
		free(((struct cpu_past *)pasts->cpus.base)[i].slices);
	free(pasts->cpus.base);
	*pasts = cpu_pasts__empty();
}

static int make_room(struct cpu_past *past)
{
	uint32_t room = past->room ? past->room * 2 : SLICES_FIRST;
	struct cpu_slice *slices;

	if (past->count < past->room || past->room == SLICES_KEPT)
		return 0;
	slices = reallocarray(past->slices, room, sizeof(*slices));
	if (!slices)
		return -ENOMEM;
	past->slices = slices;
	past->room = room;
	return 0;
}

int cpu_pasts__switch(struct cpu_pasts *pasts, unsigned int cpu, uint64_t time, uint32_t thread)
{
	struct cpu_past *past;

	if (cpu >= CPUS_MOST)
		return -EPROTO;
	past = grown__at(&pasts->cpus, cpu + 1);
	if (!past || make_room(past))
		return -ENOMEM;
	if (past->count)
		past->slices[(past->count - 1) % past->room].until = time;
	past->slices[past->count++ % past->room] =
		(struct cpu_slice){.since = time, .thread = thread};
	return 0;
}

const struct cpu_slice *cpu_pasts__slice(struct cpu_pasts *pasts, unsigned int cpu, uint32_t back)
{
	const struct cpu_past *past;

	if (cpu >= pasts->cpus.used)
		return NULL;
	past = grown__at(&pasts->cpus, cpu + 1);
	if (!past->slices || back >= past->count || back >= past->room)
		return NULL;
	return &past->slices[(past->count - 1 - back) % past->room];
}

uint32_t cpu_pasts__running(struct cpu_pasts *pasts, unsigned int cpu)
{
	const struct cpu_slice *slice = cpu_pasts__slice(pasts, cpu, 0);

	return slice ? slice->thread : 0;
}
