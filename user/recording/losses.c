// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>

#include "model/per_cpu.h"
#include "recording/losses.h"

void losses__clear(struct losses *losses)
{
	free(losses->losing.base);
	*losses = LOSSES_NONE;
}

int losses__take(struct losses *losses, unsigned int cpu, const struct stream_event *event)
{
	bool is_loss = event->kind == STREAM_LOST, *losing;

	if (cpu >= CPUS_MOST)
		return -EPROTO;
	if (!is_loss && !losses->losing_cpus)
		return 0;
	losing = grown__at(&losses->losing, cpu + 1);
	if (!losing)
		return grown__error(cpu);
	if (is_loss)
		losses->events += event->row;
	if (is_loss || *losing) {
		losses->doubted = event->time;
		losses->epoch++;
	}
	losses->losing_cpus += is_loss - *losing;
	*losing = is_loss;
	return 0;
}
