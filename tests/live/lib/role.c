// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/live/lib/internal.h"
#include "tests/live/lib/role.h"

long role__check(long result, const char *what)
{
	if (result >= 0)
		return result;
	perror(what);
	exit(1);
}

struct start {
	const char *name;
	void *(*run)(void *context);
	void *context;
	pid_t tid;
	sem_t running;
};

static void *begin(void *argument)
{
	struct start *start = argument;
	void *(*run)(void *) = start->run;
	void *context = start->context;

	pthread_setname_np(pthread_self(), start->name);
	start->tid = gettid();
	sem_post(&start->running);
	return run(context);
}

pthread_t role__thread(const char *name, void *(*run)(void *), void *context, pid_t *tid)
{
	struct start start = {.name = name, .run = run, .context = context};
	pthread_t thread;

	sem_init(&start.running, 0, 0);
	errno = pthread_create(&thread, NULL, begin, &start);
	role__check(errno ? -1 : 0, "pthread_create");
	while (sem_wait(&start.running))
		;
	if (tid)
		*tid = start.tid;
	return thread;
}

bool role__pin(unsigned int number)
{
	cpu_set_t allowed, one;
	unsigned int wanted;

	role__check(sched_getaffinity(0, sizeof(allowed), &allowed), "sched_getaffinity");
	wanted = number % CPU_COUNT(&allowed);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		if (!CPU_ISSET(cpu, &allowed) || wanted-- > 0)
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		role__check(sched_setaffinity(0, sizeof(one), &one), "sched_setaffinity");
		break;
	}
	return number == 0 || number % CPU_COUNT(&allowed) != 0;
}

void role__nap(unsigned long microseconds)
{
	struct timespec time = {microseconds / 1000000, microseconds % 1000000 * 1000};

	nanosleep(&time, NULL);
}

void role__spin_until(unsigned long long ns)
{
	while (live__now() < ns)
		;
}

void role__say(const char *format, ...)
{
	va_list arguments;
	char text[512];
	int length;

	va_start(arguments, format);
	length = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	role__check(write(STDOUT_FILENO, text, length), "write");
}

bool role__hear(char *line, int size)
{
	int length = 0;
	char byte;

	while (read(STDIN_FILENO, &byte, 1) == 1) {
		if (byte == '\n') {
			line[length] = '\0';
			return true;
		}
		if (length + 1 < size)
			line[length++] = byte;
	}
	return false;
}
