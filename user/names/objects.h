/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Text for what a thread waits on, from the row that the kernel side wrote when it waited.
 */
#ifndef WAITSCOPE_NAMES_OBJECTS_H
#define WAITSCOPE_NAMES_OBJECTS_H

#include <stdbool.h>

#include "bpf/records.h"

/*
 * The object's text: "tcp 127.0.0.1:5432", "unix /run/x.sock", "pipe:[1234]", "file /var/lib/x",
 * "eventfd fd 5", "epoll fd 4", "tty pts/0", "futex 0x7f..", "3 descriptors" ...
 *
 * Data as it came: control characters are left in, for the format that prints it to escape.
 * Returns a string that the caller frees, or NULL for OBJECT_NONE or without memory.
 */
char *objects__text(const struct object_row *object);

/* The path in a file row ("/var/lib/x"), or NULL if it has none; the caller frees it. */
char *objects__path(const struct object_row *object);

/* True for a listening socket. */
bool objects__is_listening(const struct object_row *object);

#endif
