/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The service that all servers here offer, so that their ways to wait can be held side by side: a
 * client connects and sends requests of a fixed size, one after the other; each is sent back
 * unchanged after the service time. What differs, who waits and how, is in the programs.
 */
#ifndef WORKLOADS_SERVICE_H
#define WORKLOADS_SERVICE_H

#include <argp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "actor.h"
#include "distribution.h"
#include "process.h"
#include "truth.h"

/* The options that all servers have, as a child of a program's argp. */
struct service_options {
	uint64_t port; /* 0: any */
	const char *port_file;
	uint64_t connections, requests; /* end after so many; 0: go on */
	uint64_t size;
	uint64_t delay_ns;
	bool has_delay; /* it was asked for */
	uint64_t give_up_ns;
};
extern const struct argp service_argp;

enum service_call {
	CALL_ACCEPT,
	CALL_RECV,
	CALL_SEND,
	CALL_SLEEP,
	CALL_FORK,
	CALL_EPOLL_WAIT,
	CALL_EPOLL_CTL,
	CALL_EVENTFD_READ,
	CALL_EVENTFD_WRITE,
	CALL_FILE_WRITE,
	CALL_FILE_SYNC,
	CALL_URING_ENTER,
	SERVICE_CALLS,
};

/* Counted by all threads or processes of the server at once, in shared memory. */
struct service_counts {
	_Atomic uint64_t connections; /* accepted, and served until they were closed */
	_Atomic uint64_t connections_open, connections_max;
	_Atomic uint64_t connections_refused; /* accepted, but there was no thread or process */
	_Atomic uint64_t connections_done;    /* closed or refused */
	_Atomic uint64_t requests;
	_Atomic uint64_t bytes_received, bytes_sent;
	_Atomic uint64_t accept_errors;
	_Atomic uint64_t cut_short; /* connections that ended within a request or reply */
	_Atomic uint64_t eagain;
	_Atomic uint64_t calls[SERVICE_CALLS];
	struct distribution latency; /* from the whole request received to the whole reply sent */

	atomic_bool footprint_taken;
	/* When the first connection closes: of the process that has served it. */
	struct footprint footprint;
};

struct service {
	struct service_options options;
	struct service_counts *counts;
	char address[32]; /* 127.0.0.1:PORT */
	struct footprint footprint_before;
	struct books books_at_start, books;
	bool is_process_per_connection;
	/*
	 * What is done when the service has reached the asked-for number of connections or
	 * requests: stop__now(), unless another process has to be told.
	 */
	void (*when_done)(void);
};

/* Counts, limits, signals, watchdog. Ends the program with status 1 if it cannot. */
void service__set_up(struct service *service, const struct service_options *options);

/* A listener on the service's port that stop__now() shuts down. The first one chooses the port. */
int service__listen(struct service *service, bool nonblocking, bool reuse_port);

/* Says on stderr, or in the port file, where the service is; its books begin. */
void service__announce(struct service *service);

/* The service has ended: closes its books. */
void service__finish(struct service *service);

/*
 * accept4(). -1 with errno set if there is no connection, EINVAL when the service has to end.
 * Other errors are counted, and the first is said.
 */
int service__accept(struct service *service, int listener, bool nonblocking);

/* The same for who accepts by other means: counts the error, and says the first. */
void service__count_accept_error(struct service *service, int error);

/* The connection's thread or process could not be made: counted, and the first is said. */
void service__refuse(struct service *service, const char *call, int error);

void service__begin_connection(struct service *service);
/* Before its descriptor is closed. is_whole: it ended between two requests. */
void service__end_connection(struct service *service, bool is_whole);
/* After each recv() or send(), with its length or -errno: counts the call, bytes, and EAGAIN. */
void service__count_recv(struct service *service, int64_t result);
void service__count_send(struct service *service, int64_t result);
/* The same where there was no such call. */
void service__count_received(struct service *service, int64_t result);
void service__count_sent(struct service *service, int64_t result);
/* A reply has been sent for the request that was complete at asked_ns. */
void service__end_request(struct service *service, uint64_t asked_ns);
void service__count_call(struct service *service, enum service_call call);

/* Serves one connection with blocking calls until its end, in the calling thread. */
void service__serve_blocking(struct service *service, int fd);

/* Writes the members that all servers have in common. */
void service__write_truth(const struct service *service, struct truth *truth, const char *workload);

/* Frees, and removes the port file. */
void service__tear_down(struct service *service);

#endif
