// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Programs that a test starts: in a process group of their own, their output in memory files. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/live/lib/internal.h"

static struct program *programs;

static void __attribute__((noreturn)) become(const char *const *words, const int fds[3])
{
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_DFL);
	for (int i = 0; i < 3; i++)
		if (dup2(fds[i], i) < 0)
			_exit(126);
	execvp(words[0], (char *const *)words);
	perror(words[0]);
	_exit(127);
}

static int memory_file(void)
{
	int fd = memfd_create("output", MFD_CLOEXEC);

	if (fd < 0)
		live__fail("memfd_create: %s", strerror(errno));
	/* two writers that share it (waitscope and its command) must not overwrite each other */
	fcntl(fd, F_SETFL, O_APPEND);
	return fd;
}

static struct program *start(const char *const *words, int stdout_fd)
{
	struct program *program = calloc(1, sizeof(*program));
	int input[2];

	if (!program || pipe2(input, O_CLOEXEC))
		live__fail("cannot start %s: %s", words[0], strerror(errno));
	program->in_fd = input[1];
	program->out_fd = memory_file();
	program->err_fd = memory_file();
	program->status = -1;
	fflush(NULL);
	program->pid = fork();
	if (program->pid == 0)
		become(words, (int[]){input[0], stdout_fd < 0 ? program->out_fd : stdout_fd,
				      program->err_fd});
	close(input[0]);
	if (program->pid < 0)
		live__fail("fork: %s", strerror(errno));
	program->was_pid = program->pid;
	program->next = programs;
	programs = program;
	return program;
}

struct program *program__start(const char *const *words)
{
	return start(words, -1);
}

struct program *program__start_to(const char *const *words, int stdout_fd)
{
	return start(words, stdout_fd);
}

bool program__has_ended(struct program *program)
{
	int raw;

	if (!program->pid)
		return true;
	if (waitpid(program->pid, &raw, WNOHANG) != program->pid)
		return false;
	program->pid = 0;
	program->status = WIFSIGNALED(raw) ? 128 + WTERMSIG(raw) : WEXITSTATUS(raw);
	return true;
}

/* With all of its group. Only while the leader is not reaped: then the group's id is ours. */
static void kill_program(struct program *program)
{
	int raw;

	if (!program->pid)
		return;
	kill(-program->pid, SIGKILL);
	kill(program->pid, SIGKILL);
	waitpid(program->pid, &raw, 0);
	program->pid = 0;
	program->status = 128 + SIGKILL;
}

void programs__end(void)
{
	while (programs) {
		struct program *program = programs;

		programs = program->next;
		kill_program(program);
		program__end_input(program);
		close(program->out_fd);
		close(program->err_fd);
		free(program);
	}
}

int program__wait(struct program *program, unsigned int timeout_ms)
{
	uint64_t deadline;

	/* an emulated machine is some twenty times slower */
	deadline = live__now() + timeout_ms * 1000000ULL * (live__emulated() ? 20 : 1);
	while (!program__has_ended(program)) {
		if (live__now() > deadline) {
			kill_program(program);
			live__fail("pid %d did not end within %u ms; it said: %s", program->was_pid,
				   timeout_ms, program__errors(program));
		}
		live__sleep_ms(1);
	}
	return program->status;
}

static char *content(int fd)
{
	struct stat status;
	char *text;
	ssize_t got;

	if (fstat(fd, &status))
		live__fail("fstat: %s", strerror(errno));
	text = live__keep(calloc(1, status.st_size + 1), free);
	got = pread(fd, text, status.st_size, 0);
	text[got > 0 ? got : 0] = '\0';
	return text;
}

char *program__output(struct program *program)
{
	return content(program->out_fd);
}

char *program__errors(struct program *program)
{
	return content(program->err_fd);
}

static void await_text(struct program *program, int fd, const char *text)
{
	uint64_t deadline = live__now() + LIVE_TIMEOUT_MS * 1000000ULL;
	struct stat before = {.st_size = -1}, status;

	for (;;) {
		bool ended = program__has_ended(program);

		if (!fstat(fd, &status) && status.st_size != before.st_size &&
		    strstr(content(fd), text))
			return;
		before = status;
		if (ended || live__now() > deadline)
			live__fail("pid %d never said '%s' (status %d), but: %s%s",
				   program->was_pid, text, program->status,
				   program__output(program), program__errors(program));
		live__sleep_ms(1);
	}
}

void program__await_output(struct program *program, const char *text)
{
	await_text(program, program->out_fd, text);
}

void program__await_errors(struct program *program, const char *text)
{
	await_text(program, program->err_fd, text);
}

long program__value(struct program *program, const char *name)
{
	const char *output = program__output(program), *wanted = live__text("%s=", name);
	const char *at = output;

	/* the name begins a word: `child` is not found in `grandchild` */
	while ((at = strstr(at, wanted)) && at > output && at[-1] != ' ' && at[-1] != '\n')
		at++;
	if (!at)
		live__fail("there is no %s in what it said: %s", wanted, output);
	return strtol(at + strlen(wanted), NULL, 0);
}

void program__say(struct program *program, const char *text)
{
	if (write(program->in_fd, text, strlen(text)) != (ssize_t)strlen(text))
		live__fail("pid %d does not listen: %s", program->was_pid, strerror(errno));
}

void program__end_input(struct program *program)
{
	if (program->in_fd >= 0)
		close(program->in_fd);
	program->in_fd = -1;
}

void program__signal(struct program *program, int signal)
{
	if (!program->pid || kill(program->pid, signal))
		live__fail("pid %d cannot be signalled", program->was_pid);
}

int program__run(struct program **program, const char *const *words, unsigned int timeout_ms)
{
	struct program *started = program__start(words);

	if (program)
		*program = started;
	program__end_input(started);
	return program__wait(started, timeout_ms);
}

struct program *program__start_role(const char *const *words)
{
	const char *all[32] = {live__self(), "--as"};
	struct program *program;

	for (size_t i = 0; words[i]; i++) {
		if (i + 3 >= sizeof(all) / sizeof(all[0]))
			live__fail("too many words");
		all[i + 2] = words[i];
	}
	program = program__start(all);
	program__await_output(program, "ready");
	return program;
}

char task__state(pid_t pid, pid_t tid)
{
	char path[64], text[512], *end;
	size_t got;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", pid, tid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	got = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[got] = '\0';
	end = strrchr(text, ')'); /* the name may have anything in it */
	return end && end[1] ? end[2] : 0;
}

void task__await_state(pid_t pid, pid_t tid, const char *states)
{
	uint64_t deadline = live__now() + LIVE_TIMEOUT_MS * 1000000ULL;
	char state;

	while (!(state = task__state(pid, tid)) || !strchr(states, state)) {
		if (live__now() > deadline)
			live__fail("thread %d is '%c', never one of %s", tid, state ? state : '-',
				   states);
		live__sleep_ms(1);
	}
}
