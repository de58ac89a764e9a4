// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE 1
#include "reactor.h"

#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "monotonic.h"

enum { EVENTS_AT_ONCE = 64 };

enum connection_state {
	READING_REQUEST, /* until all its bytes are there */
	AWAITING_TIMER,	 /* until the service time is over */
	AWAITING_WORKER, /* until a thread of the pool has done its job */
	SENDING_REPLY,	 /* until the socket has taken all its bytes */
	CLOSED,
};

struct connection {
	struct work work;
	struct reactor *reactor;
	LIST_ENTRY(connection) others;	 /* all that are open, or all that are closed */
	TAILQ_ENTRY(connection) by_time; /* in AWAITING_TIMER */
	int fd;
	enum connection_state state;
	bool is_readable; /* since the last edge, recv() has not yet taken all */
	bool peer_has_ended;
	uint64_t asked_ns; /* when the request was complete */
	uint64_t due_ns;
	uint64_t received, sent; /* bytes in the buffer, and those of the reply that are out */
	char buffer[];		 /* room for two: the request in hand, and what comes after it */
};

static struct connection *connection_of(struct work *work)
{
	return (struct connection *)((char *)work - offsetof(struct connection, work));
}

static struct service *service_of(const struct reactor *reactor)
{
	return reactor->plan->service;
}

static uint64_t size_of_request(const struct connection *connection)
{
	return service_of(connection->reactor)->options.size;
}

static void control_epoll(struct reactor *reactor, int operation, int fd, uint32_t events,
			  void *pointer)
{
	struct epoll_event event = {.events = events, .data.ptr = pointer};

	service__count_call(service_of(reactor), CALL_EPOLL_CTL);
	check(epoll_ctl(reactor->epoll_fd, operation, fd, &event), "epoll_ctl");
}

/* The listener is announced as long as there are connections to accept: level-triggered. */
static void arm_listener(struct reactor *reactor)
{
	control_epoll(reactor, EPOLL_CTL_ADD, reactor->listener, EPOLLIN, &reactor->listener);
	reactor->listener_is_armed = true;
}

static void disarm_listener(struct reactor *reactor)
{
	if (reactor->listener_is_armed)
		control_epoll(reactor, EPOLL_CTL_DEL, reactor->listener, 0, NULL);
	reactor->listener_is_armed = false;
}

static void close_connection(struct connection *connection)
{
	struct reactor *reactor = connection->reactor;
	bool is_whole = connection->state == READING_REQUEST && connection->received == 0;

	service__end_connection(service_of(reactor), is_whole);
	connection->state = CLOSED;
	close(connection->fd); /* takes it out of the epoll set, too */
	LIST_REMOVE(connection, others);
	LIST_INSERT_HEAD(&reactor->closed, connection, others);
	reactor->open--;
	if (!reactor->listener_is_armed && !reactor->is_draining)
		arm_listener(reactor); /* now there is a descriptor again */
}

static void do_blocking_work(struct connection *connection)
{
	struct reactor_plan *plan = connection->reactor->plan;
	const uint64_t slots = 1024, size = size_of_request(connection);
	uint64_t start_ns = monotonic__now_ns();

	if (plan->job == JOB_SLEEP) {
		service__count_call(plan->service, CALL_SLEEP);
		monotonic__sleep_ns(plan->service->options.delay_ns);
	} else {
		uint64_t slot = atomic_fetch_add(&plan->file_slot, 1) % slots;

		service__count_call(plan->service, CALL_FILE_WRITE);
		check(pwrite(plan->file_fd, connection->buffer, size, (off_t)(slot * size)),
		      "pwrite");
		service__count_call(plan->service, CALL_FILE_SYNC);
		check(fdatasync(plan->file_fd), "fdatasync");
	}
	if (plan->blocks_in_handler)
		distribution__record(&plan->handler_blocks, monotonic__now_ns() - start_ns);
}

static void run_in_pool(struct work *work)
{
	do_blocking_work(connection_of(work));
}

/* Returns the state that the request puts the connection in. */
static enum connection_state begin_job(struct connection *connection)
{
	struct reactor *reactor = connection->reactor;
	const struct reactor_plan *plan = reactor->plan;

