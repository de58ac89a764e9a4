// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The test program itself: roles, paths, and what is kept until the end of a test. */
#define _GNU_SOURCE
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "tests/live/lib/internal.h"

struct kept {
	void *thing;
	void (*release)(void *thing);
	struct kept *next;
};

static struct kept *kept;
static char self[PATH_MAX];
static char build[PATH_MAX]; /* the directory of `live/`, `workloads/` and the tool */

void *live__keep(void *thing, void (*release)(void *))
{
	struct kept *entry = thing ? malloc(sizeof(*entry)) : NULL;

	if (!entry)
		live__fail("out of memory");
	*entry = (struct kept){thing, release, kept};
	kept = entry;
	return thing;
}

int live__end_test(void **state)
{
	(void)state;
	programs__end();
	while (kept) {
		struct kept *entry = kept;

		kept = entry->next;
		entry->release(entry->thing);
		free(entry);
	}
	return 0;
}

static void find_paths(void)
{
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char copy[PATH_MAX];

	if (length <= 0) {
		perror("/proc/self/exe");
		exit(1);
	}
	self[length] = '\0';
	strcpy(copy, self);
	strcpy(build, dirname(dirname(copy)));
}

void live__begin(int argc, char **argv, const struct live_role *roles)
{
	const char *only = getenv("LIVE_ONLY");

	find_paths();
	if (argc > 2 && strcmp(argv[1], "--as") == 0) {
		for (; roles && roles->name; roles++)
			if (strcmp(roles->name, argv[2]) == 0)
				exit(roles->run(argc - 2, argv + 2));
		fprintf(stderr, "%s has no role '%s'\n", argv[0], argv[2]);
		exit(2);
	}
	if (geteuid() != 0) {
		fprintf(stderr, "%s: all skipped: needs root\n", argv[0]);
		exit(0);
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	if (only)
		cmocka_set_test_filter(only);
}

bool live__emulated(void)
{
	const char *value = getenv("LIVE_EMULATED");

	return value && *value && strcmp(value, "0") != 0;
}

const char *live__self(void)
{
	return self;
}

const char *live__waitscope(void)
{
	const char *chosen = getenv("WAITSCOPE");

	return chosen && *chosen ? chosen : live__text("%s/waitscope-checked", build);
}

const char *live__build(void)
{
	return build;
}

const char *live__workload(const char *name)
{
	return live__text("%s/workloads/%s", build, name);
}

/* The tests are run from the root of the source tree, and the build directory is below it. */
const char *live__source(const char *path)
{
	const char *below = live__text("%s/../%s", build, path);

	if (access(path, R_OK) == 0)
		return path;
	if (access(below, R_OK) != 0)
		live__fail("%s is not found: run this in the source tree", path);
	return below;
}

const char *live__text(const char *format, ...)
{
	va_list arguments;
	char *text = NULL;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) < 0)
		text = NULL;
	va_end(arguments);
	return live__keep(text, free);
}

static void remove_file(void *path)
{
	unlink(path);
	free(path);
}

static const char *scratch_in(const char *directory, const char *name)
{
	static unsigned int number;
	char *path = NULL;

	if (asprintf(&path, "%s/waitscope-live-%d-%u-%s", directory, getpid(), number++, name) < 0)
		path = NULL;
	return live__keep(path, remove_file);
}

const char *live__scratch(const char *name)
{
	const char *directory = getenv("TMPDIR");

	return scratch_in(directory && *directory ? directory : "/tmp", name);
}

static const char *disk_directory(void)
{
	const char *directory = getenv("DISK");

	return directory && *directory ? directory : "/var/tmp";
}

const char *live__disk_scratch(const char *name)
{
	return scratch_in(disk_directory(), name);
}

const char *live__disk_file(const char *name)
{
	return live__text("%s/waitscope-live-%d-%s", disk_directory(), getpid(), name);
}

void live__skip(const char *format, ...)
{
	va_list arguments;

	fputs("skipped: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	skip();
	abort();
}

void live__fail(const char *format, ...)
{
	va_list arguments;
	char text[2048];

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	fail_msg("%s", text);
	abort();
}

uint64_t live__now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

void live__sleep_ms(unsigned int milliseconds)
{
	struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000L};

	while (nanosleep(&time, &time) && errno == EINTR)
		;
}

char *live__read_file(const char *path, size_t *size)
{
	FILE *file = fopen(path, "re");
	size_t room = 65536, used = 0, got;
	char *text;

	if (!file)
		return NULL;
	text = malloc(room);
	while (text && (got = fread(text + used, 1, room - used - 1, file)) > 0) {
		used += got;
		if (room - used < 2)
			text = realloc(text, room *= 2);
	}
	fclose(file);
	if (text)
		text[used] = '\0';
	if (size)
		*size = used;
	return live__keep(text, free);
}

void live__write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	if (!file || fputs(text, file) == EOF || fclose(file))
		live__fail("%s: %s", path, strerror(errno));
}
