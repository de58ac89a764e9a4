// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * fio's asynchronous engines: each of its I/Os is one request, and both agree how long it took.
 *
 * fio's `lat` runs from when it has made a request up to when it has taken its completion. Ours of
 * libaio ends where that is handed over; of io_uring `latency` ends where it is posted, which fio
 * need not see for long, and `taken` at the earliest instant at which fio can have taken it out of
 * the ring. So fio's is the longer one always.
 */
#define _GNU_SOURCE
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/live/lib/real.h"

/* A run in which the machine was busy elsewhere says nothing: the best of so many counts. */
#define TRIES 8

static const struct run {
	const char *engine, *depth, *block, *ios;
	const char *api, *operation;
	const char *latency; /* what fio's is held against */
	double percent, slack_ns;
} runs[] = {
	{"io_uring", "1", "4k", "2000", "io_uring", "read", "taken", 5, 2000},
	{"io_uring", "8", "4k", "2000", "io_uring", "read", "taken", 10, 2000},
	{"libaio", "1", "4k", "2000", "linux_aio", "pread", "latency", 5, 2000},
	{"libaio", "8", "4k", "2000", "linux_aio", "pread", "latency", 10, 2000},
};

struct figures {
	double mean, median;
};

static struct figures ours(struct json_object *row, const char *latency)
{
	struct json_object *distribution = json__at(row, latency);

	return (struct figures){
		.mean = json__number(distribution, "sum_ns") / json__number(distribution, "count"),
		.median = json__number(distribution, "p50_ns"),
	};
}

static struct figures fios(struct json_object *job)
{
	struct json_object *percentiles = json__at(job, "read.lat_ns.percentile"), *median;

	/* not json__at: there is a dot in the name */
	if (!json_object_object_get_ex(percentiles, "50.000000", &median))
		live__fail("fio has no median");
	return (struct figures){
		.mean = json__number(job, "read.lat_ns.mean"),
		.median = json_object_get_double(median),
	};
}

/* 1: as far apart as is allowed. */
static double distance(double our, double fio, const struct run *run)
{
	return fabs(fio - our) / fmax(fio * run->percent / 100, run->slack_ns);
}

static struct json_object *trace_fio(const struct run *run, const char *data,
				     struct json_object **job)
{
	const char *result = live__scratch("fio.json"), *text;
	struct trace *trace = real__run(WORDS(
		"--", "fio", "--name=reads", "--thread", "--rw=randread", "--direct=1",
		"--size=32m", "--io_size=4g", "--lat_percentiles=1", "--output-format=json",
		live__text("--ioengine=%s", run->engine), live__text("--iodepth=%s", run->depth),
		live__text("--bs=%s", run->block), live__text("--number_ios=%s", run->ios),
		live__text("--filename=%s", data), live__text("--output=%s", result)));
	struct json_object *fio;

	text = live__read_file(result, NULL);
	fio = text ? json__parse(text) : NULL;
	if (!fio)
		live__fail("fio left no result");
	*job = json_object_array_get_idx(json__at(fio, "jobs"), 0);
	assert_requests_balance(trace->profile);
	assert_nothing_lost(trace->profile);
	return the_process_named(trace->profile, "fio");
}

/* What does not depend on time. */
static void check_counts(const struct run *run, struct json_object *row, struct json_object *job)
{
	int64_t ios = json__integer(job, "read.total_ios");

	assert_count(ios, strtoll(run->ios, NULL, 10));
	assert_count(json__integer(row, "submitted"), ios);
	assert_count(json__integer(row, "completed"), ios);
	assert_count(json__integer(row, "failed"), 0);
	assert_count(json__integer(row, "open"), 0);
	assert_count(json__integer(row, "bytes"), json__integer(job, "read.io_bytes"));
	assert_count(json__integer(row, "served.device"), ios);
	assert_true(json__integer(row, "inflight.max") <= strtoll(run->depth, NULL, 10));
	assert_true(json__integer(row, "batches") <= ios);
	/* fio's is the longer way */
	assert_true(ours(row, "latency").mean <= fios(job).mean);
	assert_true(ours(row, run->latency).mean <= fios(job).mean);
	assert_count(json__integer(json__at(row, run->latency), "count"), ios);
}

static void compare(const struct run *run)
{
	const char *data = real__laid_out_file("fio", 32);
	double best = INFINITY;

	for (int i = 0; i < TRIES && best > 1; i++) {
		struct json_object *job, *process = trace_fio(run, data, &job);
		struct json_object *row = the_requests(process, run->api, run->operation);
		struct figures our = ours(row, run->latency), fio = fios(job);

		check_counts(run, row, job);
		best = fmin(best, fmax(distance(our.mean, fio.mean, run),
				       distance(our.median, fio.median, run)));
	}
	if (best > 1)
		live__fail("latency is %.1f times as far from fio's as it may be, at depth %s",
			   best, run->depth);
}

static void io_uring_agrees_with_fio(void **state)
{
	(void)state;
	compare(&runs[0]);
}

static void io_uring_at_depth_8_agrees_with_fio(void **state)
{
	(void)state;
	compare(&runs[1]);
}

static void linux_aio_agrees_with_fio(void **state)
{
	(void)state;
	compare(&runs[2]);
}

static void linux_aio_at_depth_8_agrees_with_fio(void **state)
{
	(void)state;
	compare(&runs[3]);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(io_uring_agrees_with_fio),
		LIVE_TEST(io_uring_at_depth_8_agrees_with_fio),
		LIVE_TEST(linux_aio_agrees_with_fio),
		LIVE_TEST(linux_aio_at_depth_8_agrees_with_fio),
	};

	real__begin(argc, argv, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
