/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a wait row says in words: the call, what it is on, and its class. */
#ifndef WAITSCOPE_MODEL_WAIT_WORDS_H
#define WAITSCOPE_MODEL_WAIT_WORDS_H

#include <stdbool.h>

#include "bpf/records.h"
#include "model/wait_class.h"

struct wait_words {
	const char *syscall; /* static; NULL: in no syscall */
	char *object;	     /* owned; NULL: none */
	enum object_kind object_kind;
	enum wait_class class;
	bool idle;
};

/* Of a row's key and the object that it names (NULL: none). 0 or -ENOMEM. */
int wait_words__of(struct wait_words *words, const struct wait_key *key,
		   const struct object_row *object);

#endif
