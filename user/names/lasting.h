/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What of a name is the same in another run of the program: without addresses, inode and descriptor
 * numbers, ports that the kernel chose, process ids. Pure.
 */
#ifndef WAITSCOPE_NAMES_LASTING_H
#define WAITSCOPE_NAMES_LASTING_H

/* Of an object (names/objects.h): "futex 0x7f01" is "futex". The caller frees it; NULL: no memory.
 */
char *lasting__object(const char *object);

/* Of a kernel thread: "kworker/3:1-events" is "kworker". The caller frees it; NULL: no memory. */
char *lasting__kernel_thread(const char *comm);

#endif
