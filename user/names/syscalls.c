/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "names/syscalls.h"

#include <string.h>

#include "bpf/records.h"
#include "names/numbered.h"

/* Both tables are read in one go: names for reports, arguments for the BPF programs. */
#define SYSCALL(number, name, argument) [number] = #name,
static const char *const native_names[SYSCALL_TABLE] = {
#include "names/syscalls_x86_64.inc"
};
static const char *const compat_names[SYSCALL_TABLE] = {
#include "names/syscalls_i386.inc"
};
#undef SYSCALL

#define SYSCALL(number, name, argument) [number] = ARGUMENT_##argument,
static const uint8_t native_arguments[SYSCALL_TABLE] = {
#include "names/syscalls_x86_64.inc"
};
static const uint8_t compat_arguments[SYSCALL_TABLE] = {
#include "names/syscalls_i386.inc"
};
#undef SYSCALL

static const char *const unnamed[NUMBERED_LIMIT] = {NUMBERED("syscall_")};

_Static_assert(SYSCALL_TABLE <= NUMBERED_LIMIT, "a syscall number without a text");

const char *syscalls__name(uint16_t number)
{
	const char *const *names = number & SYSCALL_COMPAT ? compat_names : native_names;
	unsigned int index = number & (SYSCALL_COMPAT - 1);

	if (number == SYSCALL_NONE)
		return NULL;
	if (index >= SYSCALL_TABLE)
		return "syscall_invalid";
	return names[index] ? names[index] : unnamed[index];
}

void syscalls__arguments(uint8_t native[SYSCALL_TABLE], uint8_t compat[SYSCALL_TABLE])
{
	memcpy(native, native_arguments, SYSCALL_TABLE);
	memcpy(compat, compat_arguments, SYSCALL_TABLE);
}

bool syscalls__takes_descriptor(uint16_t number)
{
	const uint8_t *arguments = number & SYSCALL_COMPAT ? compat_arguments : native_arguments;
	unsigned int index = number & (SYSCALL_COMPAT - 1);

	return index < SYSCALL_TABLE && arguments[index] == ARGUMENT_FD0;
}

bool syscalls__has_result(const char *name, int64_t result)
{
	return result < INT32_MAX && result > -INT32_MAX && name &&
	       strcmp(name, "rt_sigreturn") != 0 && strcmp(name, "sigreturn") != 0;
}
