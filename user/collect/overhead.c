// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <unistd.h>
#include <bpf/bpf.h>

#include "collect/overhead.h"

#define MILLISECOND     1000000ULL
#define MEASURED_PHASE  (10 * MILLISECOND)
#define QUIET_PHASE     (490 * MILLISECOND)

static void switch_on(struct overhead *overhead, uint64_t now)
{
	overhead->stats_fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
	overhead->refused = overhead->stats_fd < 0;
	overhead->since = now;
}

static void switch_off(struct overhead *overhead, uint64_t now)
{
	close(overhead->stats_fd);
	overhead->stats_fd = -1;
	overhead->measured += now - overhead->since;
	overhead->since = now;
}

void overhead__begin(struct overhead *overhead, const struct session *session, uint64_t now)
{
	*overhead = (struct overhead){.session = session, .stats_fd = -1};
	switch_on(overhead, now);
}

int overhead__step(struct overhead *overhead, uint64_t now)
{
	bool on = overhead->stats_fd >= 0;
	uint64_t phase = on ? MEASURED_PHASE : QUIET_PHASE;

	if (overhead->refused)
		return 1000;
	if (now - overhead->since >= phase) {
		if (on)
			switch_off(overhead, now);
		else
			switch_on(overhead, now);
		phase = on ? QUIET_PHASE : MEASURED_PHASE;
	}
	return (overhead->since + phase - now) / MILLISECOND + 1;
}

bool overhead__end(struct overhead *overhead, uint64_t now, uint64_t window, uint64_t *ns)
{
	if (overhead->stats_fd >= 0)
		switch_off(overhead, now);
	if (!overhead->measured)
		return false;
	*ns = (double)session__program_time(overhead->session) * window / overhead->measured;
	return true;
}
