// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The service on an io_uring: one accept request that brings all connections (multishot), and for
 * each connection one request in flight at a time: a recv, a timeout for the service time, a send.
 * No call blocks but io_uring_enter(), which hands in what has been prepared and waits for a
 * completion.
 *
 * An event loop is told that it can read; here it is told that it has been read.
 */
#define _GNU_SOURCE 1
#include <liburing.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "arguments.h"
#include "check.h"
#include "endpoint.h"
#include "monotonic.h"
#include "service.h"
#include "stop.h"

enum { ENTRIES_DEFAULT = 4096, ENTRIES_MAX = 32768 };

/* What a connection waits for: its one request that is in flight. */
enum connection_state {
	RECEIVING,
	AWAITING_TIMER,
	SENDING,
};

struct connection {
	LIST_ENTRY(connection) others;
	int fd;
	enum connection_state state;
	uint64_t done;	   /* bytes of the request, then of the reply */
	uint64_t asked_ns; /* when the request was complete */
	char buffer[];
};

LIST_HEAD(connection_list, connection);

/* Submitted is what was handed to the kernel, completed what came back. */
struct request_counts {
	uint64_t submitted, completed, failed;
};

struct options {
	struct service_options service;
	uint64_t entries;
};

struct server {
	struct service service;
	struct io_uring ring;
	unsigned int entries, setup_flags;
	struct __kernel_timespec delay;
	int listener;
	struct connection_list connections;
	uint64_t open;
	bool accept_is_armed, is_draining;

	struct request_counts accepts, recvs, timeouts, sends;
	uint64_t in_flight, in_flight_max, enters, cqes, batch_max;
	struct distribution waits, handlers;
};

static const struct argp_option option_table[] = {
	{"entries", 'e', "N", 0, "size of the submission queue (default 4096)", 0},
	{0},
};

static const struct bounds entries_bounds = {1, ENTRIES_MAX, "1 to 32768"};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->service;
		return 0;
	case 'e':
		options->entries = parse_count("--entries", value, entries_bounds);
		return 0;
	case ARGP_KEY_ARG:
		refuse_argument(value);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/*
 * With DEFER_TASKRUN (6.1) completions are worked on in io_uring_enter() and nowhere else, so they
 * never interrupt the handling of others. Older kernels do without.
 */
static void set_up_ring(struct server *server, uint64_t entries)
{
	const unsigned int wishes[] = {IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN, 0};
	int error = -EINVAL;

	for (size_t i = 0; i < sizeof(wishes) / sizeof(*wishes) && error == -EINVAL; i++) {
		server->setup_flags = wishes[i] | IORING_SETUP_CLAMP;
		error = io_uring_queue_init((unsigned int)entries, &server->ring,
					    server->setup_flags);
	}
	if (error)
		errx(EXIT_FAILURE, "no io_uring to be had: %s", strerror(-error));
	server->entries = server->ring.sq.ring_entries;
}

/* One io_uring_enter(): hands in what has been prepared, and waits for so many completions. */
static void enter_ring(struct server *server, unsigned int wait_for)
{
	int result = io_uring_submit_and_wait(&server->ring, wait_for);

	server->enters++;
	service__count_call(&server->service, CALL_URING_ENTER);
	if (result < 0 && result != -EINTR && result != -EBUSY)
		errx(EXIT_FAILURE, "io_uring_enter: %s", strerror(-result));
}

/* Where to prepare a request; if the queue is full, what is in it is handed in first. */
static struct io_uring_sqe *new_request(struct server *server, struct request_counts *counts)
{
	struct io_uring_sqe *sqe;

	while (!(sqe = io_uring_get_sqe(&server->ring)))
		enter_ring(server, 0);
	counts->submitted++;
	if (++server->in_flight > server->in_flight_max)
		server->in_flight_max = server->in_flight;
	return sqe;
}

static void begin_accept(struct server *server)
{
	struct io_uring_sqe *sqe = new_request(server, &server->accepts);

	io_uring_prep_multishot_accept(sqe, server->listener, NULL, NULL, SOCK_CLOEXEC);
	io_uring_sqe_set_data(sqe, server);
	server->accept_is_armed = true;
}

