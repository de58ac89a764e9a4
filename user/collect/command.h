/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The traced command: forked early, held back until the programs are attached, then executed.
 */
#ifndef WAITSCOPE_COLLECT_COMMAND_H
#define WAITSCOPE_COLLECT_COMMAND_H

#include <stdbool.h>
#include <sys/types.h>

#include "collect/open_files.h"

struct command {
	pid_t pid;
	int pidfd;	/* readable when it has exited */
	int release_fd; /* writing lets it go; -1 afterwards */
	int error_fd;	/* the errno of an exec that failed */
};

/*
 * Forks. The child waits; nothing of the command runs yet. `stdout_fd` and `stderr_fd` are where it
 * will write; 0: where we do. It gets back the limit of open files that we have raised. Returns 0
 * or a negative errno.
 */
int command__spawn(struct command *command, char **argv, int stdout_fd, int stderr_fd,
		   const struct open_files *open_files);

/*
 * Lets it execute. Returns 0 once the exec has succeeded, or the negative errno with which it
 * failed; then the child is gone.
 */
int command__release(struct command *command);

/*
 * Reaps it if it has exited. Returns true and its status as shells count it (128 + signal).
 */
bool command__reap(struct command *command, int *status);

/* The exit status for an exec error: 127 not found, 126 not executable. */
int command__exec_status(int err);

/* Ends a child that was never released, and closes the descriptors. */
void command__close(struct command *command);

#endif
