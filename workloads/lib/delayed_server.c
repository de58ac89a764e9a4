// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE 1
#include "delayed_server.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "check.h"
#include "monotonic.h"

struct message {
	uint64_t sent_ns;
	int answer_fd;
};

/* All delays are equal, so the requests come due in the order in which they came. */
static void play(void *argument)
{
	static const char answer[DELAYED_SERVER_ANSWER];
	struct delayed_server *server = argument;
	struct message message;

	check(prctl(PR_SET_TIMERSLACK, 1UL), "prctl PR_SET_TIMERSLACK");
	for (uint64_t i = 0; i < server->operations; i++) {
		check(read(server->request_fds[0], &message, sizeof(message)), "read");
		monotonic__sleep_until_ns(message.sent_ns + server->delay_ns);
		check(write(message.answer_fd, answer, sizeof(answer)), "write");
	}
}

void delayed_server__start(struct delayed_server *server, uint64_t delay_ns, uint64_t operations)
{
	*server = (struct delayed_server){.delay_ns = delay_ns, .operations = operations};
	check(pipe2(server->request_fds, O_CLOEXEC), "pipe2");
	server->actor =
		(struct actor){.name = "partner", .cpu_rank = 1, .play = play, .scene = server};
	actor__start(&server->actor);
}

void delayed_server__join(struct delayed_server *server)
{
	actor__join(&server->actor);
	close(server->request_fds[0]);
	close(server->request_fds[1]);
}

void delayed_server__ask(const struct delayed_server *server, int answer_fd, struct calls *calls)
{
	const struct message message = {.sent_ns = monotonic__now_ns(), .answer_fd = answer_fd};

	calls__count(calls, "write");
	check(write(server->request_fds[1], &message, sizeof(message)), "write");
}
