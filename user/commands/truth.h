/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a bundled workload states about itself: a JSON object on its stdout. */
#ifndef WAITSCOPE_COMMANDS_TRUTH_H
#define WAITSCOPE_COMMANDS_TRUTH_H

#include <json-c/json.h>

/* A file in memory for a program to write to, or a negative errno. The caller closes it. */
int truth__open(const char *name);

/* What was written there, as text that the caller frees. NULL without memory. */
char *truth__text(int fd);

/* The object that was written there; json_object_put() frees it. NULL if it is none. */
struct json_object *truth__read(int fd);

/* Members by their path ("latency.p50_ns"). NAN, and NULL, where there is none, or it is null. */
double truth__number(struct json_object *truth, const char *path);
const char *truth__word(struct json_object *truth, const char *path);

#endif
