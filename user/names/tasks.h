/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Names of tasks that are not traced, from /proc (proc(5)). */
#ifndef WAITSCOPE_NAMES_TASKS_H
#define WAITSCOPE_NAMES_TASKS_H

#include <stddef.h>
#include <stdint.h>

/* The process id of thread `tid`, and its name, cut to `size`; 0: there is no such thread any more.
 */
uint32_t tasks__name(uint32_t tid, char *comm, size_t size);

#endif
