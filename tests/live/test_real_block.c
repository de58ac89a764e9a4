// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * fio's POSIX AIO and its block requests, counted by fio itself and by biolatency.
 */
#define _GNU_SOURCE
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/live/lib/real.h"

#define TRIES	   8
#define LONG_TRIES 3 /* of 9 s each */

static int64_t of(struct json_object *row, const char *field)
{
	return json__integer(row, field);
}

static struct json_object *job_of(const char *result)
{
	const char *text = live__read_file(result, NULL);
	struct json_object *fio = text ? json__parse(text) : NULL;

	if (!fio)
		live__fail("fio left no result");
	return json_object_array_get_idx(json__at(fio, "jobs"), 0);
}

static struct json_object *trace_fio(const char *engine, const char *depth, const char *data,
				     struct json_object **job)
{
	const char *result = live__scratch("fio.json");
	struct trace *trace = real__run(WORDS(
		"--", "fio", "--name=reads", "--thread", "--rw=randread", "--direct=1", "--bs=4k",
		"--size=16m", "--io_size=1g", "--number_ios=2000", "--output-format=json",
		live__text("--ioengine=%s", engine), live__text("--iodepth=%s", depth),
		live__text("--filename=%s", data), live__text("--output=%s", result)));

	*job = job_of(result);
	assert_nothing_lost(trace->profile);
	return the_process_named(trace->profile, "fio");
}

static void check_posix_aio(const char *data, const char *depth)
{
	struct json_object *job, *process = trace_fio("posixaio", depth, data, &job);
	struct json_object *row = the_requests(process, "posix_aio", "read");
	int64_t ios = of(job, "read.total_ios");

	assert_count(ios, 2000);
	assert_count(of(row, "submitted"), ios);
	assert_count(of(row, "completed"), ios);
	assert_count(of(row, "failed"), 0);
	assert_count(of(row, "alike"), 0);
	assert_count(of(row, "bytes"), of(job, "read.io_bytes"));
	assert_count(of(row, "latency.count"), ios);
	assert_true(of(row, "inflight.max") <= strtoll(depth, NULL, 10));
	/* fio has to find out about it */
	assert_true(json__number(row, "latency.sum_ns") / (double)ios <=
		    json__number(job, "read.lat_ns.mean"));
	assert_string_equal(json__string(process, "io_model"), "posix_aio");
}

static void posix_aio_agrees_with_fio(void **state)
{
	const char *data = real__laid_out_file("fio", 16);

	(void)state;
	check_posix_aio(data, "1");
	check_posix_aio(data, "8");
}

/* fio's `clat` is from the call to its return: the device's part of it is less. */
static void block_requests_agree_with_fio(void **state)
{
	const char *data = real__laid_out_file("fio", 16);

	(void)state;
	for (int i = 0; i < TRIES; i++) {
		struct json_object *job, *process = trace_fio("psync", "1", data, &job), *median;
		struct json_object *row = the_requests(process, "block", "read");
		int64_t ios = of(job, "read.total_ios");

		assert_count(of(row, "submitted"), of(row, "completed") + of(row, "unseen"));
		assert_true(of(row, "latency.count") >= ios * 99 / 100);
		if (!json_object_object_get_ex(json__at(job, "read.clat_ns.percentile"),
					       "50.000000", &median))
			live__fail("fio has no median");
		assert_true(json__number(row, "latency.p50_ns") <=
			    json_object_get_double(median) * 65 / 64);
		/* beside these: what the loader and fio have read of files that were not cached */
		if (of(row, "submitted") == ios && of(row, "bytes") == ios * 4096)
			return;
		assert_true(of(row, "submitted") > ios);
	}
	live__fail("fio never made just the requests that it was to make");
}

/* Reads and writes that all block devices have completed. */
static int64_t completed_by_devices(void)
{
	char *text = live__read_file("/proc/diskstats", NULL), *line, *rest = NULL;
	long long reads, writes, discards, flushes, sum = 0;

	for (line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		if (sscanf(line,
			   "%*d %*d %*s %lld %*d %*d %*d %lld %*d %*d %*d %*d %*d %*d %lld %*d "
			   "%*d %*d %lld",
			   &reads, &writes, &discards, &flushes) == 4)
			sum += reads + writes + discards + flushes;
	return sum;
}

static int64_t requests_in(struct json_object *profile)
{
	struct json_object *process, *row;
	int64_t sum = 0;

	json__each (process, profile, "processes")
		json__each (row, process, "requests")
			if (!strcmp(json__string(row, "api"), "block"))
				sum += of(row, "latency.count");
	return sum;
}

/* The sum over its histogram's rows: "  64 -> 127   : 2351   |****". */
static int64_t counted_by_biolatency(const char *output)
{
	long long count, sum = 0;

	for (const char *line = output; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (sscanf(line, " %*d -> %*d : %lld", &count) == 1)
			sum += count;
	}
	return sum;
}

/* All of the system's, since biolatency cannot tell whose they are. */
static bool compare_with_biolatency(const char *data, int64_t *ours, int64_t *theirs)
{
	struct program *biolatency = program__start(WORDS("biolatency", "7", "1")), *fio;
	struct trace *trace;
	int64_t before, all;

	live__sleep_ms(1500); /* it does not say when it is ready */
	before = completed_by_devices();
	trace = trace__start(WORDS("-a", "-d", "3s"));
	trace__await_attached(trace);
	program__run(&fio,
		     WORDS("fio", "--name=reads", "--rw=randread", "--direct=1", "--bs=4k",
			   "--size=16m", "--io_size=1g", "--number_ios=5000", "--ioengine=psync",
			   live__text("--filename=%s", data)),
		     LIVE_TIMEOUT_MS);
	trace__finish(trace, LIVE_TIMEOUT_MS);
	program__wait(biolatency, LIVE_TIMEOUT_MS);
	all = completed_by_devices() - before;
	*ours = requests_in(trace->profile);
	*theirs = counted_by_biolatency(program__output(biolatency));
	return all < 5050; /* else others are at work, before our window or after it */
}

static void block_requests_agree_with_biolatency(void **state)
{
	const char *data = real__laid_out_file("fio", 16);
	struct program *help;
	int64_t ours, theirs;

	(void)state;
	if (program__run(&help, WORDS("sh", "-c", "command -v biolatency"), LIVE_TIMEOUT_MS))
		live__skip("biolatency (libbpf-tools) is not there");
	for (int i = 0; i < LONG_TRIES; i++) {
		if (!compare_with_biolatency(data, &ours, &theirs))
			continue;
		if (llabs(ours - theirs) * 50 > theirs)
			live__fail("%lld block requests, and %lld by biolatency", (long long)ours,
				   (long long)theirs);
		return;
	}
	live__skip("this machine is too busy with other I/O to hold counts against biolatency's");
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(posix_aio_agrees_with_fio),
		LIVE_TEST(block_requests_agree_with_fio),
		LIVE_TEST(block_requests_agree_with_biolatency),
	};

	real__begin(argc, argv, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
