// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "feed.h"

#include <sys/prctl.h>

#include "check.h"
#include "endpoint.h"
#include "monotonic.h"
#include "process.h"

enum { DESCRIPTORS_BESIDE = 16 };

/* Every source gets its share of the events: as many as the round robin leads to it. */
void feed__open(struct feed *feed)
{
	process__raise_open_files(2 * feed->sources_count + DESCRIPTORS_BESIDE);
	feed->sources = check_memory(calloc(feed->sources_count, sizeof(*feed->sources)));
	feed->sent_ns = check_memory(calloc(feed->operations, sizeof(*feed->sent_ns)));
	for (uint64_t i = 0; i < feed->sources_count; i++) {
		struct event_source *source = &feed->sources[i];

		source->quota = feed->operations / feed->sources_count +
				(i < feed->operations % feed->sources_count);
		event_source__open(source, feed->kinds[i % feed->kinds_length], feed->size);
		if (feed->nonblocking)
			endpoint__set_nonblocking(source->fd);
	}
}

void feed__close(struct feed *feed)
{
	for (uint64_t i = 0; i < feed->sources_count; i++)
		event_source__close(&feed->sources[i]);
	free(feed->sent_ns);
	free(feed->sources);
}

void feed__start(struct feed *feed, uint64_t first_ns)
{
	for (uint64_t i = 0; i < feed->sources_count; i++)
		if (feed->sources[i].kind == SOURCE_TIMERFD)
			event_source__start_timer(&feed->sources[i], first_ns + i * feed->delay_ns,
						  feed->sources_count * feed->delay_ns);
	atomic_store(&feed->start_ns, first_ns);
}

static void await_turn(const struct feed *feed, uint64_t event, uint64_t start_ns)
{
	if (!feed->asked) {
		monotonic__sleep_until_ns(start_ns + event * feed->delay_ns);
		return;
	}
	while (atomic_load(feed->asked) <= event)
		monotonic__sleep_ns(20000);
	monotonic__sleep_ns(feed->delay_ns);
}

void feed__play(void *argument)
{
	static const char message[FEED_SIZE_MAX];
	struct feed *feed = argument;
	uint64_t start_ns;

	/* The default slack of 50 us would be added to each sleep. */
	check(prctl(PR_SET_TIMERSLACK, 1UL), "prctl PR_SET_TIMERSLACK");
	while (!(start_ns = atomic_load(&feed->start_ns)))
		monotonic__sleep_ns(20000);
	for (uint64_t i = 0; i < feed->operations; i++) {
		struct event_source *source = &feed->sources[i % feed->sources_count];

		if (source->kind == SOURCE_TIMERFD)
			continue;
		await_turn(feed, i, start_ns);
		atomic_store(&feed->sent_ns[i], monotonic__now_ns());
		event_source__feed(source, message);
	}
}

uint64_t feed__sent_ns(const struct feed *feed, uint64_t source, uint64_t unit)
{
	return atomic_load(&feed->sent_ns[unit * feed->sources_count + source]);
}
