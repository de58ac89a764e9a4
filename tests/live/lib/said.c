// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/live/lib/internal.h"
#include "tests/live/lib/said.h"

#define WORDS_MAX 32

struct program *said__run(const char *const *words)
{
	const char *all[WORDS_MAX] = {live__waitscope()};
	struct program *program;
	const char *errors;

	for (size_t i = 0; words[i]; i++) {
		if (i + 2 >= WORDS_MAX)
			live__fail("too many words");
		all[i + 1] = words[i];
	}
	program__run(&program, all, LIVE_TIMEOUT_MS);
	errors = program__errors(program);
	if (strstr(errors, "Sanitizer") || strstr(errors, "runtime error:"))
		live__fail("a sanitizer complained: %s", errors);
	return program;
}

void said__check(struct program *program, int status, const char *text, bool usage)
{
	char *errors = program__errors(program), *rest = strchr(errors, '\n');

	if (program->status != status)
		live__fail("status %d, not %d, where '%s' was expected; it said: %s",
			   program->status, status, text, errors);
	if (*program__output(program))
		live__fail("there is something on stdout: %.300s", program__output(program));
	if (!rest)
		live__fail("no line where '%s' was expected: '%s'", text, errors);
	*rest++ = '\0';
	if (strncmp(errors, "waitscope", strlen("waitscope")) != 0 || !strstr(errors, text))
		live__fail("the first line is '%s', without '%s'", errors, text);
	if (*rest && (!usage || strncmp(rest, "Try ", strlen("Try ")) != 0))
		live__fail("more than one line: %s\n%s", errors, rest);
}

size_t said__files_in(const char *directory)
{
	DIR *stream = opendir(directory);
	size_t count = 0;

	if (!stream)
		live__fail("cannot open %s", directory);
	for (struct dirent *entry; (entry = readdir(stream)) != NULL;)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			count++;
	closedir(stream);
	return count;
}

bool said__exists(const char *path)
{
	return access(path, F_OK) == 0;
}
