// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* What `waitscope hist` gives to programs: read back, it is what was counted. */
#define _GNU_SOURCE
#include <errno.h>
#include <json-c/json.h>
#include <math.h>
#include <zlib.h>

#include "tests/unit/hist_sample.h"

#define BUCKETS ((size_t)BUCKET_CHUNKS * BUCKETS_PER_CHUNK)

static struct hist_options options;

/* --------------------------------------------------------------------------------- CSV */

/* Adds up the last field of the lines of `what` that have a bucket (or have none). */
static uint64_t csv_sum(const char *text, const char *what, bool with_bucket)
{
	char *copy = strdup(text), *rest = copy, *line;
	uint64_t sum = 0;

	while ((line = strsep(&rest, "\n")) && rest) {
		char *last = strrchr(line, ',');

		assert_non_null(last);
		assert_int_equal(line[strlen(line) - 1], '\r');
		if (!strncmp(line, what, strlen(what)) && (last[-1] != ',') == with_bucket)
			sum += strtoull(last + 1, NULL, 10);
	}
	free(copy);
	return sum;
}

static void csv_has_every_value_and_what_is_missing(void **state)
{
	struct distributions *distributions = hist_sample__new(NULL);
	struct series *series = hist_sample__series(distributions, HOSTILE, 900, 100);
	char *text;

	(void)state;
	text = hist_sample__render(render__hist_csv, distributions, &options);
	assert_int_equal(strncmp(text, "what,of,interval_start_ns,low_ns,high_ns,count\r\n", 48),
			 0);
	assert_int_equal(csv_sum(text, "syscall:read,", true), 1000);
	assert_non_null(strstr(text, "\"\"")); /* the quote within */
	assert_no_control(text, false);
	assert_int_equal(csv_sum(text, "lost,", false), 0);
	free(text);
	series->slices[2].count += 5;
	hist_sample__lose(distributions, "series", 7);
	text = hist_sample__render(render__hist_csv, distributions, &options);
	assert_int_equal(csv_sum(text, "syscall:read,", true), 1000);
	assert_int_equal(csv_sum(text, "syscall:read,", false), 5);
	assert_int_equal(csv_sum(text, "lost,", false), 7);
	free(text);
	distributions__free(distributions);
}

/* ------------------------------------------------------------------------- OpenMetrics */

/* Values of `histogram` that are at most `le` seconds. */
static uint64_t values_upto(const struct histogram *histogram, double le)
{
	uint64_t count = 0;

	for (unsigned int i = 0; i < BUCKETS; i++)
		if ((double)buckets__high(i) - 1 <= le * 1e9 + 0.5)
			count += histogram__bucket(histogram, i);
	return count;
}

static void openmetrics_is_cumulative_and_ends(void **state)
{
	struct distributions *distributions = hist_sample__new(NULL);
	struct series *series = hist_sample__series(distributions, "a\\b\"c", 900, 100);
	uint64_t before = 0, value;
	char *text, *at, le[32];
	size_t buckets = 0;

	(void)state;
	hist_sample__lose(distributions, "series", 7);
	text = hist_sample__render(render__hist_openmetrics, distributions, &options);
	for (at = text; (at = strstr(at, "_bucket{")); at++) {
		assert_int_equal(sscanf(strstr(at, "le="), "le=\"%31[^\"]\"} %lu", le, &value), 2);
		assert_true(value >= before);
		before = value;
		if (strcmp(le, "+Inf") != 0)
			assert_int_equal(value, values_upto(&series->total, strtod(le, NULL)));
		buckets++;
	}
	assert_int_equal(before, 1000);
	assert_true(buckets > 3);
	assert_non_null(strstr(text, "# TYPE waitscope_syscall_read_seconds histogram\n"));
	assert_non_null(strstr(text, "_count{of=\"a\\\\b\\\"c\"} 1000\n"));
	assert_non_null(strstr(text, "waitscope_lost_total{cause=\"series\"} 7\n"));
	assert_string_equal(text + strlen(text) - strlen("\n# EOF\n"), "\n# EOF\n");
	assert_int_equal(count_of(text, "# EOF"), 1);
	free(text);
	distributions__free(distributions);
}

/* --------------------------------------------------------------------------------- JSON */

static struct json_object *member(struct json_object *object, const char *name)
{
	struct json_object *value = NULL;

	assert_true(json_object_object_get_ex(object, name, &value));
	return value;
}

static int64_t number(struct json_object *object, const char *name)
{
	return json_object_get_int64(member(object, name));
}

