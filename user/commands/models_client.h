/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The client of a traced server: a process of ours that waits until the server has a port, and then
 * becomes the workload `connections`. It is not traced.
 */
#ifndef WAITSCOPE_COMMANDS_MODELS_CLIENT_H
#define WAITSCOPE_COMMANDS_MODELS_CLIENT_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct models_client {
	pid_t pid; /* 0: there is none */
	int stdout_fd, stderr_fd;
	char directory[64]; /* with the port file in it; "": none */
	char port_file[96];
};

struct models_client_plan {
	uint64_t connections, requests, size;
};

/* Makes the place for the port file, which is for the server's --port-file. 0 or negative errno. */
int models_client__prepare(struct models_client *client);

/* Starts it. Returns 0 or a negative errno. */
int models_client__start(struct models_client *client, const struct models_client_plan *plan);

/* Waits for its end, not long, for its server has ended; kills it if `kill_it`. Its status. */
int models_client__finish(struct models_client *client, bool kill_it);

/* Kills what still runs, and removes all. */
void models_client__close(struct models_client *client);

#endif
