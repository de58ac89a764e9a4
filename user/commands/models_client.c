// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "commands/commands.h"
#include "commands/models_client.h"
#include "commands/truth.h"

#define STEP_MS	   2
#define START_MS   30000 /* the server has to be there by then */
#define FINISH_MS  20000
#define NUMBER_MAX 24

static void pause_ms(long milliseconds)
{
	const struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};

	nanosleep(&time, NULL);
}

int models_client__prepare(struct models_client *client)
{
	const char *temporary = getenv("TMPDIR");
	int length;

	*client = (struct models_client){.stdout_fd = -1, .stderr_fd = -1};
	length = snprintf(client->directory, sizeof(client->directory), "%s/waitscope-XXXXXX",
			  temporary && strlen(temporary) < 32 ? temporary : "/tmp");
	if (length < 0 || !mkdtemp(client->directory)) {
		client->directory[0] = '\0';
		return -errno;
	}
	snprintf(client->port_file, sizeof(client->port_file), "%s/port", client->directory);
	return 0;
}

/* In the client: the port, when its line is complete. 0: it never was. */
static unsigned int await_port(const char *path)
{
	for (int waited = 0; waited < START_MS; waited += STEP_MS) {
		FILE *file = fopen(path, "re");
		unsigned int port = 0;
		char end = 0;

		if (file) {
			int got = fscanf(file, "%u%c", &port, &end);

			fclose(file);
			if (got == 2 && end == '\n')
				return port;
		}
		pause_ms(STEP_MS);
	}
	return 0;
}

static void __attribute__((noreturn))
become(const struct models_client *client, const struct models_client_plan *plan, const char *path)
{
	char target[32], connections[NUMBER_MAX], requests[NUMBER_MAX], size[NUMBER_MAX];
	const char *const words[] = {path,	  "--target",	target,	  "--connections",
				     connections, "--requests", requests, "--size",
				     size,	  NULL};
	unsigned int port;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_DFL);
	if (dup2(client->stdout_fd, STDOUT_FILENO) < 0 ||
	    dup2(client->stderr_fd, STDERR_FILENO) < 0)
		_exit(EXIT_FAILED);
	port = await_port(client->port_file);
	if (!port)
		_exit(EXIT_FAILED);
	snprintf(target, sizeof(target), "127.0.0.1:%u", port);
	snprintf(connections, sizeof(connections), "%" PRIu64, plan->connections);
	snprintf(requests, sizeof(requests), "%" PRIu64, plan->requests);
	snprintf(size, sizeof(size), "%" PRIu64, plan->size);
	execv(path, (char *const *)words);
	_exit(EXIT_FAILED);
}

int models_client__start(struct models_client *client, const struct models_client_plan *plan)
{
	char path[PATH_MAX];

	if (workload__find("connections", path))
		return -ENOENT;
	client->stdout_fd = truth__open("client");
	client->stderr_fd = truth__open("client-errors");
	if (client->stdout_fd < 0 || client->stderr_fd < 0)
		return client->stdout_fd < 0 ? client->stdout_fd : client->stderr_fd;
	fflush(NULL);
	client->pid = fork();
	if (client->pid < 0) {
		client->pid = 0;
		return -errno;
	}
	if (client->pid == 0)
		become(client, plan, path);
	return 0;
}

int models_client__finish(struct models_client *client, bool kill_it)
{
	int waited = 0, raw = 0;
	pid_t got;

	if (!client->pid)
		return EXIT_FAILED;
	while ((got = waitpid(client->pid, &raw, WNOHANG)) == 0) {
		if (kill_it || waited >= FINISH_MS) {
			kill(client->pid, SIGKILL);
			got = waitpid(client->pid, &raw, 0);
			break;
		}
		pause_ms(STEP_MS);
		waited += STEP_MS;
	}
	client->pid = 0;
	return got < 0 || WIFSIGNALED(raw) ? EXIT_FAILED : WEXITSTATUS(raw);
}

void models_client__close(struct models_client *client)
{
	models_client__finish(client, true);
	if (client->stdout_fd >= 0)
		close(client->stdout_fd);
	if (client->stderr_fd >= 0)
		close(client->stderr_fd);
	if (!*client->directory)
		return;
	unlink(client->port_file); /* if its server did not get to do so */
	rmdir(client->directory);
}
