// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands/truth.h"

int truth__open(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

char *truth__text(int fd)
{
	struct stat status;
	ssize_t got;
	char *text;

	if (fd < 0 || fstat(fd, &status))
		return strdup("");
	text = malloc((size_t)status.st_size + 1);
	if (!text)
		return NULL;
	got = pread(fd, text, (size_t)status.st_size, 0);
	text[got > 0 ? got : 0] = '\0';
	return text;
}

struct json_object *truth__read(int fd)
{
	char *text = truth__text(fd);
	struct json_object *truth = text ? json_tokener_parse(text) : NULL;

	free(text);
	if (truth && !json_object_is_type(truth, json_type_object)) {
		json_object_put(truth);
		truth = NULL;
	}
	return truth;
}

static struct json_object *look_up(struct json_object *object, const char *path)
{
	char name[64];

	while (object && *path) {
		size_t length = strcspn(path, ".");

		if (length >= sizeof(name) || !json_object_is_type(object, json_type_object))
			return NULL;
		memcpy(name, path, length);
		name[length] = '\0';
		if (!json_object_object_get_ex(object, name, &object))
			return NULL;
		path += length + (path[length] == '.');
	}
	return object;
}

double truth__number(struct json_object *truth, const char *path)
{
	struct json_object *member = look_up(truth, path);

	if (!json_object_is_type(member, json_type_int) &&
	    !json_object_is_type(member, json_type_double))
		return NAN;
	return json_object_get_double(member);
}

const char *truth__word(struct json_object *truth, const char *path)
{
	struct json_object *member = look_up(truth, path);

	return json_object_is_type(member, json_type_string) ? json_object_get_string(member)
							     : NULL;
}
