// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <math.h>
#include <string.h>

#include "tests/live/lib/hist.h"
#include "tests/live/lib/internal.h"

struct json_object *find_distribution(struct json_object *hist, const char *label)
{
	struct json_object *series;

	json__each (series, hist, "series") {
		const char *of = json__string(series, "of");

		if (!label && !of)
			return json__at(series, "distribution");
		if (label && of && !strncmp(of, label, strlen(label)))
			return json__at(series, "distribution");
	}
	return NULL;
}

struct json_object *the_distribution(struct json_object *hist, const char *label)
{
	struct json_object *distribution = find_distribution(hist, label);

	if (!distribution)
		live__fail("there is no distribution of %s in %.2000s", label ? label : "all",
			   json__show(hist));
	return distribution;
}

struct json_object *largest_distribution(struct json_object *hist)
{
	struct json_object *series, *largest = NULL;

	json__each (series, hist, "series") {
		struct json_object *distribution = json__at(series, "distribution");

		if (!largest ||
		    json__integer(distribution, "count") > json__integer(largest, "count"))
			largest = distribution;
	}
	if (!largest)
		live__fail("there is no distribution in %.2000s", json__show(hist));
	return largest;
}

static int64_t add_up(struct json_object *hist, const char *member)
{
	struct json_object *series;
	int64_t sum = 0;

	json__each (series, hist, "series")
		sum += json__integer(json__at(series, "distribution"), member);
	return sum;
}

int64_t hist__count(struct json_object *hist)
{
	return add_up(hist, "count");
}

int64_t hist__sum(struct json_object *hist)
{
	return add_up(hist, "sum_ns");
}

static double field(struct json_object *bucket, size_t index)
{
	return json_object_get_double(json_object_array_get_idx(bucket, index));
}

int64_t distribution__between(struct json_object *distribution, double low, double high)
{
	struct json_object *bucket;
	double count = 0;

	json__each (bucket, distribution, "buckets")
		if (field(bucket, 1) > low && field(bucket, 0) < high)
			count += field(bucket, 2);
	return (int64_t)count;
}

double distribution__quantile(struct json_object *distribution, double share)
{
	double wanted = ceil(share * json__number(distribution, "count")), seen = 0;
	struct json_object *bucket;

	json__each (bucket, distribution, "buckets") {
		seen += field(bucket, 2);
		if (seen >= wanted)
			return field(bucket, 1);
	}
	return json__number(distribution, "max_ns");
}

void assert_hist_is_sound(struct json_object *hist)
{
	struct json_object *series;

	assert_true(json__boolean(hist, "complete"));
	json__each (series, hist, "series") {
		struct json_object *distribution = json__at(series, "distribution");

		assert_count(json__integer(series, "without_bucket"), 0);
		assert_count(distribution__between(distribution, -1, INFINITY),
			     json__integer(distribution, "count"));
	}
	if (json__is_null(hist, "profile"))
		return;
	assert_count(hist__count(hist), json__integer(hist, "profile.count"));
	assert_count(hist__sum(hist), json__integer(hist, "profile.sum_ns"));
}
