// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Names and arguments of syscalls, against the kernel headers of the machine that builds. */
#define _GNU_SOURCE /* strerrorname_np */
#include <errno.h>
#include <sys/syscall.h>

#include "bpf/records.h"
#include "names/syscalls.h"
#include "tests/unit/unit.h"

#define COMPAT(number) ((uint16_t)((number) | SYSCALL_COMPAT))

/* Compares every "#define __NR_name number" of a header. Returns how many there were. */
static int check_header(const char *path, uint16_t flag)
{
	FILE *header = fopen(path, "r");
	char line[256], name[64];
	unsigned int number;
	int found = 0;

	if (!header)
		return 0;
	while (fgets(line, sizeof(line), header)) {
		if (sscanf(line, "#define __NR_%63s %u", name, &number) != 2)
			continue;
		assert_string_equal(syscalls__name((uint16_t)(number | flag)), name);
		found++;
	}
	fclose(header);
	return found;
}

static void numbers_have_the_names_of_the_installed_headers(void **state)
{
	static const char *const folders[] = {"/usr/include/x86_64-linux-gnu/asm",
					      "/usr/include/asm"};
	int native = 0, compat = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(folders); i++) {
		char path[128];

		snprintf(path, sizeof(path), "%s/unistd_64.h", folders[i]);
		native += check_header(path, 0);
		snprintf(path, sizeof(path), "%s/unistd_32.h", folders[i]);
		compat += check_header(path, SYSCALL_COMPAT);
	}
	if (!native && !compat)
		skip();
	assert_true(native > 300 && compat > 400);
}

static void calls_newer_than_the_headers_have_names(void **state)
{
	(void)state;
	assert_string_equal(syscalls__name(451), "cachestat");
	assert_string_equal(syscalls__name(455), "futex_wait");
	assert_string_equal(syscalls__name(462), "mseal");
	assert_string_equal(syscalls__name(469), "file_setattr");
	assert_string_equal(syscalls__name(COMPAT(469)), "file_setattr");
}

static void a_32_bit_call_has_its_own_number(void **state)
{
	(void)state;
	assert_string_equal(syscalls__name(0), "read");
	assert_string_equal(syscalls__name(COMPAT(0)), "restart_syscall");
	assert_string_equal(syscalls__name(COMPAT(3)), "read");
	assert_string_equal(syscalls__name(COMPAT(142)), "_newselect");
	assert_string_equal(syscalls__name(COMPAT(407)), "clock_nanosleep_time64");
}

static void a_number_without_a_name_is_shown_as_it_is(void **state)
{
	(void)state;
	assert_null(syscalls__name(SYSCALL_NONE));
	assert_string_equal(syscalls__name(400), "syscall_400");
	assert_string_equal(syscalls__name(511), "syscall_511");
	assert_string_equal(syscalls__name(COMPAT(222)), "syscall_222");
	/* rows keep the pointer */
	assert_ptr_equal(syscalls__name(400), syscalls__name(400));
	for (unsigned int number = SYSCALL_TABLE; number < 0x8000; number++)
		assert_string_equal(syscalls__name((uint16_t)number), "syscall_invalid");
}

struct argument_case {
	uint16_t number;
	uint8_t argument;
};

