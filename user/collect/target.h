/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What is traced: parsed from the command line, checked against the running system.
 */
#ifndef WAITSCOPE_COLLECT_TARGET_H
#define WAITSCOPE_COLLECT_TARGET_H

#include <stddef.h>
#include <stdint.h>

#include "model/profile.h"

struct target {
	enum target_kind kind;
	int *ids; /* process or thread ids; owned */
	size_t id_count;
	char *text; /* name or cgroup path; owned */
	uint64_t cgroup;
	unsigned int cgroup_level;
	char **command; /* borrowed from argv, NULL-terminated */
};

/*
 * Adds the ids of "12,34" to a target. Returns 0, -EINVAL (`*why` says what is wrong) or -ENOMEM.
 */
int target__add_ids(struct target *target, const char *list, const char **why);

/*
 * Checks that what the target names exists now: ids, or a cgroup v2 directory (whose id and depth
 * it fills in). Returns 0, or a negative errno with a message for a person in `message`.
 */
int target__check(struct target *target, char *message, size_t size);

/* Frees what the target owns, not the struct. */
void target__clear(struct target *target);

#endif
