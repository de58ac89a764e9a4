/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Rows of `waitscope hist --json`, and its quantiles against those of others. */
#ifndef WAITSCOPE_LIVE_HIST_H
#define WAITSCOPE_LIVE_HIST_H

#include "tests/live/lib/live.h"

/* The distribution of the first series whose label begins so; NULL: of the only one, without a
 * label. find_ returns NULL where there is none, the_ fails. */
struct json_object *find_distribution(struct json_object *hist, const char *label);
struct json_object *the_distribution(struct json_object *hist, const char *label);

/* Of the series that has the most values. */
struct json_object *largest_distribution(struct json_object *hist);

/* Values of all series. */
int64_t hist__count(struct json_object *hist);
int64_t hist__sum(struct json_object *hist);

/* Values in buckets that reach above `low` and begin below `high`, ns. */
int64_t distribution__between(struct json_object *distribution, double low, double high);

/* Upper edge of the bucket in which that share of the values ends. */
double distribution__quantile(struct json_object *distribution, double share);

/* Nothing lost, every value in a bucket, and as many as the profile's rows have, where they do. */
void assert_hist_is_sound(struct json_object *hist);

#endif
