/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A thread "partner" that answers each request after the same delay, however many there are at
 * once: a service that is slow, but never busy.
 */
#ifndef WORKLOADS_DELAYED_SERVER_H
#define WORKLOADS_DELAYED_SERVER_H

#include <stdint.h>

#include "actor.h"
#include "calls.h"

enum { DELAYED_SERVER_ANSWER = 64 }; /* bytes */

struct delayed_server {
	uint64_t delay_ns;
	uint64_t operations; /* after so many it ends */
	int request_fds[2];  /* a pipe */
	struct actor actor;
};

void delayed_server__start(struct delayed_server *server, uint64_t delay_ns, uint64_t operations);
void delayed_server__join(struct delayed_server *server);

/* Asks for an answer on that descriptor: one write, which does not sleep (counted). */
void delayed_server__ask(const struct delayed_server *server, int answer_fd, struct calls *calls);

#endif
