// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "stop.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>

#include "check.h"

enum { SOCKETS_MAX = 1024 };

/* Global, because a signal handler has to find them. */
static int sockets[SOCKETS_MAX];
static atomic_int socket_count;
static atomic_bool requested;

void stop__add(int fd)
{
	int index = atomic_load(&socket_count);

	if (index == SOCKETS_MAX)
		errx(EXIT_FAILURE, "more than %d listeners", SOCKETS_MAX);
	sockets[index] = fd;
	atomic_store(&socket_count, index + 1);
	if (stop__requested())
		shutdown(fd, SHUT_RD);
}

void stop__replace(int fd)
{
	atomic_store(&socket_count, 0);
	stop__add(fd);
}

bool stop__requested(void)
{
	return atomic_load(&requested);
}

void stop__now(void)
{
	const int error = errno;

	atomic_store(&requested, true);
	for (int i = 0; i < atomic_load(&socket_count); i++)
		shutdown(sockets[i], SHUT_RD);
	errno = error;
}

static void handle_signal(int number)
{
	(void)number;
	stop__now();
}

void stop__on_signals(void)
{
	static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
	struct sigaction action = {.sa_handler = handle_signal, .sa_flags = SA_RESTART}, before;

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		check(sigaction(signals[i], NULL, &before), "sigaction");
		if (before.sa_handler != SIG_IGN) /* nohup and shells' background jobs */
			check(sigaction(signals[i], &action, NULL), "sigaction");
	}
}
