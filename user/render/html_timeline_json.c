// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The timeline of a page as JSON: numbers without names, since there are many. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include <json-c/json.h>

#include "names/units.h"
#include "render/html_timeline.h"

/* Text from outside, escaped first as in all formats. 0 or -ENOMEM. */
static int put_text(FILE *stream, const char *text)
{
	char *clean = units__escape(text);
	struct json_object *string = clean ? json_object_new_string(clean) : NULL;
	int err = string ? 0 : -ENOMEM;

	if (string)
		fputs(json_object_to_json_string_ext(
			      string, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
		      stream);
	json_object_put(string);
	free(clean);
	return err;
}

static void put_kinds(FILE *stream)
{
	fputs("\"kinds\":[\"running\",\"runnable\",\"preempted\",\"idle\"", stream);
	for (int i = 0; i < CLASSES; i++)
		fprintf(stream, ",\"%s\"", wait_class__name((enum wait_class)i));
	fputs("],\n", stream);
}

static int put_details(FILE *stream, const struct html_details *details)
{
	int err = 0;

	fputs("\"details\":[[\"\",0]", stream);
	for (uint32_t i = 1; i <= details->count && !err; i++) {
		const struct html_detail *detail = &details->slots[details->by_number[i]];
		uint64_t waker = detail->waker & TIMELINE_TASK ? 0 : detail->waker;

		fputs(",\n[", stream);
		err = put_text(stream, detail->text);
		fprintf(stream, ",%" PRIu64 "]", waker);
	}
	fputs("],\n", stream);
	return err;
}

/* Since the end of the one before, length, then kind and detail; or -1, the number of slices that
 * it is made of, how many kinds, and each kind with its time. */
static void put_slice(FILE *stream, const struct lane_slice *slice, uint64_t before)
{
	int kinds = 0;

	fprintf(stream, "%" PRIu64 ",%" PRIu64 ",", slice->since - before,
		slice->until - slice->since);
	if (!slice->sums) {
		fprintf(stream, "%d,%" PRIu32, (int)slice->kind, slice->detail);
		return;
	}
	for (int i = 0; i < LANE_KINDS; i++)
		kinds += slice->sums[i] > 0;
	fprintf(stream, "-1,%" PRIu32 ",%d", slice->merged, kinds);
	for (int i = 0; i < LANE_KINDS; i++)
		if (slice->sums[i])
			fprintf(stream, ",%d,%" PRIu64, i, slice->sums[i]);
}

static int put_lane(FILE *stream, const struct html_thread *thread, const struct lane *lane)
{
	uint64_t before = 0;
	int err;

	fprintf(stream, "{\"pid\":%" PRIu32 ",\"tid\":%" PRIu32 ",\"comm\":", thread->is.pid,
		thread->is.tid);
	err = put_text(stream, thread->is.name);
	fputs(",\"slices\":[", stream);
	for (size_t i = 0; i < lane->count; i++) {
		if (i)
			putc(',', stream);
		put_slice(stream, &lane->slices[i], before);
		before = lane->slices[i].until;
	}
	fputs("]}", stream);
	return err;
}

static int put_lanes(FILE *stream, const struct html_timeline *timeline)
{
	const struct lanes *lanes = &timeline->lanes;
	int err = 0;

	fprintf(stream,
		"\"slices_seen\":%" PRIu64 ",\"slices_shown\":%zu,\"resolution_ns\":%" PRIu64
		",\"threads_hidden\":%" PRIu64 ",\n\"lanes\":[",
		lanes->came, lanes->slices, lanes->resolution, timeline->threads_hidden);
	for (size_t i = 0; i < lanes->count && !err; i++) {
		fputs(i ? ",\n" : "\n", stream);
		err = put_lane(stream, &timeline->threads[i], &lanes->lanes[i]);
	}
	fputs("],\n", stream);
	return err;
}

/* Column, row, count. */
static void put_map(FILE *stream, const uint32_t map[HEAT_COLUMNS][HEAT_ROWS])
{
	const char *comma = "";

	for (int column = 0; column < HEAT_COLUMNS; column++)
		for (int row = 0; row < HEAT_ROWS; row++)
			if (map[column][row]) {
				fprintf(stream, "%s%d,%d,%" PRIu32, comma, column, row,
					map[column][row]);
				comma = ",";
			}
}

static void put_heat(FILE *stream, const struct html_timeline *timeline)
{
	fprintf(stream, "\"heat\":{\"columns\":%d,\"lows_ns\":[", HEAT_COLUMNS);
	for (unsigned int row = 0; row < HEAT_ROWS; row++)
		fprintf(stream, "%s%" PRIu64, row ? "," : "", html_heat__low(row));
	fputs("],\"classes\":{", stream);
	for (int number = 0; number <= CLASSES; number++) {
		fprintf(stream, "%s\n\"%s\":[", number ? "," : "",
			number < CLASSES ? wait_class__name((enum wait_class)number) : "idle");
		put_map(stream, timeline->heat[number]);
		fputs("]", stream);
	}
	fputs("}},\n", stream);
}

/* When, and how many. */
static void put_losses(FILE *stream, const struct html_timeline *timeline)
{
	const char *comma = "";

	fputs("\"losses\":[", stream);
	for (int i = 0; i < HTML_LOSSES; i++) {
		if (!timeline->losses[i])
			continue;
		fprintf(stream, "%s[%.0f,%" PRIu64 "]", comma,
			(double)timeline->window / (HTML_LOSSES - 1) * i, timeline->losses[i]);
		comma = ",";
	}
	fputs("]}\n", stream);
}

int html_timeline__write(struct html_timeline *timeline, FILE *stream)
{
	int err;

	fprintf(stream, "{\"window_ns\":%" PRIu64 ",", timeline->window);
	put_kinds(stream);
	err = put_details(stream, &timeline->details);
	if (!err)
		err = put_lanes(stream, timeline);
	put_heat(stream, timeline);
	put_losses(stream, timeline);
	if (err)
		return err;
	return ferror(stream) ? -EIO : 0;
}
