// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* fio measures the latency of its own calls: the two must agree. */
#include "tests/live/lib/fio.h"
#include "tests/live/lib/hist.h"
#include "tests/live/lib/real.h"

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

/* One run. Fills how far each quantile is from fio's, and how far it may be. False: too many
 * switches for that to say anything. */
static bool compare(const char *data, double off[FIO_QUANTILES], double allowed[FIO_QUANTILES])
{
	const char *result = live__scratch("fio.json");
	struct trace *trace = real__run(fio__reads(WORDS("--buckets", "--"), data, result));
	struct json_object *thread = busiest_thread(the_process_named(trace->profile, "fio"));
	struct json_object *job = fio__job(result), *row = the_syscall(thread, "pread64");
	double preempted;

	assert_count(json__integer(row, "calls"), json__integer(job, "read.total_ios"));
	assert_count(json__integer(row, "calls"), FIO_READS);
	assert_count(json__integer(row, "errors"), 0);
	preempted = json__number(thread, "involuntary_switches") / json__number(row, "calls");
	for (size_t i = 0; i < FIO_QUANTILES; i++) {
		struct json_object *latency = json__at(row, "latency");
		double fios = fio__percentile(job, i);

		/* what is printed is somewhere in the bucket */
		assert_time_within(json__number(latency, fio_quantiles[i].ours),
				   distribution__quantile(latency, fio_quantiles[i].share),
				   100.0 / 32, 1);
		off[i] = fio__distance(latency, i, preempted, fios);
		allowed[i] = fio__allowed(fios);
	}
	return preempted < FIO_PREEMPTED_MOST;
}

static void latencies_agree_with_fio(void **state)
{
	(void)state;
	fio__hold_against(compare);
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		LIVE_TEST(latencies_agree_with_fio),
	};

	real__begin(argc, argv, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
