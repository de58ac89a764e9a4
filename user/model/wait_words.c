// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <errno.h>

#include "model/wait_words.h"
#include "names/objects.h"
#include "names/syscalls.h"

int wait_words__of(struct wait_words *words, const struct wait_key *key,
		   const struct object_row *object)
{
	struct wait_facts facts = {
		.syscall = syscalls__name(key->syscall),
		.sleep = key->sleep,
		.flags = key->flags,
		.futex = key->futex,
	};

	*words = (struct wait_words){.syscall = facts.syscall};
	if (object && object->key.kind) {
		facts.object = &object->key;
		facts.listening = objects__is_listening(object);
		if (object->key.kind == OBJECT_ANONYMOUS)
			facts.anonymous = object->text;
		words->object_kind = object->key.kind;
		words->object = objects__text(object);
		if (!words->object)
			return -ENOMEM;
	}
	words->class = wait_class__of(&facts);
	words->idle = wait_class__is_idle(words->class, &facts);
	return 0;
}
