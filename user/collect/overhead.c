// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <unistd.h>
#include <bpf/bpf.h>

#include "collect/overhead.h"

#define MILLISECOND 1000000ULL
#define MEASURED    (2 * MILLISECOND)
/* A short run needs samples soon, a long one seldom. */
#define QUIET_FIRST (18 * MILLISECOND)
#define QUIET_LAST  (500 * MILLISECOND)

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
	*overhead = (struct overhead){.session = session, .stats_fd = -1, .quiet = QUIET_FIRST};
	switch_on(overhead, now);
}

int overhead__step(struct overhead *overhead, uint64_t now)
{
	bool on = overhead->stats_fd >= 0;
	uint64_t phase = on ? MEASURED : overhead->quiet;

	if (overhead->refused)
		return 1000;
	if (now - overhead->since >= phase && on) {
		switch_off(overhead, now);
		phase = overhead->quiet;
	} else if (now - overhead->since >= phase) {
		switch_on(overhead, now);
		phase = MEASURED;
		if (overhead->quiet < QUIET_LAST)
			overhead->quiet += overhead->quiet / 2;
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