static uint64_t bucket_sum(struct json_object *distribution)
{
	struct json_object *rows = member(distribution, "buckets");
	uint64_t sum = 0;

	for (size_t i = 0; i < json_object_array_length(rows); i++)
		sum += json_object_get_uint64(
			json_object_array_get_idx(json_object_array_get_idx(rows, i), 2));
	return sum;
}

static void json_has_buckets_intervals_modes_and_losses(void **state)
{
	struct profile *run = sample__profile();
	struct distributions *distributions = hist_sample__new(run);
	struct series *series = hist_sample__series(distributions, HOSTILE, 8200, 1800);
	struct json_object *document, *row, *modes, *intervals;
	uint64_t sum = 0;
	char *text;

	(void)state;
	series->cause = "disk";
	hist_sample__lose(distributions, "series", 7);
	distributions->check = (struct cross_check){true, 10000, series->total.sum};
	text = hist_sample__render(render__hist_json, distributions, &options);
	assert_no_control(text, false);
	document = json_tokener_parse(text);
	assert_non_null(document);
	assert_false(json_object_get_boolean(member(document, "complete")));
	assert_int_equal(number(member(document, "lost"), "series"), 7);
	assert_int_equal(number(member(document, "profile"), "count"), 10000);
	row = json_object_array_get_idx(member(document, "series"), 0);
	assert_int_equal(bucket_sum(member(row, "distribution")), 10000);
	assert_int_equal(number(row, "marked"), 1800);
	modes = member(row, "modes");
	assert_int_equal(json_object_array_length(modes), 2);
	row = json_object_array_get_idx(modes, 1);
	assert_string_equal(json_object_get_string(member(row, "evidence")), "asleep: disk");
	assert_true(json_object_get_double(member(row, "marked_share")) == 1);
	intervals = member(json_object_array_get_idx(member(document, "series"), 0), "intervals");
	assert_int_equal(json_object_array_length(intervals), SAMPLE_SLICES);
	for (size_t i = 0; i < SAMPLE_SLICES; i++) {
		row = json_object_array_get_idx(intervals, i);
		sum += bucket_sum(member(row, "distribution"));
		assert_int_equal(number(row, "end_ns") - number(row, "start_ns"), 100 * MS);
	}
	assert_int_equal(sum, 10000);
	json_object_put(document);
	free(text);
	distributions__free(distributions);
	profile__free(run);
}

/* ------------------------------------------------------------------------- HdrHistogram */

