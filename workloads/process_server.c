// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A process for each connection, forked when it is accepted: what threads do in thread_server, with
 * nothing shared but the counts. A client that crashes its server takes nobody else along; the
 * price is a process, with its own page tables, for each that is connected.
 */
#define _GNU_SOURCE 1
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arguments.h"
#include "check.h"
#include "monotonic.h"
#include "service.h"
#include "stop.h"

/* Global, because a signal handler reaps the children. Others touch it with SIGCHLD blocked. */
static struct {
	pid_t *pids;
	size_t count, capacity, count_max;
	uint64_t failed; /* that did not end with status 0 */
} children;

static error_t parse_option(int key, char *value, struct argp_state *state)
{
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = state->input;
		return 0;
	case ARGP_KEY_ARG:
		refuse_argument(value);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void forget_child(pid_t pid, int status)
{
	for (size_t i = 0; i < children.count; i++) {
		if (children.pids[i] != pid)
			continue;
		children.pids[i] = children.pids[--children.count];
		children.failed += status != 0;
		return;
	}
}

/* Safe in a signal handler. flags: WNOHANG, or 0 to wait for all. */
static void reap(int flags)
{
	const int error = errno;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, flags)) > 0)
		forget_child(pid, status);
	errno = error;
}

static void handle_child_signal(int number)
{
	(void)number;
	reap(WNOHANG);
}

static void reap_on_signals(void)
{
	struct sigaction action = {.sa_handler = handle_child_signal,
				   .sa_flags = SA_RESTART | SA_NOCLDSTOP};

	check(sigaction(SIGCHLD, &action, NULL), "sigaction");
}

/* Returns the mask from before. */
static sigset_t block_signals(void)
{
	sigset_t blocked, before;

	sigemptyset(&blocked);
	sigaddset(&blocked, SIGCHLD);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGINT);
	sigaddset(&blocked, SIGHUP);
	check(sigprocmask(SIG_BLOCK, &blocked, &before), "sigprocmask");
	return before;
}

static void restore_signals(const sigset_t *before)
{
	check(sigprocmask(SIG_SETMASK, before, NULL), "sigprocmask");
}

static void tell_parent(void)
{
	kill(getppid(), SIGTERM);
}

/*
 * In the child. A SIGTERM from the parent shuts the connection down for reading, so the request in
 * hand is still answered.
 */
static _Noreturn void serve(struct service *service, int fd, int listener, const sigset_t *signals)
{
	check(prctl(PR_SET_PDEATHSIG, SIGKILL), "prctl PR_SET_PDEATHSIG");
	signal(SIGCHLD, SIG_DFL);
	close(listener);
	stop__replace(fd);
	restore_signals(signals);
	service->when_done = tell_parent;
	service__begin_connection(service);
	service__serve_blocking(service, fd);
	_exit(EXIT_SUCCESS);
}

static void make_room(void)
{
	size_t capacity = children.capacity ? 2 * children.capacity : 64;

	if (children.count < children.capacity)
		return;
	children.pids = check_memory(realloc(children.pids, capacity * sizeof(*children.pids)));
	children.capacity = capacity;
}

static void start_process(struct service *service, int fd, int listener)
{
	sigset_t before = block_signals();
	pid_t pid;
	int error;

	make_room();
	service__count_call(service, CALL_FORK);
	pid = fork();
	error = errno;
	if (pid == 0)
		serve(service, fd, listener, &before);
	if (pid > 0)
		children.pids[children.count++] = pid;
	if (children.count > children.count_max)
		children.count_max = children.count;
	restore_signals(&before);
	if (pid < 0)
		service__refuse(service, "fork", error);
	close(fd);
}

static void accept_connections(struct service *service, int listener)
{
	const uint64_t pause_ns = 10000000;
	int fd;

	for (;;) {
		fd = service__accept(service, listener, false);
		if (fd >= 0)
			start_process(service, fd, listener);
		else if (errno == EINVAL)
			return;
		else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			monotonic__sleep_ns(pause_ns);
	}
}

static void drain(void)
{
	sigset_t before = block_signals();

	for (size_t i = 0; i < children.count; i++)
		kill(children.pids[i], SIGTERM);
	reap(0);
	restore_signals(&before);
}

static void write_truth(const struct service *service)
{
	struct truth truth;

	truth__begin(&truth);
	service__write_truth(service, &truth, "process_server");
	truth__number(&truth, "processes_max", children.count_max + 1);
	truth__number(&truth, "processes_failed", children.failed);
	truth__number(&truth, "threads_max", children.count_max + 1);
	truth__end(&truth);
}

int main(int argc, char **argv)
{
	const struct argp_child argp_children[] = {{&service_argp, 0, NULL, 0}, {0}};
	const struct argp argp = {
		.parser = parse_option,
		.doc = "Serve each connection by a process of its own; state the truth as JSON.",
		.children = argp_children,
	};
	struct service_options options = {0};
	struct service service;
	int listener;

	parse_arguments(&argp, argc, argv, &options);
	service__set_up(&service, &options);
	service.is_process_per_connection = true;
	reap_on_signals();
	listener = service__listen(&service, false, false);
	service__announce(&service);
	accept_connections(&service, listener);
	drain();
	service__finish(&service);
	write_truth(&service);
	service__tear_down(&service);
	free(children.pids);
	return EXIT_SUCCESS;
}
