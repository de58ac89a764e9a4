/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How many files this process may have open. A session takes some hundred: programs, links and
 * maps are files, and each CPU and each traced library has its own. That is for us; what we start
 * has the limit that we were started with.
 */
#ifndef WAITSCOPE_COLLECT_OPEN_FILES_H
#define WAITSCOPE_COLLECT_OPEN_FILES_H

#include <sys/resource.h>

struct open_files {
	struct rlimit before; /* all zero: not raised */
};

/* Raises this process's limit as far as needed and allowed. */
void open_files__raise(struct open_files *files);

/* As it was. Async-signal-safe, for a child that is about to exec. */
void open_files__put_back(const struct open_files *files);

#endif
