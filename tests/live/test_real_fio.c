// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* fio measures the latency of its own calls: the two must agree. */
#define _GNU_SOURCE
#include <math.h>
#include <stdlib.h>

#include "tests/live/lib/real.h"

#define RUNS  3
#define TRIES 9
/* of fio's figure, or that many ns, whichever is larger. fio reads its clock outside of the call,
 * and both round to buckets of 1/64. */
#define TOLERANCE_PERCENT 3
#define TOLERANCE_NS	  2000
/* share of the calls: with more, the 99th percentile has no upper end */
#define PREEMPTED_MOST 0.008

static const struct {
	double share;
	const char *ours, *fios;
} quantiles[] = {{0.50, "p50_ns", "50.000000"},
		 {0.90, "p90_ns", "90.000000"},
		 {0.99, "p99_ns", "99.000000"}};

#define QUANTILES (sizeof(quantiles) / sizeof(quantiles[0]))

/* The thread that did the I/O: the main thread has read headers of libraries only. */
static struct json_object *busiest_thread(struct json_object *process)
{
	struct json_object *thread, *busiest = NULL;

	json__each (thread, process, "threads")
		if (!busiest ||
		    syscall_calls(thread, "pread64") > syscall_calls(busiest, "pread64"))
			busiest = thread;
	return busiest;
}

/* Upper edge of the bucket in which that share of the calls ends. */
static double quantile(struct json_object *latency, double share)
{
	double wanted = ceil(share * json__number(latency, "count")), seen = 0;
	struct json_object *bucket;

	json__each (bucket, latency, "buckets") {
		seen += json_object_get_double(json_object_array_get_idx(bucket, 2));
		if (seen >= wanted)
			return json_object_get_double(json_object_array_get_idx(bucket, 1));
	}
	return json__number(latency, "max_ns");
}

/*
 * How far fio's figure is from ours. Where the thread is taken off its CPU between fio's clock and
 * the call, fio has that time in its figure, and the call has not. So each such switch can lift one
 * of fio's samples beyond a quantile, and that of all calls is at most as many calls further up.
 */
static double distance(struct json_object *latency, double share, double preempted, double fios)
{
	double low = quantile(latency, share), high = quantile(latency, fmin(1, share + preempted));

	return fios < low ? low - fios : fios > high ? high - fios : 0;
}

/* One run. Fills how far each quantile is from fio's, and how far it may be. False: too many
 * switches for that to say anything. */
static bool compare(const char *data, double off[QUANTILES], double allowed[QUANTILES])
{
	const char *result = live__scratch("fio.json");
	struct trace *trace = real__run(
		WORDS("--buckets", "--", "fio", "--name=reads", "--thread", "--ioengine=psync",
		      "--rw=randread", "--direct=1", "--bs=4k", "--size=16m", "--number_ios=3000",
		      "--io_size=1g", live__text("--filename=%s", data), "--output-format=json",
		      live__text("--output=%s", result)));
	const char *text = live__read_file(result, NULL);
	struct json_object *fio = text ? json__parse(text) : NULL, *job, *row, *fios, *percentile;
	struct json_object *thread = busiest_thread(the_process_named(trace->profile, "fio"));
	double preempted;

	if (!fio)
		live__fail("fio left no result");
	job = json_object_array_get_idx(json__at(fio, "jobs"), 0);
	row = the_syscall(thread, "pread64");
	assert_count(json__integer(row, "calls"), json__integer(job, "read.total_ios"));
	assert_count(json__integer(row, "calls"), 3000);
	assert_count(json__integer(row, "errors"), 0);
	preempted = json__number(thread, "involuntary_switches") / json__number(row, "calls");
	fios = json__at(job, "read.clat_ns.percentile");
	for (size_t i = 0; i < QUANTILES; i++) {
		/* not json__at: there is a dot in the name */
		if (!json_object_object_get_ex(fios, quantiles[i].fios, &percentile))
			live__fail("fio has no percentile %s", quantiles[i].fios);
		/* what is printed is somewhere in the bucket */
		assert_time_within(json__number(json__at(row, "latency"), quantiles[i].ours),
				   quantile(json__at(row, "latency"), quantiles[i].share),
				   100.0 / 32, 1);
		off[i] = distance(json__at(row, "latency"), quantiles[i].share, preempted,
				  json_object_get_double(percentile));
		allowed[i] = fmax(json_object_get_double(percentile) * TOLERANCE_PERCENT / 100,
				  TOLERANCE_NS);
	}
	return preempted < PREEMPTED_MOST;
}

static double middle(double a, double b, double c)
{
	return fmax(fmin(a, b), fmin(fmax(a, b), c));
}

/* Quantiles by the middle one of three runs: one that something else disturbed does not count. */
static void latencies_agree_with_fio(void **state)
{
	const char *data = live__disk_scratch("fio");
	double off[RUNS][QUANTILES], allowed[RUNS][QUANTILES];

	(void)state;
	for (int run = 0, tries = 0; run < RUNS; tries++) {
		if (tries == TRIES)
			live__skip("this machine is too busy to hold quantiles against fio's");
		if (compare(data, off[run], allowed[run]))
			run++;
	}
	for (size_t i = 0; i < QUANTILES; i++) {
		double is = middle(off[0][i], off[1][i], off[2][i]);
		double may_be = middle(allowed[0][i], allowed[1][i], allowed[2][i]);

		if (fabs(is) > may_be)
			live__fail(
				"percentile %s is %+.0f ns off fio's (%+.0f, %+.0f, %+.0f), more than %.0f",
				quantiles[i].fios, is, off[0][i], off[1][i], off[2][i], may_be);
	}
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(latencies_agree_with_fio),
	};

	real__begin(argc, argv, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
