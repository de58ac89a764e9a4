/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Text for sockets: "tcp 127.0.0.1:5432", "unix @bus", "vsock 2:1234" ... */
#ifndef WAITSCOPE_NAMES_SOCKETS_H
#define WAITSCOPE_NAMES_SOCKETS_H

#include <stdbool.h>

#include "bpf/records.h"

/* Text of a row of kind OBJECT_SOCKET; the caller frees it. NULL without memory. */
char *sockets__text(const struct object_row *object);

/* True if the socket of the row was listening when the row was made. */
bool sockets__is_listening(const struct object_row *object);

#endif
