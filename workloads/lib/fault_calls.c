// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* One thread that uses a call badly: asks without waiting, or waits for the disk too often. */
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "check.h"
#include "fault.h"
#include "monotonic.h"
#include "scratch.h"

/* --- zero-timeout: poll() is asked again and again whether there is something ------------------
 */

struct polling {
	int fd;
	uint64_t polls, empty_polls;
};

static void poll_for_events(void *argument)
{
	struct fault *fault = argument;
	struct polling *polling = fault->own;
	struct pollfd watched = {.fd = polling->fd, .events = POLLIN};
	const int timeout_ms = fault->is_innocent ? -1 : 0;

	while (fault->done < fault->operations) {
		uint64_t start_ns = monotonic__now_ns();
		eventfd_t events;

		do {
			calls__count(&fault->calls, SYSCALL_POLL);
			polling->polls++;
			polling->empty_polls += check(poll(&watched, 1, timeout_ms), "poll") == 0;
		} while (!watched.revents);
		distribution__record(&fault->latency, monotonic__now_ns() - start_ns);
		calls__count(&fault->calls, "read");
		check(eventfd_read(polling->fd, &events), "eventfd_read");
		fault->done += events;
	}
}

static void feed_events(void *argument)
{
	const struct fault *fault = argument;
	const struct polling *polling = fault->own;
	uint64_t start_ns = monotonic__now_ns();

	for (uint64_t i = 0; i < fault->operations; i++) {
		monotonic__sleep_until_ns(start_ns + (i + 1) * fault->delay_ns);
		check(eventfd_write(polling->fd, 1), "eventfd_write");
	}
}

static void play_polling(struct fault *fault)
{
	struct polling *polling = check_memory(calloc(1, sizeof(*polling)));

	fault->own = polling;
	polling->fd = (int)check(eventfd(0, EFD_CLOEXEC), "eventfd");
	fault__play_two(fault, poll_for_events, feed_events);
}

static void write_polling(const struct fault *fault, struct truth *truth)
{
	const struct polling *polling = fault->own;

	truth__text(truth, "syscall", SYSCALL_POLL);
	truth__number(truth, "fd", (uint64_t)polling->fd);
	truth__number(truth, "polls", polling->polls);
	truth__number(truth, "empty_polls", polling->empty_polls);
}

/* --- small-sync-writes: each few bytes are forced to the disk by themselves --------------------
 */

struct writing {
	uint64_t bytes;
	struct distribution syncs;
};

static void sync_file(struct fault *fault, int fd)
{
	struct writing *writing = fault->own;
	uint64_t start_ns = monotonic__now_ns();

	calls__count(&fault->calls, "fsync");
	check(fsync(fd), "fsync");
	distribution__record(&writing->syncs, monotonic__now_ns() - start_ns);
}

static void write_records(void *argument)
{
	struct fault *fault = argument;
	struct writing *writing = fault->own;
	char *record = memset(check_memory(malloc(fault->size)), 'x', fault->size);
	int fd = scratch__create(fault->path);

	for (; fault->done < fault->operations; fault->done++) {
		uint64_t start_ns = monotonic__now_ns();

		calls__count(&fault->calls, "write");
		writing->bytes += (uint64_t)check(write(fd, record, fault->size), "write");
		if (!fault->is_innocent)
			sync_file(fault, fd);
		distribution__record(&fault->latency, monotonic__now_ns() - start_ns);
	}
	if (fault->is_innocent)
		sync_file(fault, fd);
	close(fd);
	free(record);
}

static void play_writing(struct fault *fault)
{
	fault->own = check_memory(calloc(1, sizeof(struct writing)));
	fault->waiter = (struct actor){.name = "waiter", .play = write_records, .scene = fault};
	actor__start(&fault->waiter);
	actor__join(&fault->waiter);
}

static void write_writing(const struct fault *fault, struct truth *truth)
{
	const struct writing *writing = fault->own;

	truth__text(truth, "path", scratch__path());
	truth__number(truth, "bytes", writing->bytes);
	distribution__write(&writing->syncs, truth, "sync");
}

const struct fault_kind fault_kinds_calls[] = {
	{
		.name = "zero-timeout",
		.help = "asks poll() with a timeout of zero again and again",
		.innocent_help = "waits in poll() for as long as it takes",
		.operations = 200,
		.delay_ns = 1000000,
		.play = play_polling,
		.write_truth = write_polling,
	},
	{
		.name = "small-sync-writes",
		.help = "writes a few bytes and calls fsync(), each time",
		.innocent_help = "writes as much, and calls fsync() once",
		.operations = 200,
		.size = 512,
		.uses_file = true,
		.play = play_writing,
		.write_truth = write_writing,
	},
	{0},
};
