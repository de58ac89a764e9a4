// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "process.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "monotonic.h"

static uint64_t cpu_time_ns(const struct rusage *usage)
{
	return (uint64_t)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000000000 +
	       (uint64_t)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) * 1000;
}

struct books process__books(void)
{
	struct rusage own, children;
	struct timespec cpu;

	check(getrusage(RUSAGE_SELF, &own), "getrusage");
	check(getrusage(RUSAGE_CHILDREN, &children), "getrusage");
	check(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu), "clock_gettime");
	return (struct books){
		.time_ns = monotonic__now_ns(),
		.cpu_ns = (uint64_t)cpu.tv_sec * 1000000000 + (uint64_t)cpu.tv_nsec +
			  cpu_time_ns(&children),
		.voluntary_switches = (uint64_t)(own.ru_nvcsw + children.ru_nvcsw),
		.involuntary_switches = (uint64_t)(own.ru_nivcsw + children.ru_nivcsw),
	};
}

struct books process__books_since(struct books start)
{
	return books__difference(process__books(), start);
}

uint64_t process__read_field(const char *path, const char *name)
{
	char line[256], unit[4] = "";
	uint64_t value = 0;
	FILE *file = fopen(path, "re");

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, name, strlen(name)) != 0)
			continue;
		if (sscanf(line + strlen(name), "%" SCNu64 " %3s", &value, unit) < 1)
			value = 0;
		break;
	}
	fclose(file);
	return strcmp(unit, "kB") == 0 ? value * 1024 : value;
}

/* The state letter follows the command in parentheses, which may contain parentheses. */
bool process__is_asleep(const char *stat_line)
{
	const char *end = strrchr(stat_line, ')');

	return end && (end[2] == 'S' || end[2] == 'D');
}

static bool thread_is_asleep(const char *tid)
{
	char path[64], line[256];
	bool asleep = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%.16s/stat", tid);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (fgets(line, sizeof(line), file))
		asleep = process__is_asleep(line);
	fclose(file);
	return asleep;
}

uint64_t process__threads_asleep(void)
{
	const struct dirent *entry;
	uint64_t count = 0;
	DIR *tasks = opendir("/proc/self/task");

	if (!tasks)
		err(EXIT_FAILURE, "/proc/self/task");
	while ((entry = readdir(tasks)))
		count += entry->d_name[0] != '.' && thread_is_asleep(entry->d_name);
	closedir(tasks);
	return count;
}

struct footprint process__footprint(void)
{
	static const char status[] = "/proc/self/status", rollup[] = "/proc/self/smaps_rollup";
	static const char meminfo[] = "/proc/meminfo";

	return (struct footprint){
		.resident = process__read_field(rollup, "Rss:"),
		.resident_peak = process__read_field(status, "VmHWM:"),
		.private_ = process__read_field(rollup, "Private_Clean:") +
			    process__read_field(rollup, "Private_Dirty:"),
		.virtual_ = process__read_field(status, "VmSize:"),
		.main_stack = process__read_field(status, "VmStk:"),
		.page_tables = process__read_field(status, "VmPTE:"),
		.threads = process__read_field(status, "Threads:"),
		.system_kernel_stacks = process__read_field(meminfo, "KernelStack:"),
		.system_slab = process__read_field(meminfo, "SUnreclaim:"),
	};
}

void process__write_footprint(struct truth *truth, const char *name, const struct footprint *before,
			      const struct footprint *at_most)
{
	const struct {
		const char *name;
		uint64_t before, at_most;
	} rows[] = {
		{"resident", before->resident, at_most->resident},
		{"private", before->private_, at_most->private_},
		{"virtual", before->virtual_, at_most->virtual_},
		{"page_tables", before->page_tables, at_most->page_tables},
		{"system_kernel_stacks", before->system_kernel_stacks,
		 at_most->system_kernel_stacks},
		{"system_slab", before->system_slab, at_most->system_slab},
	};
	char member[64];

	truth__open(truth, name);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		snprintf(member, sizeof(member), "%s_before_bytes", rows[i].name);
		truth__number(truth, member, rows[i].before);
		snprintf(member, sizeof(member), "%s_bytes", rows[i].name);
		truth__number(truth, member, rows[i].at_most);
	}
	truth__number(truth, "main_stack_bytes", at_most->main_stack);
	truth__number(truth, "threads", at_most->threads);
	truth__close(truth);
}

void process__raise_open_files(uint64_t needed)
{
	struct rlimit limit;

	check(getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
	limit.rlim_cur = limit.rlim_max;
	if (limit.rlim_max < needed)
		limit = (struct rlimit){.rlim_cur = needed, .rlim_max = needed};
	if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
		return;
	check(getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
	errx(EXIT_FAILURE, "%" PRIu64 " open files are needed, the limit is %" PRIu64, needed,
	     (uint64_t)limit.rlim_max);
}
