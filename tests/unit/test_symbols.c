// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Addresses to names: those of this program, of files made here, and of what is gone. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "names/symbols.h"
#include "names/symbols_elf.h"
#include "tests/unit/unit.h"

__attribute__((noinline)) static int a_function_of_this_program(int value)
{
	__asm__ volatile("" : "+r"(value));
	return value + 1;
}

static uint64_t address_of(int (*function)(int))
{
	return (uint64_t)(uintptr_t)function;
}

static void functions_of_a_living_process_are_named(void **state)
{
	struct symbols *symbols = symbols__new();
	uint64_t address = address_of(a_function_of_this_program);

	(void)state;
	assert_false(symbols__knows(symbols, getpid()));
	assert_int_equal(symbols__read_maps(symbols, getpid()), 0);
	assert_true(symbols__knows(symbols, getpid()));
	assert_string_equal(symbols__user(symbols, getpid(), address),
			    "a_function_of_this_program");
	assert_string_equal(symbols__user(symbols, getpid(), address + 1),
			    "a_function_of_this_program");
	/* equal texts are one pointer */
	assert_ptr_equal(symbols__user(symbols, getpid(), address),
			 symbols__user(symbols, getpid(), address + 1));
	symbols__free(symbols);
}

static void functions_of_libraries_are_named(void **state)
{
	struct symbols *symbols = symbols__new();
	uint64_t address = (uint64_t)(uintptr_t)dup2;

	(void)state;
	assert_int_equal(symbols__read_maps(symbols, getpid()), 0);
	assert_non_null(strstr(symbols__user(symbols, getpid(), address), "dup2"));
	symbols__free(symbols);
}

static void the_vdso_has_functions_too(void **state)
{
	struct symbols *symbols = symbols__new();
	uint64_t image = getauxval(AT_SYSINFO_EHDR);
	bool found = false;

	(void)state;
	if (!image)
		skip();
	assert_int_equal(symbols__read_maps(symbols, getpid()), 0);
	for (uint64_t at = 0; at < 8192 && !found; at += 16) {
		const char *name = symbols__user(symbols, getpid(), image + at);

		found = !strncmp(name, "__vdso_", 7) || !strncmp(name, "clock_gettime", 13);
	}
	assert_true(found);
	symbols__free(symbols);
}

static void a_process_that_is_gone_keeps_its_names(void **state)
{
	struct symbols *symbols = symbols__new();
	pid_t child = fork();
	int status;

	(void)state;
	if (!child) {
		pause();
		_exit(0);
	}
	assert_int_equal(symbols__read_maps(symbols, child), 0);
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(symbols__read_maps(symbols, child), -ENOENT);
	assert_string_equal(symbols__user(symbols, child, address_of(a_function_of_this_program)),
			    "a_function_of_this_program");
	symbols__free(symbols);
}

static void a_child_that_only_forked_shows_what_its_parent_has(void **state)
{
	struct symbols *symbols = symbols__new();
	const int child = 4000001, grandchild = 4000002;

	(void)state;
	assert_int_equal(symbols__read_maps(symbols, getpid()), 0);
	assert_int_equal(symbols__fork(symbols, getpid(), child), 0);
	assert_int_equal(symbols__fork(symbols, child, grandchild), 0);
	assert_string_equal(
		symbols__user(symbols, grandchild, address_of(a_function_of_this_program)),
		"a_function_of_this_program");
	symbols__free(symbols);
}

static void what_has_no_name_has_a_module_or_says_so(void **state)
{
	struct symbols_mapping gone = {.pid = 4000000,
				       .start = 0x10000,
				       .end = 0x20000,
				       .offset = 0x3000,
				       .inode = 12,
				       .path = "/nowhere/libgone.so.1"};
	struct symbols_mapping memory = {
		.pid = 4000000, .start = 0x30000, .end = 0x40000, .path = ""};
	struct symbols *symbols = symbols__new();

	(void)state;
	assert_int_equal(symbols__map(symbols, &gone), 0);
	assert_int_equal(symbols__map(symbols, &memory), 0);
	assert_string_equal(symbols__user(symbols, 4000000, 0x10010), "[libgone.so.1+0x3010]");
	assert_string_equal(symbols__user(symbols, 4000000, 0x30010), "[jit]");
	assert_string_equal(symbols__user(symbols, 4000000, 0x50010), "[unknown]");
	assert_string_equal(symbols__user(symbols, 4000003, 0x10010), "[unknown]");
	symbols__free(symbols);
}

static void the_newest_mapping_counts(void **state)
{
	struct symbols_mapping mapping = {
		.pid = 4000000, .start = 0x1000, .end = 0x3000, .inode = 1, .path = "/nowhere/old"};
	struct symbols *symbols = symbols__new();

	(void)state;
	assert_int_equal(symbols__map(symbols, &mapping), 0);
	mapping.start = 0x2000;
	mapping.path = "/nowhere/new";
	assert_int_equal(symbols__map(symbols, &mapping), 0);
	assert_string_equal(symbols__user(symbols, 4000000, 0x1004), "[old+0x4]");
	assert_string_equal(symbols__user(symbols, 4000000, 0x2004), "[new+0x4]");
	symbols__free(symbols);
}

static char *scratch_file(const char *text)
{
	char *path = strdup("/tmp/waitscope-symbols-XXXXXX");
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	return path;
}

