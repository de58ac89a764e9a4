// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Names that are the same in another run. */
#include "names/lasting.h"
#include "tests/unit/unit.h"

static void what_is_good_for_one_run_is_left_out(void **state)
{
	static const char *const cases[][2] = {
		{"futex 0x55df1d88c010", "futex"},
		{"pipe:[12345]", "pipe"},
		{"unix:[99]", "unix"},
		{"eventfd fd 7", "eventfd"},
		{"epoll fd 4", "epoll"},
		{"file inode 1234", "file"},
		{"tcp 127.0.0.1:43210 -> 10.0.0.1:5432", "tcp -> 10.0.0.1:5432"},
		{"tcp [::1]:80 <- [::1]:50123", "tcp [::1]:80 <-"},
		{"file /proc/4711/stat", "file /proc/PID/stat"},
	};
	static const char *const kept[] = {
		"file /var/lib/x/wal",
		"file /a fd 7/b",
		"file /x:[y]",
		"tcp 0.0.0.0:80 (listening)",
		"udp 0.0.0.0:53",
		"unix /run/x -> y",
		"3 descriptors",
		"tty pts/3",
		"file /proc/self/stat",
		"file /proc/1",
		"file",
		"",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *lasting = lasting__object(cases[i][0]);

		assert_string_equal(lasting, cases[i][1]);
		free(lasting);
	}
	for (size_t i = 0; i < COUNT(kept); i++) {
		char *lasting = lasting__object(kept[i]);

		assert_string_equal(lasting, kept[i]);
		free(lasting);
	}
}

static void kernel_threads_of_all_cpus_are_one(void **state)
{
	static const char *const cases[][2] = {
		{"kworker/3:1-events", "kworker"},
		{"ksoftirqd/0", "ksoftirqd"},
		{"kthreadd", "kthreadd"},
		{"/", "/"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char *lasting = lasting__kernel_thread(cases[i][0]);

		assert_string_equal(lasting, cases[i][1]);
		free(lasting);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_good_for_one_run_is_left_out),
		cmocka_unit_test(kernel_threads_of_all_cpus_are_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