static unsigned int digit_of(char sign)
{
	static const char signs[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	assert_non_null(strchr(signs, sign));
	return (unsigned int)(strchr(signs, sign) - signs);
}

/* Returns the length; `out` has room for three quarters of the text. */
static size_t decode_base64(const char *text, size_t length, uint8_t *out)
{
	size_t used = 0, bits = 0;
	uint32_t collected = 0;

	memset(out, 0, length);
	assert_int_equal(length % 4, 0);
	for (size_t i = 0; i < length && text[i] != '='; i++) {
		collected = collected << 6 | digit_of(text[i]);
		bits += 6;
		if (bits < 8)
			continue;
		bits -= 8;
		out[used++] = (uint8_t)(collected >> bits);
	}
	return used;
}

static uint32_t big_endian(const uint8_t *data)
{
	return (uint32_t)data[0] << 24 | data[1] << 16 | data[2] << 8 | data[3];
}

/* ZigZag LEB128 with at most nine bytes, as HdrHistogram has it. */
static int64_t take_count(const uint8_t **at)
{
	uint64_t raw = 0;

	for (int i = 0; i < 9; i++) {
		uint8_t byte = *(*at)++;

		raw |= (uint64_t)(i < 8 ? byte & 0x7f : byte) << (7 * i);
		if (i == 8 || !(byte & 0x80))
			break;
	}
	return (int64_t)(raw >> 1) ^ -(int64_t)(raw & 1);
}

/* The middle of what HdrHistogram counts at an index, for two significant digits. */
static uint64_t value_at(size_t index)
{
	size_t bucket = index >> 7, part = index & 127;

	if (bucket == 0)
		return part;
	return ((uint64_t)(part + 128) << (bucket - 1)) + ((1ULL << (bucket - 1)) >> 1);
}

/* Adds what the payload counts to `counts`, by our buckets. */
static void take_counts(const uint8_t *plain, size_t size, uint64_t counts[BUCKETS])
{
	const uint8_t *at = plain + 40, *end = at + big_endian(plain + 4);
	size_t index = 0;

	assert_int_equal(big_endian(plain), 0x1c849313);
	assert_int_equal(big_endian(plain + 12), 2); /* significant digits */
	assert_true(end == plain + size);
	while (at < end) {
		int64_t count = take_count(&at);

		if (count < 0)
			index += (size_t)-count;
		else
			counts[buckets__index(value_at(index++))] += (uint64_t)count;
	}
}

static void take_line(const char *line, uint64_t counts[BUCKETS])
{
	const char *text = (char *)memrchr(line, ',', strcspn(line, "\n")) + 1;
	size_t length = strcspn(text, "\n"), size;
	uint8_t *packed = calloc(1, length + 1), *plain = calloc(1, 1 << 20);
	uLongf plain_size = 1 << 20;

	assert_true(packed && plain);
	size = decode_base64(text, length, packed);
	assert_int_equal(big_endian(packed), 0x1c849314);
	assert_int_equal(big_endian(packed + 4), size - 8);
	assert_int_equal(uncompress(plain, &plain_size, packed + 8, size - 8), Z_OK);
	take_counts(plain, plain_size, counts);
	free(packed);
	free(plain);
}

/* All lines with that tag; each has no blank, and as many fields as it should. */
static size_t take_log(const char *log, const char *tag, uint64_t counts[BUCKETS])
{
	size_t lines = 0;

	for (size_t i = 0; i < BUCKETS; i++)
		counts[i] = 0;
	for (const char *at = log; *at; at += strcspn(at, "\n") + 1) {
		if (strncmp(at, tag, strlen(tag)) != 0)
			continue;
		assert_true(strcspn(at, " ") > strcspn(at, "\n"));
		take_line(at, counts);
		lines++;
	}
	return lines;
}

static void a_decoded_log_has_the_same_buckets(void **state)
{
	struct distributions *distributions = hist_sample__new(NULL);
	struct series *wide = hist_sample__series(distributions, "wide (1)", 0, 0);
	struct series *hostile = hist_sample__series(distributions, HOSTILE, 500, 60);
	uint64_t counts[BUCKETS], seed = 3;
	char *text;

	(void)state;
	for (int i = 0; i < 20000; i++) /* of every size */
		hist_sample__add(wide, (size_t)i % SAMPLE_SLICES,
				 next_random(&seed) >> (22 + next_random(&seed) % 42), false);
	hist_sample__lose(distributions, "series", 7);
	text = hist_sample__render(render__hist_hdr, distributions, &options);
	assert_int_equal(take_log(text, "Tag=wide_(1),", counts), SAMPLE_SLICES);
	for (unsigned int i = 0; i < BUCKETS; i++)
		assert_int_equal(counts[i], histogram__bucket(&wide->total, i));
	assert_int_equal(take_log(text, "Tag=</title>", counts), SAMPLE_SLICES);
	for (unsigned int i = 0; i < BUCKETS; i++)
		assert_int_equal(counts[i], histogram__bucket(&hostile->total, i));
	assert_int_equal(strncmp(text, "#[Histogram log format version 1.3]\n", 36), 0);
	assert_non_null(strstr(text, "#[Lost: 7 series]\n"));
	free(text);
	distributions__free(distributions);
}

/* A stream that cannot take it all is an error in every format. */
static void failing_streams_are_reported(void **state)
{
	static const hist_renderer renderers[] = {
		render__hist_text, render__heatmap_text,     render__heatmap_svg, render__hist_json,
		render__hist_csv,  render__hist_openmetrics, render__hist_hdr,
	};
	struct profile *run = sample__profile();
	struct distributions *distributions = hist_sample__new(run);

	(void)state;
	hist_sample__series(distributions, "a (1)", 900, 100);
	for (size_t i = 0; i < COUNT(renderers); i++) {
		FILE *full = fopen("/dev/full", "w");

		assert_non_null(full);
		assert_int_equal(renderers[i](full, distributions, &options), -EIO);
		fclose(full);
	}
	distributions__free(distributions);
	profile__free(run);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(csv_has_every_value_and_what_is_missing),
		cmocka_unit_test(openmetrics_is_cumulative_and_ends),
		cmocka_unit_test(json_has_buckets_intervals_modes_and_losses),
		cmocka_unit_test(a_decoded_log_has_the_same_buckets),
		cmocka_unit_test(failing_streams_are_reported),
	};

	options = hist_sample__options(100, true, false);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