static void the_kernels_functions_are_read_with_their_modules(void **state)
{
	char *path = scratch_file("ffffffff81000000 T _stext\n"
				  "ffffffff81000000 t start_of_text\n"
				  "ffffffff81000100 D data_is_no_function\n"
				  "ffffffff81000200 t do_wait\n"
				  "ffffffffc0000000 t ext4_read\t[ext4]\n"
				  "no line at all\n");
	struct symbols *symbols = symbols__new();

	(void)state;
	assert_int_equal(symbols__read_kernel(symbols, path), 0);
	assert_string_equal(symbols__kernel(symbols, 0xffffffff81000010), "_stext");
	assert_string_equal(symbols__kernel(symbols, 0xffffffff81000110), "_stext");
	assert_string_equal(symbols__kernel(symbols, 0xffffffff81000210), "do_wait");
	assert_string_equal(symbols__kernel(symbols, 0xffffffffc0000010), "ext4_read [ext4]");
	assert_string_equal(symbols__kernel(symbols, 0x1000), "[kernel]");
	symbols__free(symbols);
	unlink(path);
	free(path);
}

static void a_kernel_that_hides_its_addresses_is_noticed(void **state)
{
	char *path = scratch_file("0000000000000000 T _stext\n0000000000000000 t do_wait\n");
	struct symbols *symbols = symbols__new();

	(void)state;
	assert_int_equal(symbols__read_kernel(symbols, path), -EACCES);
	assert_string_equal(symbols__kernel(symbols, 0xffffffff81000010), "[kernel]");
	symbols__free(symbols);
	unlink(path);
	free(path);
}

static void code_made_at_run_time_is_named_by_its_map(void **state)
{
	char *path = scratch_file("1000 20 LazyCompile:~serve /srv/app.js:3\n"
				  "1020 10 second\nrubbish\n");
	struct symbols *symbols = symbols__new();

	(void)state;
	assert_int_equal(symbols__read_jit(symbols, 4000000, path), 0);
	assert_string_equal(symbols__user(symbols, 4000000, 0x1008),
			    "LazyCompile:~serve /srv/app.js:3");
	assert_string_equal(symbols__user(symbols, 4000000, 0x1024), "second");
	assert_string_equal(symbols__user(symbols, 4000000, 0x1034), "[unknown]");
	assert_int_equal(symbols__read_jit(symbols, 4000000, "/dev/zero"), -EINVAL);
	symbols__free(symbols);
	unlink(path);
	free(path);
}

static void names_are_shown_as_the_language_has_them(void **state)
{
	static const char *const names[][2] = {
		{"main", "main"},
		{"_start", "_start"},
		{"_ZN4pool6Worker4waitERKi", "pool::Worker::wait"},
		{"_RNvCs6DKLjMXhPyB_7example4wait", "example::wait"},
		{"_Zno", "_Zno"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		char *clear = symbols__demangle(names[i][0]);

		assert_string_equal(clear, names[i][1]);
		free(clear);
	}
}

static void a_table_finds_by_size_and_by_rank(void **state)
{
	struct elf_table table = {0};

	(void)state;
	elf_table__add(&table, "whole", 0x100, 0x100, 0);
	elf_table__add(&table, "label", 0x140, 0x10, 2);
	elf_table__add(&table, "local", 0x300, 0x10, 2);
	elf_table__add(&table, "global", 0x300, 0x10, 0);
	elf_table__add(&table, "unsized", 0x300, 0, 0);
	elf_table__sort(&table);
	assert_null(elf_table__find(&table, 0xff));
	assert_string_equal(elf_table__find(&table, 0x100), "whole");
	assert_string_equal(elf_table__find(&table, 0x148), "label");
	assert_string_equal(elf_table__find(&table, 0x158), "whole");
	assert_null(elf_table__find(&table, 0x200));
	assert_string_equal(elf_table__find(&table, 0x30f), "global");
	assert_null(elf_table__find(&table, 0x310));
	elf_table__clear(&table);
}

/* Any file can be mapped: every byte of the head of a real one, bent, must do no harm. */
static void a_broken_file_does_no_harm(void **state)
{
	int own = memfd_create("broken", 0);
	size_t size = 1 << 16;
	char *image = calloc(1, size);
	FILE *file = fopen("/proc/self/exe", "r");

	(void)state;
	assert_non_null(file);
	size = fread(image, 1, size, file);
	fclose(file);
	for (size_t i = 0; i < 1024; i++) {
		struct elf_table table = {0};
		char kept = image[i];

		image[i] = (char)(kept ^ (1 << i % 8 | 0x80));
		assert_int_equal(pwrite(own, image, size, 0), size);
		lseek(own, 0, SEEK_SET);
		elf_table__read(&table, own, "/nowhere/broken");
		elf_table__clear(&table);
		image[i] = kept;
	}
	close(own);
	free(image);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_of_a_living_process_are_named),
		cmocka_unit_test(functions_of_libraries_are_named),
		cmocka_unit_test(the_vdso_has_functions_too),
		cmocka_unit_test(a_process_that_is_gone_keeps_its_names),
		cmocka_unit_test(a_child_that_only_forked_shows_what_its_parent_has),
		cmocka_unit_test(what_has_no_name_has_a_module_or_says_so),
		cmocka_unit_test(the_newest_mapping_counts),
		cmocka_unit_test(the_kernels_functions_are_read_with_their_modules),
		cmocka_unit_test(a_kernel_that_hides_its_addresses_is_noticed),
		cmocka_unit_test(code_made_at_run_time_is_named_by_its_map),
		cmocka_unit_test(names_are_shown_as_the_language_has_them),
		cmocka_unit_test(a_table_finds_by_size_and_by_rank),
		cmocka_unit_test(a_broken_file_does_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
