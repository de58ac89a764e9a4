// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collect/command.h"

static void redirect(int stdout_fd, int stderr_fd)
{
	if ((stdout_fd > 0 && dup2(stdout_fd, STDOUT_FILENO) < 0) ||
	    (stderr_fd > 0 && dup2(stderr_fd, STDERR_FILENO) < 0))
		_exit(1);
}

/* In the child. A parent that dies before the release closes the pipe: then do not run. */
static void __attribute__((noreturn)) run(char **argv, int release_fd, int error_fd)
{
	sigset_t none;
	char go;
	int err;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (read(release_fd, &go, 1) != 1)
		_exit(1);
	execvp(argv[0], argv);
	err = errno;
	if (write(error_fd, &err, sizeof(err)) < 0)
		_exit(1);
	_exit(command__exec_status(-err));
}

int command__spawn(struct command *command, char **argv, int stdout_fd, int stderr_fd,
		   const struct open_files *open_files)
{
	int release[2] = {-1, -1}, error[2] = {-1, -1}, err;

	*command = (struct command){.pidfd = -1, .release_fd = -1, .error_fd = -1};
	if (pipe2(release, O_CLOEXEC) || pipe2(error, O_CLOEXEC))
		goto failed;
	command->pid = fork();
	if (command->pid < 0)
		goto failed;
	if (command->pid == 0) {
		close(release[1]);
		close(error[0]);
		redirect(stdout_fd, stderr_fd);
		open_files__put_back(open_files);
		run(argv, release[0], error[1]);
	}
	close(release[0]);
	close(error[1]);
	command->release_fd = release[1];
	command->error_fd = error[0];
	command->pidfd = pidfd_open(command->pid, 0);
	if (command->pidfd < 0) {
		err = -errno;
		command__close(command);
		return err;
	}
	return 0;
failed:
	err = -errno;
	for (int i = 0; i < 2; i++) {
		if (release[i] >= 0)
			close(release[i]);
		if (error[i] >= 0)
			close(error[i]);
	}
	command->pid = 0;
	return err;
}

int command__release(struct command *command)
{
	ssize_t got;
	int err = 0;

	if (write(command->release_fd, "!", 1) != 1)
		return -errno;
	close(command->release_fd);
	command->release_fd = -1;
	do
		got = read(command->error_fd, &err, sizeof(err));
	while (got < 0 && errno == EINTR);
	return got == sizeof(err) ? -err : 0;
}

bool command__reap(struct command *command, int *status)
{
	int raw;

	if (command->pid <= 0 || waitpid(command->pid, &raw, WNOHANG) != command->pid)
		return false;
	command->pid = 0;
	*status = WIFSIGNALED(raw) ? 128 + WTERMSIG(raw) : WEXITSTATUS(raw);
	return true;
}

int command__exec_status(int err)
{
	return err == -ENOENT || err == -ENOTDIR ? 127 : 126;
}

void command__close(struct command *command)
{
	bool held = command->release_fd >= 0;

	if (held)
		close(command->release_fd);
	if (command->error_fd >= 0)
		close(command->error_fd);
	if (command->pidfd >= 0)
		close(command->pidfd);
	if (held && command->pid > 0)
		waitpid(command->pid, NULL, 0);
	command->release_fd = command->error_fd = command->pidfd = -1;
}
