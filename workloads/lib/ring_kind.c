// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE 1
#include "ring_kind.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "arguments.h"
#include "check.h"
#include "monotonic.h"

enum { SEND_WINDOW = 16 }; /* blocks that a socket's buffer holds in any case */

struct io_uring_sqe *ring_run__entry(struct ring_run *run)
{
	return ring__new_entry(&run->ring);
}

uint64_t ring_run__user_data(const struct ring_run *run, const struct ring_request *request,
			     unsigned int part)
{
	return (uint64_t)(request - run->requests) * RING_PARTS + part;
}

void ring_run__seal(struct ring_run *run, struct io_uring_sqe *entry, struct ring_request *request,
		    unsigned int part)
{
	io_uring_sqe_set_data64(entry, ring_run__user_data(run, request, part));
	request->asked_ns[part] = monotonic__now_ns();
	request->pending++;
	requests__submit(&run->books, run->rows[part]);
}

static int fd_of(const struct ring_run *run, const struct ring_request *request)
{
	return run->task.fds[request->descriptor];
}

static char *buffer_of(const struct ring_run *run, const struct ring_request *request)
{
	return task__buffer(&run->task, (uint64_t)(request - run->requests));
}

static uint64_t offset_of(const struct ring_run *run, const struct ring_request *request)
{
	return (uint64_t)task__offset(&run->task, request->index);
}

/* --- files ------------------------------------------------------------------------------------ */

static void prepare_read(struct ring_run *run, struct ring_request *request)
{
	struct io_uring_sqe *entry = ring_run__entry(run);

	io_uring_prep_read(entry, fd_of(run, request), buffer_of(run, request),
			   (unsigned int)run->task.options.size, offset_of(run, request));
	ring_run__seal(run, entry, request, 0);
}

/* The kernel does not even try: it gives the request to a worker. */
static void prepare_punted(struct ring_run *run, struct ring_request *request)
{
	struct io_uring_sqe *entry = ring_run__entry(run);

	io_uring_prep_read(entry, fd_of(run, request), buffer_of(run, request),
			   (unsigned int)run->task.options.size, offset_of(run, request));
	io_uring_sqe_set_flags(entry, IOSQE_ASYNC);
	ring_run__seal(run, entry, request, 0);
}

static void queue_write(struct ring_run *run, struct ring_request *request, unsigned int flags)
{
	struct io_uring_sqe *entry = ring_run__entry(run);

	io_uring_prep_write(entry, fd_of(run, request), buffer_of(run, request),
			    (unsigned int)run->task.options.size, offset_of(run, request));
	io_uring_sqe_set_flags(entry, flags);
	ring_run__seal(run, entry, request, 0);
}

static void queue_fsync(struct ring_run *run, struct ring_request *request, unsigned int part)
{
	struct io_uring_sqe *entry = ring_run__entry(run);

	io_uring_prep_fsync(entry, fd_of(run, request), 0);
	ring_run__seal(run, entry, request, part);
}

static void prepare_write(struct ring_run *run, struct ring_request *request)
{
	queue_write(run, request, 0);
}

static void prepare_fsync(struct ring_run *run, struct ring_request *request)
{
	task__write_block(&run->task, request->index);
	queue_fsync(run, request, 0);
}

/* The fsync begins only when the write has succeeded. */
static void prepare_linked(struct ring_run *run, struct ring_request *request)
{
	queue_write(run, request, IOSQE_IO_LINK);
	queue_fsync(run, request, 1);
}

/* --- sockets ---------------------------------------------------------------------------------- */

static void prepare_recv(struct ring_run *run, struct ring_request *request)
{
	struct io_uring_sqe *entry = ring_run__entry(run);

	io_uring_prep_recv(entry, fd_of(run, request), buffer_of(run, request),
			   run->task.options.size, 0);
	ring_run__seal(run, entry, request, 0);
}

