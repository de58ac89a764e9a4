// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "collect/session.h"
#include "collect/watch.h"

#define SECOND_NS 1000000000ULL
/* After Ctrl-C the command has this long to end by itself, so that its end is in the report. */
#define GRACE_NS SECOND_NS

static sigset_t ending_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	return set;
}

/* pidfds of threads need PIDFD_THREAD (6.9); a directory in /proc belongs to one thread too. */
static int open_thread(int tid)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%d", tid);
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int open_targets(struct watch *watch, const struct target *target)
{
	watch->are_threads = target->kind == TARGET_TID;
	watch->target_fds = calloc(target->id_count + 1, sizeof(*watch->target_fds));
	if (!watch->target_fds)
		return -ENOMEM;
	for (size_t i = 0; i < target->id_count; i++) {
		int fd = watch->are_threads ? open_thread(target->ids[i])
					    : pidfd_open(target->ids[i], 0);

		if (fd < 0)
			return -errno;
		watch->target_fds[watch->target_count++] = fd;
	}
	return 0;
}

int watch__open(struct watch *watch, const struct target *target, bool asks)
{
	sigset_t set = ending_signals();

	*watch = (struct watch){.signal_fd = -1, .event_fd = -1};
	if (asks)
		sigaddset(&set, SIGUSR1);
	if (sigprocmask(SIG_BLOCK, &set, NULL))
		return -errno;
	watch->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (watch->signal_fd < 0)
		return -errno;
	return open_targets(watch, target);
}

static bool take_signal(struct watch *watch)
{
	struct signalfd_siginfo info;

	if (read(watch->signal_fd, &info, sizeof(info)) != sizeof(info))
		return false;
	if (info.ssi_signo == SIGUSR1) {
		watch->asked = true;
		return false;
	}
	watch->signal = info.ssi_signo;
	return true;
}

bool watch__was_asked(struct watch *watch)
{
	bool asked = watch->asked;

	watch->asked = false;
	return asked;
}

static bool is_gone(const struct watch *watch, int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

	if (watch->are_threads)
		return faccessat(fd, "stat", F_OK, 0) != 0;
	return poll(&poll_fd, 1, 0) == 1;
}

/* Drops the processes that have exited. True if there were some and all are gone. */
static bool targets_are_gone(struct watch *watch)
{
	size_t kept = 0, before = watch->target_count;

	for (size_t i = 0; i < watch->target_count; i++) {
		if (is_gone(watch, watch->target_fds[i]))
			close(watch->target_fds[i]);
		else
			watch->target_fds[kept++] = watch->target_fds[i];
	}
	watch->target_count = kept;
	return before > 0 && kept == 0;
}

enum { FD_SIGNAL, FD_STDOUT, FD_COMMAND, FD_TARGETS, FD_EVENTS, FD_COUNT };

static int wait_once(struct watch *watch, const struct command *command, int timeout_ms,
		     struct pollfd fds[FD_COUNT])
{
	fds[FD_SIGNAL] = (struct pollfd){.fd = watch->signal_fd, .events = POLLIN};
	/* POLLERR, which is always reported, is how a pipe says that its reader has gone */
	fds[FD_STDOUT] = (struct pollfd){.fd = STDOUT_FILENO};
	fds[FD_COMMAND] = (struct pollfd){.fd = command ? command->pidfd : -1, .events = POLLIN};
	fds[FD_TARGETS] = (struct pollfd){.fd = -1, .events = POLLIN};
	fds[FD_EVENTS] = (struct pollfd){.fd = watch->event_fd, .events = POLLIN};
	if (watch->target_count && !watch->are_threads)
		fds[FD_TARGETS].fd = watch->target_fds[0];
	return poll(fds, FD_COUNT, timeout_ms);
}

static int milliseconds_until(uint64_t deadline, uint64_t now, int at_most)
{
	uint64_t left = deadline > now ? (deadline - now + 999999) / 1000000 : 0;

	return left < (uint64_t)at_most ? (int)left : at_most;
}

static bool command_ends_within_grace(struct watch *watch, struct command *command)
{
	struct pollfd poll_fd = {.fd = command->pidfd, .events = POLLIN};

	poll(&poll_fd, 1, GRACE_NS / 1000000);
	watch->has_status = command__reap(command, &watch->status);
	return watch->has_status;
}

enum watch_end watch__wait(struct watch *watch, struct command *command, uint64_t duration,
			   watch_tick *tick, void *context)
{
	uint64_t begin = session__now(), deadline = duration ? begin + duration : UINT64_MAX, now;
	struct pollfd fds[FD_COUNT];
	int pause;

	while ((now = session__now()) < deadline) {
		pause = tick(context, now - begin);
		if (wait_once(watch, command, milliseconds_until(deadline, now, pause), fds) < 0 &&
		    errno != EINTR)
			return WATCH_FAILED;
		if (fds[FD_SIGNAL].revents && take_signal(watch)) {
			if (command)
				command_ends_within_grace(watch, command);
			return WATCH_SIGNAL;
		}
		if (fds[FD_COMMAND].revents && command__reap(command, &watch->status)) {
			watch->has_status = true;
			return WATCH_COMMAND;
		}
		if ((fds[FD_TARGETS].revents || watch->are_threads) && targets_are_gone(watch))
			return WATCH_TARGETS;
		if (fds[FD_STDOUT].revents & POLLERR)
			return WATCH_PIPE;
	}
	return WATCH_DURATION;
}

void watch__let_go(struct watch *watch)
{
	sigset_t set = ending_signals(); /* SIGUSR1 must not end the report */

	if (watch->signal_fd >= 0)
		close(watch->signal_fd);
	watch->signal_fd = -1;
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

void watch__close(struct watch *watch)
{
	watch__let_go(watch);
	for (size_t i = 0; i < watch->target_count; i++)
		close(watch->target_fds[i]);
	free(watch->target_fds);
	*watch = (struct watch){.signal_fd = -1, .event_fd = -1};
}
