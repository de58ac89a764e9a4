/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Why a thread waited: the wait classes, and whether a wait is a resting place. Pure.
 */
#ifndef WAITSCOPE_MODEL_WAIT_CLASS_H
#define WAITSCOPE_MODEL_WAIT_CLASS_H

#include <stdbool.h>

#include "bpf/records.h"

enum wait_class {
	CLASS_DISK,
	CLASS_NETWORK,
	CLASS_IPC,
	CLASS_TERMINAL,
	CLASS_LOCK,
	CLASS_MULTIPLEX,
	CLASS_TIMER,
	CLASS_CHILD,
	CLASS_SIGNAL,
	CLASS_AIO,
	CLASS_IO_URING,
	CLASS_FAULT,
	CLASS_KERNEL,
	CLASS_STOPPED,
	CLASS_OTHER,
	CLASSES,
};

/* What is known of a wait when it is classified. */
struct wait_facts {
	const char *syscall; /* name; NULL: in no syscall */
	enum ledger_sleep sleep;
	unsigned int flags; /* WAIT_* of records.h */
	enum futex_use futex;
	const struct object_key *object; /* NULL: none */
	bool listening;			 /* the object is a listening socket */
	const char *anonymous; /* OBJECT_ANONYMOUS: the kernel's name ("[eventfd]"); or NULL */
};

/* The class of a wait. Always one; CLASS_OTHER is named by its syscall. */
enum wait_class wait_class__of(const struct wait_facts *facts);

/* True where waiting is the thread's resting place (docs/definitions.md, "Idle or harmful"). */
bool wait_class__is_idle(enum wait_class class, const struct wait_facts *facts);

/* Name as in the machine formats ("disk", "io_uring" ...). */
const char *wait_class__name(enum wait_class class);

/* Name of a sleep kind ("interruptible" ...) and of a waker kind ("hardirq" ...). */
const char *sleep__name(enum ledger_sleep sleep);
const char *waker_kind__name(enum waker_kind kind);

#endif
