// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A thread for each connection: it waits in recv() for a request, sleeps for the service time, and
 * sends the reply. Plain to write and to read; what it costs is a thread that mostly waits, with
 * its stack, for each client that is connected.
 */
#define _GNU_SOURCE 1
#include <pthread.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "arguments.h"
#include "check.h"
#include "monotonic.h"
#include "service.h"

struct options {
	struct service_options service;
	uint64_t stack; /* 0: the system's default */
};

struct server;

struct connection {
	LIST_ENTRY(connection) others;
	struct server *server;
	int fd;
};

LIST_HEAD(connection_list, connection);

struct server {
	struct service service;
	pthread_attr_t attributes;
	size_t stack;

	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t is_empty;
	struct connection_list connections; /* those that have a thread */
	_Atomic uint64_t threads;	    /* main included; also read without it */
	_Atomic uint64_t threads_max;
};

static const struct argp_option option_table[] = {
	{"stack", 'k', "SIZE", 0, "stack of each thread (default: the system's, ulimit -s)", 0},
	{0},
};

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->service;
		return 0;
	case 'k':
		options->stack = parse_size("--stack", value, stack_bounds);
		return 0;
	case ARGP_KEY_ARG:
		refuse_argument(value);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void set_up(struct server *server, const struct options *options)
{
	*server = (struct server){
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.is_empty = PTHREAD_COND_INITIALIZER,
		.threads = 1,
		.threads_max = 1,
	};
	service__set_up(&server->service, &options->service);
	check_error(pthread_attr_init(&server->attributes), "pthread_attr_init");
	check_error(pthread_attr_setdetachstate(&server->attributes, PTHREAD_CREATE_DETACHED),
		    "pthread_attr_setdetachstate");
	if (options->stack)
		check_error(pthread_attr_setstacksize(&server->attributes, options->stack),
			    "pthread_attr_setstacksize");
	pthread_attr_getstacksize(&server->attributes, &server->stack);
}

static void enter(struct connection *connection)
{
	struct server *server = connection->server;

	pthread_mutex_lock(&server->lock);
	LIST_INSERT_HEAD(&server->connections, connection, others);
	server->threads++;
	pthread_mutex_unlock(&server->lock);
}

/* The descriptor is closed under the lock, so that nobody shuts its successor down. */
static void leave(struct connection *connection)
{
	struct server *server = connection->server;

	pthread_mutex_lock(&server->lock);
	LIST_REMOVE(connection, others);
	close(connection->fd);
	if (--server->threads == 1)
		pthread_cond_signal(&server->is_empty);
	pthread_mutex_unlock(&server->lock);
	free(connection);
}

static void *serve(void *argument)
{
	struct connection *connection = argument;
	struct service *service = &connection->server->service;

	distribution__raise(&connection->server->threads_max, connection->server->threads);
	service__begin_connection(service);
	service__serve_blocking(service, connection->fd);
	leave(connection);
	return NULL;
}

static void start_thread(struct server *server, int fd)
{
	struct connection *connection = check_memory(malloc(sizeof(*connection)));
	pthread_t thread;
	int error;

	*connection = (struct connection){.server = server, .fd = fd};
	enter(connection);
	error = pthread_create(&thread, &server->attributes, serve, connection);
	if (!error)
		return;
	leave(connection);
	service__refuse(&server->service, "pthread_create", error);
}

static void accept_connections(struct server *server, int listener)
{
	const uint64_t pause_ns = 10000000;
	int fd;

	for (;;) {
		fd = service__accept(&server->service, listener, false);
		if (fd >= 0)
			start_thread(server, fd);
		else if (errno == EINVAL)
			return;
		else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			monotonic__sleep_ns(pause_ns); /* until some have left */
	}
}

/* Requests in hand are answered; then the threads find the end of their streams. */
static void drain(struct server *server)
{
	struct connection *connection;

	pthread_mutex_lock(&server->lock);
	for (connection = LIST_FIRST(&server->connections); connection;
	     connection = LIST_NEXT(connection, others))
		shutdown(connection->fd, SHUT_RD);
	while (server->threads > 1)
		pthread_cond_wait(&server->is_empty, &server->lock);
	pthread_mutex_unlock(&server->lock);
}

static void write_truth(const struct server *server)
{
	struct truth truth;

	truth__begin(&truth);
	service__write_truth(&server->service, &truth, "thread_server");
	truth__number(&truth, "threads_max", server->threads_max);
	truth__number(&truth, "stack_bytes", server->stack);
	truth__number(&truth, "stack_reserved_bytes", server->stack * (server->threads_max - 1));
	truth__end(&truth);
}

int main(int argc, char **argv)
{
	const struct argp_child children[] = {{&service_argp, 0, NULL, 0}, {0}};
	const struct argp argp = {
		.options = option_table,
		.parser = parse_option,
		.doc = "Serve each connection by a thread of its own; state the truth as JSON.",
		.children = children,
	};
	struct options options = {0};
	struct server server;
	int listener;

	parse_arguments(&argp, argc, argv, &options);
	set_up(&server, &options);
	listener = service__listen(&server.service, false, false);
	service__announce(&server.service);
	accept_connections(&server, listener);
	drain(&server);
	service__finish(&server.service);
	write_truth(&server);
	service__tear_down(&server.service);
	return EXIT_SUCCESS;
}