static void begin_recv(struct server *server, struct connection *connection)
{
	struct io_uring_sqe *sqe = new_request(server, &server->recvs);

	connection->state = RECEIVING;
	io_uring_prep_recv(sqe, connection->fd, connection->buffer + connection->done,
			   server->service.options.size - connection->done, 0);
	io_uring_sqe_set_data(sqe, connection);
}

static void begin_timeout(struct server *server, struct connection *connection)
{
	struct io_uring_sqe *sqe = new_request(server, &server->timeouts);

	connection->state = AWAITING_TIMER;
	io_uring_prep_timeout(sqe, &server->delay, 0, 0);
	io_uring_sqe_set_data(sqe, connection);
}

static void begin_send(struct server *server, struct connection *connection)
{
	struct io_uring_sqe *sqe = new_request(server, &server->sends);

	connection->state = SENDING;
	io_uring_prep_send(sqe, connection->fd, connection->buffer + connection->done,
			   server->service.options.size - connection->done, MSG_NOSIGNAL);
	io_uring_sqe_set_data(sqe, connection);
}

static void close_connection(struct server *server, struct connection *connection)
{
	bool is_whole = connection->state == RECEIVING && connection->done == 0;

	service__end_connection(&server->service, is_whole);
	LIST_REMOVE(connection, others);
	close(connection->fd);
	free(connection);
	server->open--;
	if (!server->accept_is_armed && !server->is_draining)
		begin_accept(server); /* it ended for want of descriptors; now there is one */
}

static void open_connection(struct server *server, int fd)
{
	struct connection *connection =
		check_memory(malloc(sizeof(*connection) + server->service.options.size));

	*connection = (struct connection){.fd = fd};
	endpoint__send_at_once(fd);
	service__begin_connection(&server->service);
	LIST_INSERT_HEAD(&server->connections, connection, others);
	server->open++;
	begin_recv(server, connection);
}

/* The recv requests in flight then complete with the end of the stream. */
static void begin_draining(struct server *server)
{
	struct connection *connection;

	server->is_draining = true;
	for (connection = LIST_FIRST(&server->connections); connection;
	     connection = LIST_NEXT(connection, others))
		shutdown(connection->fd, SHUT_RD);
}

/* Each connection is a completion of the one request; the last one says that it was the last. */
static void handle_accept(struct server *server, const struct io_uring_cqe *cqe)
{
	server->accept_is_armed = cqe->flags & IORING_CQE_F_MORE;
	server->accepts.completed++;
	if (cqe->res >= 0)
		open_connection(server, cqe->res);
	else if (cqe->res == -EINVAL && stop__requested())
		begin_draining(server);
	else if (cqe->res == -EINVAL)
		errx(EXIT_FAILURE, "this kernel has no multishot accept");
	else
		service__count_accept_error(&server->service, -cqe->res);
	if (cqe->res < 0)
		server->accepts.failed++;
	if (server->accept_is_armed)
		return;
	server->in_flight--;
	if (!server->is_draining && (cqe->res >= 0 || server->open == 0))
		begin_accept(server);
}

static void handle_recv(struct server *server, struct connection *connection, int result)
{
	service__count_received(&server->service, result);
	server->recvs.completed++;
	server->recvs.failed += result < 0;
	if (result <= 0) {
		close_connection(server, connection);
		return;
	}
	connection->done += (uint64_t)result;
	if (connection->done < server->service.options.size) {
		begin_recv(server, connection);
		return;
	}
	connection->asked_ns = monotonic__now_ns();
	connection->done = 0;
	if (server->service.options.delay_ns)
		begin_timeout(server, connection);
	else
		begin_send(server, connection);
}

/* That the time is up, is reported as -ETIME. */
static void handle_timeout(struct server *server, struct connection *connection, int result)
{
	server->timeouts.completed++;
	server->timeouts.failed += result != -ETIME;
	begin_send(server, connection);
}

static void handle_send(struct server *server, struct connection *connection, int result)
{
	service__count_sent(&server->service, result);
	server->sends.completed++;
	server->sends.failed += result < 0;
	if (result < 0) {
		close_connection(server, connection);
		return;
	}
	connection->done += (uint64_t)result;
	if (connection->done < server->service.options.size) {
		begin_send(server, connection);
		return;
	}
	service__end_request(&server->service, connection->asked_ns);
	connection->done = 0;
	begin_recv(server, connection);
}

