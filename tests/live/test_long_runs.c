// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* More threads over time than the maps have room for at once. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/live.h"

static uint64_t processes_named(struct json_object *profile, const char *comm)
{
	struct json_object *processes = json__at(profile, "processes");
	uint64_t found = 0;

	for (size_t i = 0; i < json_object_array_length(processes); i++)
		found += !strcmp(json__string(json_object_array_get_idx(processes, i), "comm"),
				 comm);
	return found;
}

/* 4000 processes, one after the other, and room for 2048. */
static void short_lived_processes_make_room_for_others(void **state)
{
	struct trace *trace =
		trace__run(WORDS("--tier", "waits", "--map-entries", "2048", "--", "sh", "-c",
				 "i=0; while [ $i -lt 4000 ]; do /bin/true; i=$((i + 1)); done"),
			   120000);

	(void)state;
	assert_int_equal(trace->status, 0);
	assert_int_equal(json__integer(trace->profile, "audit.lost.threads"), 0);
	assert_int_equal(json__integer(trace->profile, "audit.lost.waits"), 0);
	assert_int_equal(json__integer(trace->profile, "audit.lost.syscalls"), 0);
	assert_int_equal(json__integer(trace->profile, "audit.lost.histograms"), 0);
	assert_true(json__boolean(trace->profile, "audit.conserved"));
	assert_int_equal(processes_named(trace->profile, "true"), 4000);
}

/* Rows that changed hands carry nothing over: every process has made the same calls. */
static void a_row_that_is_used_again_begins_empty(void **state)
{
	struct trace *trace =
		trace__run(WORDS("--map-entries", "4096", "--", "sh", "-c",
				 "i=0; while [ $i -lt 3000 ]; do /bin/true; i=$((i + 1)); done"),
			   120000);
	struct json_object *first = the_process_named(trace->profile, "true"), *process, *call;

	(void)state;
	json__each (process, trace->profile, "processes") {
		if (strcmp(json__string(process, "comm"), "true") != 0)
			continue;
		assert_count(json__length(process, "threads"), 1);
		assert_nothing_unknown(process);
		assert_count(json__length(process, "syscalls"), json__length(first, "syscalls"));
		json__each (call, process, "syscalls") {
			const char *name = json__string(call, "name");

			assert_count(json__integer(call, "calls"), syscall_calls(first, name));
			assert_count(json__integer(call, "latency.count"),
				     json__integer(call, "calls"));
		}
	}
}

/* Bytes of all the maps that a process holds, as the kernel counts them. */
static uint64_t bytes_of_maps(pid_t pid)
{
	uint64_t all = 0;

	for (int fd = 0; fd < 512; fd++) {
		char *info = live__read_file(live__text("/proc/%d/fdinfo/%d", pid, fd), NULL);
		const char *bytes = info ? strstr(info, "memlock:") : NULL;

		if (bytes && strstr(info, "map_type:"))
			all += strtoull(bytes + strlen("memlock:"), NULL, 10);
	}
	return all;
}

/* (Before 6.4 the kernel counts maps in another way.) */
static void memory_is_what_was_asked_for(void **state)
{
	const uint64_t asked = 64 << 20;
	struct program *program =
		program__start(WORDS(live__waitscope(), "profile", "-v", "--memory", "64M", "-o",
				     "/dev/null", "-p", live__text("%d", getpid()), "-d", "30s"));
	uint64_t taken;

	(void)state;
	program__await_errors(program, "attached");
	taken = bytes_of_maps(program->pid);
	kill(program->pid, SIGINT);
	program__wait(program, LIVE_TIMEOUT_MS);
	if (taken > asked || (!live__emulated() && taken < asked / 10 * 9))
		live__fail("64 MiB were asked for, %llu bytes taken", (unsigned long long)taken);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(short_lived_processes_make_room_for_others),
		LIVE_TEST(a_row_that_is_used_again_begins_empty),
		LIVE_TEST(memory_is_what_was_asked_for),
	};

	live__begin(argc, argv, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
