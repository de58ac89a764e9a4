// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Targets that are found among all processes (cgroups, the whole system), and what is left of
 * waitscope in the kernel when it has gone. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <linux/bpf.h>
#include <mntent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/live/lib/live.h"
#include "tests/live/lib/role.h"

/* Naps; on "child" makes a child that naps too. */
static int run_naps(int argc, char **argv)
{
	char line[32];
	pid_t child;

	(void)argc, (void)argv;
	role__say("ready\n");
	while (role__hear(line, sizeof(line))) {
		child = role__check(fork(), "fork");
		for (;;) {
			if (child) {
				role__say("child=%d.\n", child);
				child = 0;
			}
			role__nap(2000);
		}
	}
	return 0;
}

/* --- cgroups -------------------------------------------------------------------------------- */

static char group[512];

static const char *mount_of_cgroup2(void)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	const char *found = NULL;
	struct mntent *mount;

	while (mounts && (mount = getmntent(mounts)))
		if (strcmp(mount->mnt_type, "cgroup2") == 0) {
			found = live__text("%s", mount->mnt_dir);
			break;
		}
	if (mounts)
		endmntent(mounts);
	return found;
}

static void make_groups(void)
{
	const char *mount = mount_of_cgroup2();

	if (!mount)
		live__skip("no cgroup2 is mounted");
	snprintf(group, sizeof(group), "%s/waitscope-live-%d", mount, getpid());
	if (mkdir(group, 0755))
		live__skip("%s: %s", group, strerror(errno));
	if (mkdir(live__text("%s/below", group), 0755))
		live__fail("%s: %s", group, strerror(errno));
}

static int remove_groups(void **state)
{
	int result = live__end_test(state); /* ends the processes in them */
	char below[600];

	snprintf(below, sizeof(below), "%s/below", group);
	/* a killed process leaves its group a little later than its parent hears of it */
	for (int i = 0; i < 100 && *group && access(group, F_OK) == 0; i++) {
		rmdir(below);
		if (rmdir(group))
			live__sleep_ms(10);
	}
	return result;
}

static struct program *start_in(const char *path)
{
	struct program *program = program__start_role(WORDS("naps"));

	if (path)
		live__write_file(live__text("%s/cgroup.procs", path),
				 live__text("%d", program->pid));
	return program;
}

static void a_cgroup_has_those_in_it_below_it_and_moved_into_it(void **state)
{
	struct program *inside, *below, *outside, *moved;
	struct trace *trace;

	(void)state;
	make_groups();
	inside = start_in(group);
	below = start_in(live__text("%s/below", group));
	outside = start_in(NULL);
	moved = start_in(NULL);
	trace = trace__start(WORDS("-g", group));
	trace__await_attached(trace);
	live__write_file(live__text("%s/cgroup.procs", group), live__text("%d", moved->pid));
	program__say(inside, "child\n");
	program__await_output(inside, "child=");
	live__sleep_ms(30);
	program__signal(trace->program, SIGTERM);
	trace__finish(trace, LIVE_TIMEOUT_MS);
	assert_conserved(trace->profile);
	assert_count(json__length(trace->profile, "processes"), 4);
	the_process(trace->profile, inside->pid);
	the_process(trace->profile, below->pid);
	the_process(trace->profile, moved->pid);
	the_process(trace->profile, program__value(inside, "child"));
	assert_null(find_process(trace->profile, outside->pid));
	assert_string_equal(json__string(trace->profile, "target.kind"), "cgroup");
}

/* --- the whole system ---------------------------------------------------------------------------
 */

static void the_whole_system_has_processes_and_kernel_threads_but_not_waitscope(void **state)
{
	struct program *naps = program__start_role(WORDS("naps"));
	struct json_object *process;
	struct trace *trace = trace__run(WORDS("-a", "-d", "400ms"), LIVE_TIMEOUT_MS);
	size_t kernel_threads = 0;

	(void)state;
	assert_conserved(trace->profile);
	the_process(trace->profile, getpid());
	process = the_process(trace->profile, naps->pid);
	assert_count(waits_count(process, "ipc", "read"), 1);
	assert_null(find_process(trace->profile, trace->program->was_pid));
	assert_null(find_process(trace->profile, 0));
	json__each (process, trace->profile, "processes")
		kernel_threads += json__boolean(process, "kernel_thread");
	assert_true(kernel_threads > 0);
}

