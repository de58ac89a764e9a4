// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * HdrHistogram's log, version 1.3, which its tools read: one line an interval, with a histogram in
 * its V2 encoding (counts as ZigZag LEB128, deflated, in base64). Format: HistogramLogWriter,
 * AbstractHistogram.encodeIntoByteBuffer() and ZigZagEncoding of HdrHistogram 2.1.
 *
 * Two significant digits: 128 parts to each power of two, finer than our 32, so each of our buckets
 * goes to the one part that its middle falls into.
 */
#define _GNU_SOURCE
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#include "names/units.h"
#include "render/hist.h"

#define SIGNIFICANT_DIGITS 2
#define HALF_COUNT_BITS	   7 /* sub-buckets: 256, of which a power of two has the upper half */
#define COOKIE_COUNTS	   0x1c849313
#define COOKIE_COMPRESSED  0x1c849314
#define HIGHEST		   (1ULL << 42) /* as ours: bpf/buckets.h */
#define PARTS		   ((43 - HALF_COUNT_BITS) << HALF_COUNT_BITS)
#define LONGEST_LEB128	   9
#define HEAD_BYTES	   40

struct bytes {
	uint8_t *data;
	size_t used;
};

static void put_u32(struct bytes *bytes, uint32_t value)
{
	value = htobe32(value);
	memcpy(bytes->data + bytes->used, &value, sizeof(value));
	bytes->used += sizeof(value);
}

static void put_u64(struct bytes *bytes, uint64_t value)
{
	value = htobe64(value);
	memcpy(bytes->data + bytes->used, &value, sizeof(value));
	bytes->used += sizeof(value);
}

/* Seven bits a byte, the lowest first; the ninth byte has all eight that are left. */
static void put_zigzag(struct bytes *bytes, int64_t value)
{
	uint64_t rest = (uint64_t)value << 1 ^ (value < 0 ? ~0ULL : 0);

	for (int i = 0; i < LONGEST_LEB128 - 1; i++) {
		if (rest < 0x80) {
			bytes->data[bytes->used++] = (uint8_t)rest;
			return;
		}
		bytes->data[bytes->used++] = (uint8_t)(rest | 0x80);
		rest >>= 7;
	}
	bytes->data[bytes->used++] = (uint8_t)rest;
}

/* Where HdrHistogram counts a value. */
static size_t part_of(uint64_t value)
{
	unsigned int log = buckets__log2(value | ((2U << HALF_COUNT_BITS) - 1));
	unsigned int bucket = log - HALF_COUNT_BITS;

	return ((size_t)bucket << HALF_COUNT_BITS) + (value >> bucket);
}

static size_t count_parts(const struct histogram *histogram, uint64_t counts[PARTS])
{
	size_t used = 0;

	for (unsigned int i = 0; i < BUCKET_CHUNKS * BUCKETS_PER_CHUNK; i++) {
		uint64_t count = histogram__bucket(histogram, i), low = buckets__low(i);
		size_t part;

		if (!count)
			continue;
		part = part_of(low + (buckets__high(i) - low) / 2);
		counts[part] += count;
		used = part + 1 > used ? part + 1 : used;
	}
	return used;
}

/* Counts, and runs of zeroes as their negative length. */
static void put_counts(struct bytes *bytes, const uint64_t *counts, size_t used)
{
	for (size_t i = 0; i < used; i++) {
		size_t zeroes = 0;

		while (i + zeroes < used && !counts[i + zeroes])
			zeroes++;
		if (zeroes > 1) {
			put_zigzag(bytes, -(int64_t)zeroes);
			i += zeroes - 1;
		} else {
			put_zigzag(bytes, (int64_t)counts[i]);
		}
	}
}

static void put_head(struct bytes *bytes, size_t payload)
{
	const double ratio = 1.0;
	uint64_t bits;

	memcpy(&bits, &ratio, sizeof(bits));
	put_u32(bytes, COOKIE_COUNTS);
	put_u32(bytes, (uint32_t)payload);
	put_u32(bytes, 0); /* normalizing index offset */
	put_u32(bytes, SIGNIFICANT_DIGITS);
	put_u64(bytes, 1); /* lowest discernible value */
	put_u64(bytes, HIGHEST);
	put_u64(bytes, bits); /* integer to double */
}