/* Takes away what is sent, so that the next block finds room. */
static void drain(void *argument)
{
	struct ring_run *run = argument;
	const struct task_options *options = &run->task.options;
	char block[FEED_SIZE_MAX];

	for (uint64_t i = 0; i < options->operations; i++) {
		const int fd = run->task.feed.sources[i % options->descriptors].feed_fd;

		for (uint64_t left = options->size; left > 0;)
			left -= (uint64_t)check(read(fd, block, left), "read");
		atomic_store(&run->drained, i + 1);
	}
}

static void set_up_send(struct ring_run *run)
{
	if (run->task.options.depth > SEND_WINDOW)
		usage_error("--depth: at most %d, for a send to find room", SEND_WINDOW);
	run->task.partner_play = drain;
	run->task.partner_argument = run;
}

/* There is room in any case, and so nothing to wait for in the kernel: we wait here, awake. */
static void prepare_send(struct ring_run *run, struct ring_request *request)
{
	struct io_uring_sqe *entry = ring_run__entry(run);

	while (request->index >= atomic_load(&run->drained) + SEND_WINDOW)
		;
	io_uring_prep_send(entry, fd_of(run, request), buffer_of(run, request),
			   run->task.options.size, 0);
	ring_run__seal(run, entry, request, 0);
}

static void prepare_poll(struct ring_run *run, struct ring_request *request)
{
	struct io_uring_sqe *entry = ring_run__entry(run);

	io_uring_prep_poll_add(entry, fd_of(run, request), POLLIN);
	ring_run__seal(run, entry, request, 0);
}

/* It was told that there is something: now it reads, which does not sleep. */
static void conclude_poll(struct ring_run *run, struct ring_request *request)
{
	task__receive(&run->task, request->descriptor, &run->task.calls);
}

static void prepare_accept(struct ring_run *run, struct ring_request *request)
{
	struct io_uring_sqe *entry = ring_run__entry(run);

	io_uring_prep_accept(entry, fd_of(run, request), NULL, NULL, SOCK_CLOEXEC);
	ring_run__seal(run, entry, request, 0);
}

static void prepare_multishot_accept(struct ring_run *run, struct ring_request *request)
{
	struct io_uring_sqe *entry = ring_run__entry(run);

	io_uring_prep_multishot_accept(entry, fd_of(run, request), NULL, NULL, SOCK_CLOEXEC);
	ring_run__seal(run, entry, request, 0);
}

static void conclude_accept(struct ring_run *run, struct ring_request *request)
{
	calls__count(&run->task.calls, "close");
	check(close((int)request->result), "close");
}

/* --- neither ---------------------------------------------------------------------------------- */

static void prepare_nop(struct ring_run *run, struct ring_request *request)
{
	struct io_uring_sqe *entry = ring_run__entry(run);

	io_uring_prep_nop(entry);
	ring_run__seal(run, entry, request, 0);
}

static void prepare_timeout(struct ring_run *run, struct ring_request *request)
{
	struct io_uring_sqe *entry = ring_run__entry(run);

	io_uring_prep_timeout(entry, &run->delay, 0, 0);
	ring_run__seal(run, entry, request, 0);
}

static void set_up_cancel(struct ring_run *run)
{
	check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, run->silent), "socketpair");
}

/* By the time that the second is looked at, the first waits for data, and always would. */
static void prepare_cancel(struct ring_run *run, struct ring_request *request)
{
	static char nothing[1];
	struct io_uring_sqe *entry = ring_run__entry(run);

	io_uring_prep_recv(entry, run->silent[0], nothing, sizeof(nothing), 0);
	ring_run__seal(run, entry, request, 0);
	entry = ring_run__entry(run);
	io_uring_prep_cancel64(entry, ring_run__user_data(run, request, 0), 0);
	ring_run__seal(run, entry, request, 1);
}

/* --- the table -------------------------------------------------------------------------------- */

