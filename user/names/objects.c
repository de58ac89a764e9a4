/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#define _GNU_SOURCE /* asprintf */
#include "names/objects.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names/devices.h"
#include "names/sockets.h"

#define MAGIC_MQUEUE 0x19800202
#define MAGIC_PIDFS  0x50494446

/* Inode, descriptor, address or count, by kind. */
static unsigned long long number_of(const struct object_row *object)
{
	return object->key.number;
}

/* ------------------------------------------------------------------------------ paths */

/* Start of the component that ends before `end`. */
static size_t component_start(const char *text, size_t end)
{
	size_t start = end;

	while (start && text[start - 1])
		start--;
	return start;
}

char *objects__path(const struct object_row *object)
{
	size_t length = object->text_length, end;
	char *path, *at;
	bool cut;

	if (length > OBJECT_TEXT)
		length = OBJECT_TEXT;
	cut = object->state == OBJECT_PATH_CUT;
	while (length && !object->text[length - 1])
		length--;
	if (!length || object->key.kind == OBJECT_SOCKET || object->key.kind == OBJECT_ANONYMOUS)
		return NULL;
	path = malloc(sizeof("...") + 1 + length);
	if (!path)
		return NULL;
	at = path;
	if (cut)
		at = stpcpy(at, "...");
	/* from the last component, next to the root, to the first, the leaf */
	for (end = length; end;) {
		size_t start = component_start(object->text, end);

		if (start < end) {
			*at++ = '/';
			at = mempcpy(at, object->text + start, end - start);
		}
		end = start ? start - 1 : 0;
	}
	*at = '\0';
	return path;
}

/* "WHAT /path", or "WHAT inode N" where the kernel side saw no path. */
static char *path_text(const char *what, const struct object_row *object)
{
	char *path = objects__path(object);
	char *text;
	int length;

	if (path)
		length = asprintf(&text, "%s %s", what, path);
	else
		length = asprintf(&text, "%s inode %llu", what, number_of(object));
	free(path);
	return length < 0 ? NULL : text;
}

static char *file_text(const struct object_row *object)
{
	return path_text(object->key.magic == MAGIC_MQUEUE ? "mqueue" : "file", object);
}

static char *directory_text(const struct object_row *object)
{
	/* the root has no component */
	return object->text_length ? path_text("directory", object) : strdup("directory /");
}

static char *fifo_text(const struct object_row *object)
{
	return path_text("fifo", object);
}

static char *other_text(const struct object_row *object)
{
	/* a file system of their own since 6.9 */
	if (object->key.magic == MAGIC_PIDFS)
		return strdup("pidfd");
	return path_text("other", object);
}

/* ---------------------------------------------------------------------------- devices */

/* "WHAT /dev/x", or "WHAT 8:0" where the kernel side saw no path. */
static char *device_text(const char *what, const struct object_row *object)
{
	unsigned int device = object->key.device;
	char *path = objects__path(object);
	char *text;
	int length;

	if (path)
		length = asprintf(&text, "%s %s", what, path);
	else
		length = asprintf(&text, "%s %u:%u", what, DEVICE_MAJOR(device),
				  DEVICE_MINOR(device));
	free(path);
	return length < 0 ? NULL : text;
}

static char *block_text(const struct object_row *object)
{
	return device_text("block", object);
}

static char *character_text(const struct object_row *object)
{
	char name[DEVICES_TEXT];
	char *text;

	/* by number, not by path: a container's /dev/console is a pts of its host */
	if (!devices__terminal(object->key.device, name))
		return device_text("device", object);
	return asprintf(&text, "tty %s", name) < 0 ? NULL : text;
}

/* --------------------------------------------------------------------- what has no path */

static char *pipe_text(const struct object_row *object)
{
	char *text;

	return asprintf(&text, "pipe:[%llu]", number_of(object)) < 0 ? NULL : text;
}

/* "[eventfd]" and "inotify" are the kernel's names; brackets tell a reader nothing. */
static char *anonymous_text(const struct object_row *object)
{
	const char *name = object->text;
	size_t length = strnlen(object->text, OBJECT_TEXT);
	char *text;

	if (length >= 2 && name[0] == '[' && name[length - 1] == ']') {
		name++;
		length -= 2;
	}
	if (length == strlen("eventpoll") && !strncmp(name, "eventpoll", length)) {
		name = "epoll";
		length = strlen(name);
	} else if (!length) {
		name = "anonymous";
		length = strlen(name);
	}
	return asprintf(&text, "%.*s fd %llu", (int)length, name, number_of(object)) < 0 ? NULL
											 : text;
}

static char *futex_text(const struct object_row *object)
{
	char *text;

	return asprintf(&text, "futex 0x%llx", number_of(object)) < 0 ? NULL : text;
}

static char *poll_text(const struct object_row *object)
{
	char *text;

	return asprintf(&text, "%llu descriptor%s", number_of(object),
			object->key.number == 1 ? "" : "s") < 0
		       ? NULL
		       : text;
}

/* ------------------------------------------------------------------------------------- */

static char *(*const texts[])(const struct object_row *object) = {
	[OBJECT_FILE] = file_text,	 [OBJECT_DIRECTORY] = directory_text,
	[OBJECT_BLOCK] = block_text,	 [OBJECT_CHARACTER] = character_text,
	[OBJECT_PIPE] = pipe_text,	 [OBJECT_FIFO] = fifo_text,
	[OBJECT_SOCKET] = sockets__text, [OBJECT_ANONYMOUS] = anonymous_text,
	[OBJECT_FUTEX] = futex_text,	 [OBJECT_POLL] = poll_text,
	[OBJECT_OTHER] = other_text,
};

char *objects__text(const struct object_row *object)
{
	unsigned int kind = object->key.kind;

	if (kind == OBJECT_NONE)
		return NULL;
	return kind < sizeof(texts) / sizeof(texts[0]) ? texts[kind](object) : other_text(object);
}

bool objects__is_listening(const struct object_row *object)
{
	return sockets__is_listening(object);
}