/* The same task at two places in the profile would be counted twice. */
static void no_thread_is_in_the_profile_twice(void **state)
{
	struct trace *trace = trace__run(WORDS("-a", "-d", "200ms"), LIVE_TIMEOUT_MS);
	static unsigned char seen[1 << 22];
	struct json_object *process, *thread;

	(void)state;
	memset(seen, 0, sizeof(seen));
	json__each (process, trace->profile, "processes") {
		json__each (thread, process, "threads") {
			int64_t tid = json__integer(thread, "tid");

			/* an id may be used again, but not by two that are alive at the end */
			if (tid >= (1 << 22) || json__boolean(thread, "ended"))
				continue;
			if (seen[tid]++)
				live__fail("thread %d is there twice", (int)tid);
		}
	}
}

/* --- what is left ----------------------------------------------------------------------------- */

#define PROGRAMS_MAX 64

/* The programs that a process holds, by the descriptors in /proc. */
static size_t programs_of(pid_t pid, unsigned int ids[PROGRAMS_MAX])
{
	const char *directory = live__text("/proc/%d/fdinfo", pid);
	DIR *list = opendir(directory);
	struct dirent *entry;
	size_t count = 0;

	while (list && (entry = readdir(list)) && count < PROGRAMS_MAX) {
		const char *text, *line;

		if (*entry->d_name == '.')
			continue;
		text = live__read_file(live__text("%s/%s", directory, entry->d_name), NULL);
		line = text ? strstr(text, "prog_id:") : NULL;
		if (line)
			ids[count++] = strtoul(line + strlen("prog_id:"), NULL, 10);
	}
	if (list)
		closedir(list);
	return count;
}

static bool is_loaded(unsigned int id)
{
	union bpf_attr attributes;
	int fd;

	memset(&attributes, 0, sizeof(attributes));
	attributes.prog_id = id;
	fd = syscall(SYS_bpf, BPF_PROG_GET_FD_BY_ID, &attributes, sizeof(attributes));
	if (fd < 0)
		return false;
	close(fd);
	return true;
}

static void killed_waitscope_leaves_nothing_in_the_kernel(void **state)
{
	struct program *naps = program__start_role(WORDS("naps"));
	struct trace *trace = trace__start(WORDS("-p", live__text("%d", naps->pid)));
	uint64_t deadline = live__now() + 10000000000ULL;
	unsigned int ids[PROGRAMS_MAX];
	size_t count;

	(void)state;
	trace__await_attached(trace);
	count = programs_of(trace->program->pid, ids);
	assert_true(count > 2);
	for (size_t i = 0; i < count; i++)
		assert_true(is_loaded(ids[i]));
	program__signal(trace->program, SIGKILL);
	assert_count(program__wait(trace->program, LIVE_TIMEOUT_MS), 128 + SIGKILL);
	for (size_t i = 0; i < count; i++)
		while (is_loaded(ids[i])) { /* freed after a grace period of RCU */
			if (live__now() > deadline)
				live__fail("program %u is still loaded", ids[i]);
			live__sleep_ms(20);
		}
	/* and what it traced goes on */
	assert_false(program__has_ended(naps));
	program__say(naps, "child\n");
	program__await_output(naps, "child=");
}

int main(int argc, char **argv)
{
	static const struct live_role roles[] = {{"naps", run_naps}, {0}};
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(a_cgroup_has_those_in_it_below_it_and_moved_into_it,
					  remove_groups),
		LIVE_TEST(the_whole_system_has_processes_and_kernel_threads_but_not_waitscope),
		LIVE_TEST(no_thread_is_in_the_profile_twice),
		LIVE_TEST(killed_waitscope_leaves_nothing_in_the_kernel),
	};

	live__begin(argc, argv, roles);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