const struct ring_kind ring_kinds[] = {
	{
		.name = "read",
		.help = "read blocks of a file",
		.task = TASK_FILE,
		.completion_is = "data",
		.operations = {"read"},
		.prepare = prepare_read,
	},
	{
		.name = "write",
		.help = "write blocks of a file",
		.task = TASK_FILE,
		.completion_is = "data",
		.operations = {"write"},
		.prepare = prepare_write,
	},
	{
		/* No way to do it without sleeping is known to the kernel: workers do it. */
		.name = "fsync",
		.help = "write a block (by pwrite), then fsync",
		.task = TASK_FILE,
		.completion_is = "status",
		.operations = {"fsync"},
		.served = {"punted"},
		.prepare = prepare_fsync,
	},
	{
		.name = "linked",
		.help = "write a block, and an fsync linked to that",
		.task = TASK_FILE,
		.completion_is = "status",
		.operations = {"write", "fsync"},
		.served = {NULL, "punted"},
		.prepare = prepare_linked,
	},
	{
		.name = "punted",
		.help = "read blocks of a file, by a worker of the kernel (IOSQE_ASYNC)",
		.task = TASK_FILE,
		.completion_is = "data",
		.operations = {"read"},
		.served = {"punted"},
		.prepare = prepare_punted,
	},
	{
		.name = "recv",
		.help = "receive blocks",
		.task = TASK_RECEIVE,
		.completion_is = "data",
		.operations = {"recv"},
		.served = {"polled"},
		.served_if_awaited = true,
		.prepare = prepare_recv,
	},
	{
		.name = "send",
		.help = "send blocks to a partner that takes them away at once",
		.task = TASK_RECEIVE,
		.completion_is = "data",
		.operations = {"send"},
		.served = {"inline"},
		.set_up = set_up_send,
		.prepare = prepare_send,
	},
	{
		.name = "poll",
		.help = "poll for blocks, then read them",
		.task = TASK_RECEIVE,
		.completion_is = "readiness",
		.operations = {"poll_add"},
		.served = {"polled"},
		.served_if_awaited = true,
		.prepare = prepare_poll,
		.conclude = conclude_poll,
	},
	{
		.name = "accept",
		.help = "accept connections, one request each",
		.task = TASK_RECEIVE,
		.accepts = true,
		.completion_is = "data",
		.operations = {"accept"},
		.served = {"polled"},
		.served_if_awaited = true,
		.prepare = prepare_accept,
		.conclude = conclude_accept,
	},
	{
		.name = "multishot-accept",
		.help = "accept connections, all by one request, which is cancelled at the end",
		.task = TASK_RECEIVE,
		.accepts = true,
		.is_multishot = true,
		.completion_is = "data",
		.operations = {"accept", "async_cancel"},
		.served = {"polled", "inline"},
		.prepare = prepare_multishot_accept,
		.conclude = conclude_accept,
	},
	{
		.name = "timeout",
		.help = "timeouts of --delay",
		.task = TASK_NONE,
		.completion_is = "status",
		.operations = {"timeout"},
		.served = {"timer"},
		.expected_errno = {ETIME},
		.prepare = prepare_timeout,
	},
	{
		.name = "nop",
		.help = "requests to do nothing",
		.task = TASK_NONE,
		.completion_is = "status",
		.operations = {"nop"},
		.served = {"inline"},
		.prepare = prepare_nop,
	},
	{
		.name = "cancel",
		.help = "receive where nothing comes, and cancel that",
		.task = TASK_NONE,
		.completion_is = "status",
		.operations = {"recv", "async_cancel"},
		.served = {"polled", "inline"},
		.expected_errno = {ECANCELED},
		.set_up = set_up_cancel,
		.prepare = prepare_cancel,
	},
	{0},
};

const struct ring_kind *ring_kind__find(const char *name)
{
	for (const struct ring_kind *kind = ring_kinds; kind->name; kind++)
		if (strcmp(kind->name, name) == 0)
			return kind;
	return NULL;
}
