// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE 1
#include "event_source.h"

#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "check.h"
#include "endpoint.h"
#include "monotonic.h"

const char *const event_source_names[SOURCE_KINDS] = {
	[SOURCE_SOCKET] = "socket", [SOURCE_EVENTFD] = "eventfd", [SOURCE_TIMERFD] = "timerfd",
	[SOURCE_PIPE] = "pipe",	    [SOURCE_UNIX] = "unix",	  [SOURCE_LISTENER] = "listener",

};

static void open_socket(struct event_source *source)
{
	int ends[2];

	endpoint__tcp_pair(ends);
	source->fd = ends[0];
	source->feed_fd = ends[1];
}

static void open_eventfd(struct event_source *source)
{
	source->fd = (int)check(eventfd(0, EFD_CLOEXEC), "eventfd");
	source->feed_fd = source->fd;
}

static void open_timerfd(struct event_source *source)
{
	source->fd = (int)check(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC), "timerfd_create");
	source->feed_fd = -1;
}

static void open_pipe(struct event_source *source)
{
	int ends[2];

	check(pipe2(ends, O_CLOEXEC), "pipe2");
	source->fd = ends[0];
	source->feed_fd = ends[1];
}

static void open_unix(struct event_source *source)
{
	int ends[2];

	check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), "socketpair");
	source->fd = ends[0];
	source->feed_fd = ends[1];
}

static void open_listener(struct event_source *source)
{
	source->fd = endpoint__tcp_listener(SOMAXCONN);
	source->feed_fd = -1;
}

bool event_source__has_messages(enum event_source_kind kind)
{
	return kind == SOURCE_SOCKET || kind == SOURCE_PIPE || kind == SOURCE_UNIX;
}

void event_source__open(struct event_source *source, enum event_source_kind kind, uint64_t size)
{
	static void (*const openers[SOURCE_KINDS])(struct event_source *) = {
		[SOURCE_SOCKET] = open_socket,	 [SOURCE_EVENTFD] = open_eventfd,
		[SOURCE_TIMERFD] = open_timerfd, [SOURCE_PIPE] = open_pipe,
		[SOURCE_UNIX] = open_unix,	 [SOURCE_LISTENER] = open_listener,

	};

	source->kind = kind;
	source->unit = event_source__has_messages(kind) ? size : 1;
	openers[kind](source);
}

void event_source__close(struct event_source *source)
{
	if (source->feed_fd >= 0 && source->feed_fd != source->fd)
		close(source->feed_fd);
	close(source->fd);
}

void event_source__start_timer(struct event_source *source, uint64_t first_ns, uint64_t interval_ns)
{
	struct itimerspec times = {
		.it_value = monotonic__timespec(first_ns),
		.it_interval = monotonic__timespec(interval_ns),
	};

	check(timerfd_settime(source->fd, TFD_TIMER_ABSTIME, &times, NULL), "timerfd_settime");
}

void event_source__stop_timer(struct event_source *source, struct calls *calls)
{
	const struct itimerspec never = {0};

	calls__count(calls, "timerfd_settime");
	check(timerfd_settime(source->fd, 0, &never, NULL), "timerfd_settime");
}

/* The connection before goes only now: it was accepted, or can be no more. */
static void feed_listener(struct event_source *source)
{
	endpoint__reset(&source->feed_fd);
	source->feed_fd = endpoint__client(source->fd);
	check(endpoint__connect(source->feed_fd, source->fd), "connect");
}

void event_source__feed(struct event_source *source, const char *message)
{
	if (source->kind == SOURCE_LISTENER)
		feed_listener(source);
	else if (source->kind == SOURCE_EVENTFD)
		check(eventfd_write(source->feed_fd, 1), "eventfd_write");
	else if (check(write(source->feed_fd, message, source->unit), "write") !=
		 (int64_t)source->unit)
		errx(EXIT_FAILURE, "write: message cut short");
}

int64_t event_source__take(struct event_source *source, char *buffer, struct calls *calls)
{
	const bool is_message = event_source__has_messages(source->kind);
	uint64_t value;
	int64_t length;

	calls__count(calls, "read");
	length = read(source->fd, buffer, is_message ? source->unit : sizeof(value));
	if (length < 0 && errno == EAGAIN)
		return -1;
	if (check(length, "read") == 0)
		errx(EXIT_FAILURE, "read: end of file");
	memcpy(&value, buffer, sizeof(value));
	source->received += is_message ? (uint64_t)length : value;
	return length;
}
