// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The service with blocking calls: one thread waits in each of them, and does nothing else. */
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "monotonic.h"
#include "service.h"

/* The length; less than size at the end of the stream, -1 on a failure. */
static int64_t receive_request(struct service *service, int fd, char *request)
{
	int64_t length = recv(fd, request, service->options.size, MSG_WAITALL);

	service__count_recv(service, length);
	return length;
}

static bool send_reply(struct service *service, int fd, const char *reply)
{
	int64_t length = send(fd, reply, service->options.size, MSG_NOSIGNAL);

	service__count_send(service, length);
	return length == (int64_t)service->options.size;
}

void service__serve_blocking(struct service *service, int fd)
{
	const uint64_t delay_ns = service->options.delay_ns;
	char *request = check_memory(malloc(service->options.size));
	int64_t length;
	bool sent = true;

	while (sent &&
	       (length = receive_request(service, fd, request)) == (int64_t)service->options.size) {
		uint64_t asked_ns = monotonic__now_ns();

		if (delay_ns) {
			service__count_call(service, CALL_SLEEP);
			monotonic__sleep_ns(delay_ns);
		}
		sent = send_reply(service, fd, request);
		if (sent)
			service__end_request(service, asked_ns);
	}
	service__end_connection(service, sent && length == 0);
	free(request);
}