static void arguments_say_what_a_call_waits_for(void **state)
{
	static const struct argument_case native_cases[] = {
		{SYS_read, ARGUMENT_FD0},
		{SYS_recvfrom, ARGUMENT_FD0},
		{SYS_accept, ARGUMENT_FD0},
		{SYS_connect, ARGUMENT_FD0},
		{SYS_flock, ARGUMENT_FD0},
		{SYS_fcntl, ARGUMENT_FD0},
		{SYS_fsync, ARGUMENT_FD0},
		{SYS_epoll_wait, ARGUMENT_FD0},
		{SYS_ioctl, ARGUMENT_FD0},
		{SYS_mq_timedreceive, ARGUMENT_FD0},
		{SYS_futex, ARGUMENT_FUTEX},
		{SYS_poll, ARGUMENT_POLL},
		{SYS_ppoll, ARGUMENT_POLL},
		{SYS_select, ARGUMENT_SELECT},
		{SYS_pselect6, ARGUMENT_SELECT},
		{SYS_mmap, ARGUMENT_FD4},
		{SYS_nanosleep, ARGUMENT_NONE},
		{SYS_openat, ARGUMENT_NONE},
		{SYS_wait4, ARGUMENT_NONE},
		{SYS_io_getevents, ARGUMENT_NONE},
		/* gone from the table before they sleep: the number may be another's by then */
		{SYS_close, ARGUMENT_NONE},
		{SYS_dup2, ARGUMENT_NONE},
	};
	static const struct argument_case compat_cases[] = {
		{3, ARGUMENT_FD0},   /* read */
		{82, ARGUMENT_NONE}, /* the old select: a pointer to its arguments */
		{142, ARGUMENT_SELECT}, {90, ARGUMENT_NONE},   /* the old mmap, too */
		{192, ARGUMENT_FD4},			       /* mmap2 */
		{240, ARGUMENT_FUTEX},	{422, ARGUMENT_FUTEX}, /* futex_time64 */
		{414, ARGUMENT_POLL},			       /* ppoll_time64 */
		{413, ARGUMENT_SELECT},
	};
	uint8_t native[SYSCALL_TABLE], compat[SYSCALL_TABLE];

	(void)state;
	memset(native, 0xff, sizeof(native));
	memset(compat, 0xff, sizeof(compat));
	syscalls__arguments(native, compat);
	for (size_t i = 0; i < COUNT(native_cases); i++)
		assert_int_equal(native[native_cases[i].number], native_cases[i].argument);
	for (size_t i = 0; i < COUNT(compat_cases); i++)
		assert_int_equal(compat[compat_cases[i].number], compat_cases[i].argument);
	for (size_t i = 0; i < SYSCALL_TABLE; i++)
		assert_true(native[i] <= ARGUMENT_FD4 && compat[i] <= ARGUMENT_FD4);
}

static void errnos_have_the_names_of_the_c_library(void **state)
{
	(void)state;
	for (int number = 1; number <= 133; number++) {
		const char *name = strerrorname_np(number);

		/* 41 and 58 are holes, and two names share a number here and there */
		if (name && number != EDEADLK && number != EOPNOTSUPP)
			assert_string_equal(errnos__name(number), name);
	}
	assert_string_equal(errnos__name(EAGAIN), "EAGAIN");
	assert_string_equal(errnos__name(EDEADLK), "EDEADLK");
	assert_string_equal(errnos__name(EOPNOTSUPP), "EOPNOTSUPP");
	assert_string_equal(errnos__name(512), "ERESTARTSYS");
}

static void an_errno_without_a_name_is_shown_as_it_is(void **state)
{
	(void)state;
	assert_string_equal(errnos__name(0), "ERRNO_0");
	assert_string_equal(errnos__name(41), "ERRNO_41");
	assert_string_equal(errnos__name(300), "ERRNO_300");
	assert_string_equal(errnos__name(599), "ERRNO_599");
	assert_string_equal(errnos__name(600), "ERRNO_INVALID");
	assert_string_equal(errnos__name(4095), "ERRNO_INVALID");
	assert_string_equal(errnos__name(-1), "ERRNO_INVALID");
	assert_string_equal(errnos__name(INT32_MIN), "ERRNO_INVALID");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_have_the_names_of_the_installed_headers),
		cmocka_unit_test(calls_newer_than_the_headers_have_names),
		cmocka_unit_test(a_32_bit_call_has_its_own_number),
		cmocka_unit_test(a_number_without_a_name_is_shown_as_it_is),
		cmocka_unit_test(arguments_say_what_a_call_waits_for),
		cmocka_unit_test(errnos_have_the_names_of_the_c_library),
		cmocka_unit_test(an_errno_without_a_name_is_shown_as_it_is),
	};

	return cmocka_run_group_tests_name("syscalls", tests, NULL, NULL);
}
