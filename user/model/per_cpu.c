// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "model/per_cpu.h"

#include <errno.h>
#include <stdlib.h>

void *per_cpu__at(struct per_cpu *per_cpu, unsigned int cpu, int *err)
{
	*err = cpu < CPUS_MOST ? 0 : -EPROTO;
	if (*err)
		return NULL;
	if (!per_cpu->lanes[cpu])
		per_cpu->lanes[cpu] = calloc(1, per_cpu->size);
	*err = per_cpu->lanes[cpu] ? 0 : -ENOMEM;
	return per_cpu->lanes[cpu];
}

void per_cpu__clear(struct per_cpu *per_cpu)
{
	for (unsigned int i = 0; i < CPUS_MOST; i++) {
		free(per_cpu->lanes[i]);
		per_cpu->lanes[i] = NULL;
	}
}
