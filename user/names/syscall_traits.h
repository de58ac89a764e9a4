/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What kind of call each syscall is, for the BPF programs and for judging: TRAIT_* of
 * bpf/io_records.h. */
#ifndef WAITSCOPE_NAMES_SYSCALL_TRAITS_H
#define WAITSCOPE_NAMES_SYSCALL_TRAITS_H

#include <stdint.h>

#include "names/syscalls.h"

/* Traits of a syscall by its name; 0 for one that has none. */
uint16_t syscalls__traits_of(const char *name);

/* Fills the traits of each call of the 64-bit and the 32-bit table. */
void syscalls__traits(uint16_t native[SYSCALL_TABLE], uint16_t compat[SYSCALL_TABLE]);

#endif
