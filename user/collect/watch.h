/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Waits for the end of a trace: a signal, the duration, the end of what is traced, a closed pipe.
 */
#ifndef WAITSCOPE_COLLECT_WATCH_H
#define WAITSCOPE_COLLECT_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collect/command.h"
#include "collect/target.h"

enum watch_end {
	WATCH_SIGNAL, /* SIGINT, SIGTERM or SIGHUP */
	WATCH_DURATION,
	WATCH_COMMAND, /* the command has exited */
	WATCH_TARGETS, /* every process that was named has exited */
	WATCH_PIPE,    /* nobody reads stdout any more */
	WATCH_FAILED,
};

struct watch {
	int signal_fd;
	int *target_fds; /* pidfds; of threads their directories in /proc */
	bool are_threads;
	size_t target_count;
	int event_fd; /* wakes it early when readable: its tick is called; -1: none */
	int signal;   /* the one that ended it, 0: none */
	int status;   /* of the command, if it ended */
	bool has_status;
	bool asked; /* SIGUSR1 came */
};

/*
 * From now on SIGINT, SIGTERM and SIGHUP are held for watch__wait(). Opens the named processes,
 * so that a reused pid is not taken for them. Returns 0, -ESRCH if one is gone, or another
 * negative errno. `asks`: SIGUSR1 is held as well, from now on, for
 * watch__was_asked().
 */
int watch__open(struct watch *watch, const struct target *target, bool asks);

/* Did SIGUSR1 come since the last question? */
bool watch__was_asked(struct watch *watch);

/*
 * Called while waiting, with the time so far in ns. Returns the milliseconds until it wants to
 * be called again, at the latest.
 */
typedef int watch_tick(void *context, uint64_t elapsed);

/* Waits. `command` is NULL without one; `duration` is ns, 0 for none. */
enum watch_end watch__wait(struct watch *watch, struct command *command, uint64_t duration,
			   watch_tick *tick, void *context);

/* Signals end the process at once again: for the time of the report. */
void watch__let_go(struct watch *watch);

void watch__close(struct watch *watch);

#endif