static void handle_completion(struct server *server, const struct io_uring_cqe *cqe)
{
	static void (*const handlers[])(struct server *, struct connection *, int) = {
		[RECEIVING] = handle_recv,
		[AWAITING_TIMER] = handle_timeout,
		[SENDING] = handle_send,
	};
	struct connection *connection = io_uring_cqe_get_data(cqe);

	if (io_uring_cqe_get_data(cqe) == server) {
		handle_accept(server, cqe);
		return;
	}
	server->in_flight--;
	handlers[connection->state](server, connection, cqe->res);
}

/* All that have come: none of these needs a system call. */
static void handle_completions(struct server *server)
{
	struct io_uring_cqe *cqe;
	unsigned int head, count = 0;

	io_uring_for_each_cqe(&server->ring, head, cqe)
	{
		handle_completion(server, cqe);
		count++;
	}
	io_uring_cq_advance(&server->ring, count);
	server->cqes += count;
	if (count > server->batch_max)
		server->batch_max = count;
}

static void run(struct server *server)
{
	uint64_t now_ns = monotonic__now_ns();

	begin_accept(server);
	while (!server->is_draining || server->open) {
		const uint64_t called_ns = now_ns;
		uint64_t returned_ns;

		enter_ring(server, 1);
		returned_ns = monotonic__now_ns();
		handle_completions(server);
		now_ns = monotonic__now_ns();
		distribution__record(&server->waits, returned_ns - called_ns);
		distribution__record(&server->handlers, now_ns - returned_ns);
	}
}

static void write_request_counts(struct truth *truth, const char *name,
				 const struct request_counts *counts)
{
	truth__open(truth, name);
	truth__number(truth, "submitted", counts->submitted);
	truth__number(truth, "completed", counts->completed);
	truth__number(truth, "failed", counts->failed);
	truth__close(truth);
}

static void write_truth(const struct server *server)
{
	struct truth truth;

	truth__begin(&truth);
	service__write_truth(&server->service, &truth, "uring_server");
	truth__number(&truth, "threads_max", 1);
	truth__text(&truth, "syscall", "io_uring_enter");
	truth__text(&truth, "class", "io_uring");
	truth__number(&truth, "fd", (uint64_t)server->ring.ring_fd);
	truth__number(&truth, "entries", server->entries);
	truth__flag(&truth, "defer_taskrun", server->setup_flags & IORING_SETUP_DEFER_TASKRUN);
	truth__open(&truth, "requests_by_operation");
	write_request_counts(&truth, "accept", &server->accepts);
	write_request_counts(&truth, "recv", &server->recvs);
	write_request_counts(&truth, "timeout", &server->timeouts);
	write_request_counts(&truth, "send", &server->sends);
	truth__close(&truth);
	truth__number(&truth, "in_flight_max", server->in_flight_max);
	truth__number(&truth, "enters", server->enters);
	truth__number(&truth, "completions", server->cqes);
	truth__number(&truth, "batch_max", server->batch_max);
	truth__number(&truth, "overflows", *server->ring.cq.koverflow);
	distribution__write(&server->waits, &truth, "wait");
	distribution__write(&server->handlers, &truth, "handler");
	truth__end(&truth);
}

int main(int argc, char **argv)
{
	const struct argp_child children[] = {{&service_argp, 0, NULL, 0}, {0}};
	const struct argp argp = {
		.options = option_table,
		.parser = parse_option,
		.doc = "Serve all connections on an io_uring, and state the truth as JSON.",
		.children = children,
	};
	struct options options = {.entries = ENTRIES_DEFAULT};
	/* Too large for the stack. */
	struct server *server = check_memory(calloc(1, sizeof(*server)));
	struct timespec delay;

	parse_arguments(&argp, argc, argv, &options);
	service__set_up(&server->service, &options.service);
	delay = monotonic__timespec(options.service.delay_ns);
	server->delay =
		(struct __kernel_timespec){.tv_sec = delay.tv_sec, .tv_nsec = delay.tv_nsec};
	set_up_ring(server, options.entries);
	server->listener = service__listen(&server->service, false, false);
	service__announce(&server->service);
	run(server);
	service__finish(&server->service);
	write_truth(server);
	io_uring_queue_exit(&server->ring);
	service__tear_down(&server->service);
	free(server);
	return EXIT_SUCCESS;
}