static int encode(const struct histogram *histogram, struct bytes *bytes)
{
	uint64_t *counts = calloc(PARTS, sizeof(*counts));
	struct bytes head;
	size_t used;

	bytes->data = malloc(HEAD_BYTES + (size_t)PARTS * LONGEST_LEB128);
	bytes->used = HEAD_BYTES;
	if (!counts || !bytes->data) {
		free(counts);
		return -ENOMEM;
	}
	used = count_parts(histogram, counts);
	put_counts(bytes, counts, used);
	head = (struct bytes){.data = bytes->data};
	put_head(&head, bytes->used - HEAD_BYTES);
	free(counts);
	return 0;
}

static void write_base64(FILE *stream, const uint8_t *data, size_t length)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < length; i += 3) {
		size_t left = length - i;
		uint32_t group = (uint32_t)data[i] << 16;

		group |= left > 1 ? (uint32_t)data[i + 1] << 8 : 0;
		group |= left > 2 ? data[i + 2] : 0;
		fputc(digits[group >> 18], stream);
		fputc(digits[group >> 12 & 63], stream);
		fputc(left > 1 ? digits[group >> 6 & 63] : '=', stream);
		fputc(left > 2 ? digits[group & 63] : '=', stream);
	}
}

static int write_compressed(FILE *stream, const struct bytes *plain)
{
	uLongf room = compressBound(plain->used);
	struct bytes packed = {.data = malloc(room + 8)};
	int err = 0;

	if (!packed.data)
		return -ENOMEM;
	if (compress(packed.data + 8, &room, plain->data, plain->used) != Z_OK)
		err = -ENOMEM;
	if (!err) {
		put_u32(&packed, COOKIE_COMPRESSED);
		put_u32(&packed, (uint32_t)room);
		write_base64(stream, packed.data, room + 8);
	}
	free(packed.data);
	return err;
}

/* Tags end at a comma and have no blanks. */
static int write_tag(FILE *stream, const char *label)
{
	char *clean = units__escape(label);

	if (!clean)
		return -ENOMEM;
	fputs("Tag=", stream);
	for (const char *at = clean; *at; at++)
		fputc(*at == ',' || *at == ' ' || *at == '"' ? '_' : *at, stream);
	fputc(',', stream);
	free(clean);
	return 0;
}

#define SECOND	    1e9
#define MILLISECOND 1e6 /* HdrHistogram's unit for the maximum of an interval */

static int write_line(FILE *stream, const struct series *series, const struct histogram *histogram,
		      uint64_t start, uint64_t length)
{
	struct bytes plain = {0};
	int err = 0;

	if (!histogram->bucketed)
		return 0;
	if (series->label)
		err = write_tag(stream, series->label);
	fprintf(stream, "%.3f,%.3f,%.3f,", (double)start / SECOND, (double)length / SECOND,
		(double)histogram->max / MILLISECOND);
	if (!err)
		err = encode(histogram, &plain);
	if (!err)
		err = write_compressed(stream, &plain);
	fputc('\n', stream);
	free(plain.data);
	return err;
}

static int write_lines(FILE *stream, const struct distributions *distributions,
		       const struct series *series)
{
	int err = 0;

	if (!series->slices)
		return write_line(stream, series, &series->total, 0, distributions->window);
	for (size_t i = 0; i < distributions->slice_count && !err; i++) {
		bool last = i + 1 == distributions->slice_count;
		uint64_t start = distributions->starts[i];
		uint64_t end = last ? distributions->window : distributions->starts[i + 1];

		err = write_line(stream, series, &series->slices[i], start,
				 end > start ? end - start : 0);
	}
	return err;
}

int render__hist_hdr(FILE *stream, const struct distributions *distributions,
		     const struct hist_options *options)
{
	time_t seconds = (time_t)(distributions->started / 1000000000);
	char date[64] = "?";
	struct tm utc;
	int err = 0;

	(void)options;
	if (gmtime_r(&seconds, &utc))
		strftime(date, sizeof(date), "%a %b %d %H:%M:%S UTC %Y", &utc);
	fprintf(stream,
		"#[Histogram log format version 1.3]\n"
		"#[StartTime: %.3f (seconds since epoch), %s]\n"
		"\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\","
		"\"Interval_Compressed_Histogram\"\n",
		(double)distributions->started / SECOND, date);
	for (size_t i = 0; i < distributions->lost_count; i++)
		fprintf(stream, "#[Lost: %llu %s]\n",
			(unsigned long long)distributions->lost[i].count,
			distributions->lost[i].cause);
	for (size_t i = 0; i < distributions->series_count && !err; i++)
		err = write_lines(stream, distributions, &distributions->series[i]);
	if (!err && (fflush(stream) || ferror(stream)))
		err = -EIO;
	return err;
}