	connection->asked_ns = monotonic__now_ns();
	connection->sent = 0;
	if (plan->blocks_in_handler) {
		do_blocking_work(connection);
		return SENDING_REPLY;
	}
	if (reactor->pool) {
		connection->work.run = run_in_pool;
		work_pool__submit(reactor->pool, &connection->work);
		return AWAITING_WORKER;
	}
	if (!plan->service->options.delay_ns)
		return SENDING_REPLY;
	connection->due_ns = connection->asked_ns + plan->service->options.delay_ns;
	TAILQ_INSERT_TAIL(&reactor->timers, connection, by_time);
	return AWAITING_TIMER;
}

/*
 * Takes what is there. An edge comes once for all of it; a recv() that gets less than it asks for
 * has taken all (epoll(7)), unless the end of the stream is still to come.
 */
static void read_request(struct connection *connection)
{
	const uint64_t size = size_of_request(connection);
	const uint64_t room = 2 * size - connection->received;
	int64_t length = recv(connection->fd, connection->buffer + connection->received, room, 0);

	service__count_recv(service_of(connection->reactor), length < 0 ? -errno : length);
	if (length == 0 || (length < 0 && errno != EAGAIN)) {
		close_connection(connection);
		return;
	}
	if (length < (int64_t)room && !connection->peer_has_ended)
		connection->is_readable = false;
	if (length > 0)
		connection->received += (uint64_t)length;
}

static void end_reply(struct connection *connection)
{
	const uint64_t size = size_of_request(connection);

	service__end_request(service_of(connection->reactor), connection->asked_ns);
	connection->reactor->requests++;
	connection->received -= size;
	memmove(connection->buffer, connection->buffer + size, connection->received);
	connection->state = READING_REQUEST;
	if (connection->reactor->is_draining)
		close_connection(connection);
}

/* True if it can go on; false if it has to wait until the socket is writable, or is closed. */
static bool send_reply(struct connection *connection)
{
	int64_t length = send(connection->fd, connection->buffer + connection->sent,
			      size_of_request(connection) - connection->sent, MSG_NOSIGNAL);

	service__count_send(service_of(connection->reactor), length < 0 ? -errno : length);
	if (length < 0 && errno == EAGAIN)
		return false;
	if (length < 0) {
		close_connection(connection);
		return false;
	}
	connection->sent += (uint64_t)length;
	if (connection->sent == size_of_request(connection))
		end_reply(connection);
	return true;
}

/* Moves the connection from state to state, until it has to wait for something. */
static void advance(struct connection *connection)
{
	for (;;) {
		switch (connection->state) {
		case READING_REQUEST:
			if (connection->received >= size_of_request(connection))
				connection->state = begin_job(connection);
			else if (connection->is_readable)
				read_request(connection);
			else
				return;
			break;
		case SENDING_REPLY:
			if (!send_reply(connection))
				return;
			break;
		case AWAITING_TIMER:
		case AWAITING_WORKER:
		case CLOSED:
			return;
		}
	}
}

static void open_connection(struct reactor *reactor, int fd)
{
	uint64_t size = service_of(reactor)->options.size;
	struct connection *connection = check_memory(malloc(sizeof(*connection) + 2 * size));

	*connection = (struct connection){.reactor = reactor, .fd = fd, .state = READING_REQUEST};
	LIST_INSERT_HEAD(&reactor->connections, connection, others);
	reactor->open++;
	reactor->served++;
	service__begin_connection(service_of(reactor));
	control_epoll(reactor, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
		      connection);
}

/* Requests in hand are still answered. */
static void begin_draining(struct reactor *reactor)
{
	struct connection *connection = LIST_FIRST(&reactor->connections), *next;

	reactor->is_draining = true;
	disarm_listener(reactor);
	for (; connection; connection = next) {
		next = LIST_NEXT(connection, others);
		if (connection->state == READING_REQUEST)
			close_connection(connection);
	}
}

static void accept_connections(struct reactor *reactor)
{
	int fd;

	while ((fd = service__accept(service_of(reactor), reactor->listener, true)) >= 0)
		open_connection(reactor, fd);
	if (errno == EINVAL)
		begin_draining(reactor);
	else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
		disarm_listener(reactor);
}

