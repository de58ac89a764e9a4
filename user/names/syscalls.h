/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Syscall numbers, names, and which argument says what a call may wait for.
 * Source: arch/x86/entry/syscalls/syscall_64.tbl and syscall_32.tbl up to Linux 6.18.
 */
#ifndef WAITSCOPE_NAMES_SYSCALLS_H
#define WAITSCOPE_NAMES_SYSCALLS_H

#include <stdbool.h>
#include <stdint.h>

#define SYSCALL_TABLE 512 /* size of the tables below; numbers are smaller */

/*
 * Name of a syscall as rows carry it (bpf/records.h; SYSCALL_COMPAT marks 32-bit calls).
 * NULL for SYSCALL_NONE; "syscall_N" (static storage) for a number that has no name yet, and
 * "syscall_invalid" for one beyond the table, which no kernel has.
 */
const char *syscalls__name(uint16_t number);

/* Fills one byte (enum argument_kind) a call, for the 64-bit and the 32-bit table. */
void syscalls__arguments(uint8_t native[SYSCALL_TABLE], uint8_t compat[SYSCALL_TABLE]);

/* Is the first argument of such a call a descriptor? */
bool syscalls__takes_descriptor(uint16_t number);

/* Is what the event stream has as its result that? Larger ones are cut there, and what sigreturn
 * "returns" is a register of the code that was interrupted. */
bool syscalls__has_result(const char *name, int64_t result);

/*
 * Name of an errno ("EAGAIN"); "ERRNO_N" (static storage) where it has none, and "ERRNO_INVALID"
 * for one that no kernel has (600 and above).
 */
const char *errnos__name(int number);

#endif
