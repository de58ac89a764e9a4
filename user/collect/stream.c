// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "collect/stream.h"

/* A program takes its time stamp first and writes the event last: in between may lie what an
 * interrupt takes, or a hypervisor that runs another machine. */
#define SETTLED_NS 20000000

/* One CPU's: events that have left the ring buffer, by time. */
struct queue {
	struct ring_buffer *ring;
	int fd;
	struct stream_event *events;
	size_t first, count, room; /* events [first, count) are still to be handed out */
	int err;
};

struct stream {
	struct queue *queues;
	unsigned int count;
	int epoll;
	uint64_t events, late, last, until;
};

/* Nearly in order: a program that an interrupt put off writes after the one in the interrupt. */
static void put_in_order(struct queue *queue)
{
	struct stream_event *events = queue->events, event = events[queue->count - 1];
	size_t at = queue->count - 1;

	for (; at > queue->first && events[at - 1].time > event.time; at--)
		events[at] = events[at - 1];
	events[at] = event;
}

static int make_room(struct queue *queue)
{
	size_t room = queue->room ? queue->room * 2 : 4096;
	struct stream_event *events;

	if (queue->first > queue->room / 2) {
		queue->count -= queue->first;
		memmove(queue->events, queue->events + queue->first,
			queue->count * sizeof(*queue->events));
		queue->first = 0;
		return 0;
	}
	events = reallocarray(queue->events, room, sizeof(*events));
	if (!events)
		return -ENOMEM;
	queue->events = events;
	queue->room = room;
	return 0;
}

static int take(void *context, void *data, size_t size)
{
	struct queue *queue = context;

	if (size < sizeof(struct stream_event))
		return 0;
	if (queue->count == queue->room) {
		queue->err = make_room(queue);
		if (queue->err)
			return queue->err;
	}
	memcpy(&queue->events[queue->count++], data, sizeof(struct stream_event));
	put_in_order(queue);
	return 0;
}

static int open_queue(struct stream *stream, unsigned int cpu, const struct session *session,
		      size_t bytes)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u32 = cpu};
	struct queue *queue = &stream->queues[cpu];

	queue->fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "stream", 0, 0, bytes, NULL);
	if (queue->fd < 0)
		return queue->fd;
	queue->ring = ring_buffer__new(queue->fd, take, queue, NULL);
	if (!queue->ring)
		return -errno;
	if (bpf_map_update_elem(session__streams_fd(session), &cpu, &queue->fd, BPF_ANY) ||
	    epoll_ctl(stream->epoll, EPOLL_CTL_ADD, queue->fd, &event))
		return -errno;
	return 0;
}

int stream__new(struct stream **result, const struct session *session, size_t bytes)
{
	struct stream *stream = calloc(1, sizeof(*stream));
	int err = 0;

	if (!stream)
		return -ENOMEM;
	stream->count = session__stream_count(session);
	stream->queues = calloc(stream->count, sizeof(*stream->queues));
	stream->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (!stream->queues)
		err = -ENOMEM;
	else if (stream->epoll < 0)
		err = -errno;
	for (unsigned int cpu = 0; stream->queues && cpu < stream->count; cpu++)
		stream->queues[cpu].fd = -1;
	for (unsigned int cpu = 0; cpu < stream->count && !err; cpu++)
		err = open_queue(stream, cpu, session, bytes);
	if (err)
		stream__free(stream);
	else
		*result = stream;
	return err;
}

void stream__free(struct stream *stream)
{
	if (!stream)
		return;
	for (unsigned int cpu = 0; stream->queues && cpu < stream->count; cpu++) {
		struct queue *queue = &stream->queues[cpu];

		ring_buffer__free(queue->ring);
		if (queue->fd >= 0)
			close(queue->fd);
		free(queue->events);
	}
	if (stream->epoll >= 0)
		close(stream->epoll);
	free(stream->queues);
	free(stream);
}

int stream__fd(const struct stream *stream)
{
	return stream->epoll;
}

static int fill_queues(struct stream *stream)
{
	for (unsigned int cpu = 0; cpu < stream->count; cpu++) {
		struct queue *queue = &stream->queues[cpu];
		int err = ring_buffer__consume(queue->ring);

		if (queue->err)
			return queue->err;
		if (err < 0)
			return err;
	}
	return 0;
}

static uint64_t head_time(const struct queue *queue)
{
	return queue->first < queue->count ? queue->events[queue->first].time : UINT64_MAX;
}

/* The queue whose head is earliest, and the time of the next one's. NULL: all are empty. */
static struct queue *earliest(struct stream *stream, uint64_t *next)
{
	uint64_t first = UINT64_MAX;
	struct queue *found = NULL;

	*next = UINT64_MAX;
	for (unsigned int cpu = 0; cpu < stream->count; cpu++) {
		uint64_t time = head_time(&stream->queues[cpu]);

		if (time < first) {
			*next = first;
			first = time;
			found = &stream->queues[cpu];
		} else if (time < *next) {
			*next = time;
		}
	}
	return found;
}

static int hand_out(struct stream *stream, struct queue *queue, stream_sink *sink, void *context)
{
	const struct stream_event *event = &queue->events[queue->first++];

	stream->events++;
	if (event->time < stream->last)
		stream->late++;
	else
		stream->last = event->time;
	return sink(context, queue - stream->queues, event);
}

int stream__drain(struct stream *stream, bool all, stream_sink *sink, void *context)
{
	uint64_t until = all ? UINT64_MAX : session__now() - SETTLED_NS, next;
	int err = fill_queues(stream);
	struct queue *queue;

	stream->until = until;
	while (!err && (queue = earliest(stream, &next))) {
		if (head_time(queue) > until)
			break;
		while (!err && head_time(queue) <= next && head_time(queue) <= until &&
		       queue->first < queue->count)
			err = hand_out(stream, queue, sink, context);
	}
	for (unsigned int cpu = 0; cpu < stream->count; cpu++) {
		queue = &stream->queues[cpu];
		if (queue->first == queue->count)
			queue->first = queue->count = 0;
	}
	return err;
}

uint64_t stream__until(const struct stream *stream)
{
	return stream->until;
}

uint64_t stream__events(const struct stream *stream)
{
	return stream->events;
}

uint64_t stream__late(const struct stream *stream)
{
	return stream->late;
}