static void take_done_work(struct reactor *reactor)
{
	struct work *work, *next;
	eventfd_t ignored;

	service__count_call(service_of(reactor), CALL_EVENTFD_READ);
	check(eventfd_read(reactor->work_fd, &ignored), "eventfd_read");
	for (work = work_pool__take_done(reactor->pool); work; work = next) {
		struct connection *connection = connection_of(work);

		next = STAILQ_NEXT(work, next);
		connection->state = SENDING_REPLY;
		advance(connection);
	}
}

static void handle_event(struct reactor *reactor, const struct epoll_event *event)
{
	struct connection *connection = event->data.ptr;

	if (event->data.ptr == &reactor->listener) {
		accept_connections(reactor);
	} else if (event->data.ptr == &reactor->work_fd) {
		take_done_work(reactor);
	} else {
		if (event->events & ~(uint32_t)EPOLLOUT)
			connection->is_readable = true;
		if (event->events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
			connection->peer_has_ended = true;
		advance(connection);
	}
}

static void handle_timers(struct reactor *reactor)
{
	uint64_t now_ns = monotonic__now_ns();
	struct connection *connection;

	while ((connection = TAILQ_FIRST(&reactor->timers)) && connection->due_ns <= now_ns) {
		TAILQ_REMOVE(&reactor->timers, connection, by_time);
		connection->state = SENDING_REPLY;
		advance(connection);
	}
}

/* Returns what epoll_pwait2() does: until an event comes, or a connection's timer expires. */
static int64_t await_events(struct reactor *reactor, struct epoll_event *events)
{
	const struct connection *first = TAILQ_FIRST(&reactor->timers);
	struct timespec timeout;

	if (first) {
		uint64_t now_ns = monotonic__now_ns();

		timeout = monotonic__timespec(first->due_ns > now_ns ? first->due_ns - now_ns : 0);
	}
	service__count_call(service_of(reactor), CALL_EPOLL_WAIT);
	return epoll_pwait2(reactor->epoll_fd, events, EVENTS_AT_ONCE, first ? &timeout : NULL,
			    NULL);
}

static void free_closed(struct reactor *reactor)
{
	struct connection *connection;

	while ((connection = LIST_FIRST(&reactor->closed))) {
		LIST_REMOVE(connection, others);
		free(connection);
	}
}

void reactor__run(struct reactor *reactor)
{
	struct epoll_event events[EVENTS_AT_ONCE];
	uint64_t now_ns = monotonic__now_ns();

	reactor->tid = gettid();
	while (!reactor->is_draining || reactor->open) {
		const uint64_t called_ns = now_ns;
		int64_t ready = await_events(reactor, events);
		uint64_t returned_ns = monotonic__now_ns();

		if (ready < 0 && errno != EINTR)
			err(EXIT_FAILURE, "epoll_pwait2");
		for (int64_t i = 0; i < ready; i++)
			handle_event(reactor, &events[i]);
		handle_timers(reactor);
		free_closed(reactor);
		now_ns = monotonic__now_ns();
		distribution__record(&reactor->plan->waits, returned_ns - called_ns);
		distribution__record(&reactor->plan->handlers, now_ns - returned_ns);
		reactor->iterations++;
		reactor->events += ready > 0 ? (uint64_t)ready : 0;
		if (ready > (int64_t)reactor->batch_max)
			reactor->batch_max = (uint64_t)ready;
	}
}

void reactor__set_up(struct reactor *reactor, uint64_t pool_threads, uint64_t stack)
{
	reactor->epoll_fd = (int)check(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
	reactor->work_fd = -1;
	LIST_INIT(&reactor->connections);
	LIST_INIT(&reactor->closed);
	TAILQ_INIT(&reactor->timers);
	arm_listener(reactor);
	if (!pool_threads)
		return;
	reactor->work_fd = (int)check(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd");
	control_epoll(reactor, EPOLL_CTL_ADD, reactor->work_fd, EPOLLIN, &reactor->work_fd);
	reactor->pool = work_pool__new(pool_threads, stack, reactor->work_fd);
}

void reactor__tear_down(struct reactor *reactor)
{
	free_closed(reactor);
	close(reactor->listener);
	close(reactor->epoll_fd);
	if (reactor->pool) {
		work_pool__free(reactor->pool);
		close(reactor->work_fd);
	}
}
