// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Any bytes as a recording. Frames have a checksum and are packed, which no chance gets right: so
 * the bytes are either the file itself, or what is in its frames, which is then packed as a writer
 * would. What can be read becomes a profile, and that the report, the JSON and the page; or a
 * histogram; or tables; of all of it, or of a part; a timeline for other viewers, whose formats are
 * read back; the anatomy of a call, and a critical path.
 *
 *   first byte 0: the rest is a file
 *   else:         frames: kind, 16 bits of length, and so many bytes
 */
#define _GNU_SOURCE
#include <json-c/json.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "commands/commands.h"
#include "commands/exporting.h"
#include "commands/replaying.h"
#include "perfetto.pb-c.h"
#include "recording/anatomist.h"
#include "recording/format.h"
#include "recording/pathfinder.h"
#include "recording/sqlite.h"
#include "render/anatomy.h"
#include "render/critical_path.h"
#include "render/hist.h"
#include "render/html.h"
#include "render/render.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

void complain(const char *format, ...)
{
	(void)format;
}

static const char head[] = "{\"schema\":\"waitscope-recording/1\",\"tier\":\"full\","
			   "\"target\":\"all\",\"cpus\":2,\"kernel\":\"6.1\",\"pids\":[]}";

static void expect(int holds)
{
	if (!holds)
		abort();
}

static void put(int fd, const void *bytes, size_t length)
{
	expect(write(fd, bytes, length) == (ssize_t)length);
}

static void put_frame(int fd, uint32_t kind, const uint8_t *bytes, size_t length)
{
	static uint8_t packed[1 << 17];
	uLongf stored = sizeof(packed);
	struct frame_head frame = {.magic = FRAME_MAGIC, .kind = kind, .raw = length};

	expect(compress2(packed, &stored, bytes, length, 0) == Z_OK);
	frame.stored = stored;
	frame.checksum = crc32(crc32(0, NULL, 0), packed, stored);
	put(fd, &frame, sizeof(frame));
	put(fd, packed, stored);
}

static void put_recording(int fd, const uint8_t *data, size_t size)
{
	struct recording_head start = {.version = RECORDING_VERSION, .length = sizeof(head) - 1};

	memcpy(start.magic, RECORDING_MAGIC, sizeof(start.magic));
	put(fd, &start, sizeof(start));
	put(fd, head, start.length);
	while (size >= 3) {
		size_t length = data[1] | data[2] << 8;

		if (length > size - 3)
			length = size - 3;
		put_frame(fd, data[0], data + 3, length);
		data += 3 + length;
		size -= 3 + length;
	}
}

static void write_all(const struct profile *profile)
{
	struct render_options options = {.width = 100, .verbose = true, .buckets = true};
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	expect(stream != NULL);
	expect(render__text(stream, profile, &options) == 0);
	expect(render__json(stream, profile, &options) == 0);
	fclose(stream);
	expect(!memchr(text, 0x1b, size));
	free(text);
}

/* Begins and ends of slices come in pairs. */
static void read_perfetto(const char *bytes, size_t size)
{
	Pf__Trace *trace = pf__trace__unpack(NULL, size, (const uint8_t *)bytes);
	size_t begins = 0, ends = 0;

	expect(trace != NULL);
	for (size_t i = 0; i < trace->n_packet; i++) {
		const Pf__TrackEvent *event = trace->packet[i]->event;

		begins += event && event->type == 1;
		ends += event && event->type == 2;
	}
	expect(begins == ends);
	pf__trace__free_unpacked(trace, NULL);
}

static void read_chrome(const char *text)
{
	struct json_object *trace = json_tokener_parse(text), *events;

	expect(json_object_object_get_ex(trace, "traceEvents", &events));
	json_object_put(trace);
}

static void export(const struct replaying_options *options, enum export_format format)
{
	struct recording_file file;
	char *bytes = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&bytes, &size);
	int err = -1;

	expect(stream != NULL);
	if (!recording_file__open(&file, options->path))
		err = exporting__write(&file, options, format, stream);
	fclose(stream);
	if (!err && format == EXPORT_PERFETTO)
		read_perfetto(bytes, size);
	else if (!err)
		read_chrome(bytes);
	free(bytes);
	profile__free(file.head);
	recording_file__close(&file);
}

/* Few slices, so that they are merged. */
static void write_page(const char *path, const struct profile *profile)
{
	const struct replaying_options options = {.path = path};
	const struct render_options plain = {0};
	struct timeline_writer writer;
	struct html_timeline *timeline = html_timeline__new(profile->window, 16, &writer);
	struct recording_file file = {0};
	FILE *stream = fopen("/dev/null", "we");

	expect(timeline && stream);
	if (!recording_file__open(&file, path) && !exporting__tell(&file, &options, &writer))
		expect(render__html(stream, profile, &plain, timeline) == 0);
	fclose(stream);
	profile__free(file.head);
	recording_file__close(&file);
	html_timeline__free(timeline);
}

/* In one of the formats, all of it or a part, as the size has it. */
static void export_some(const char *path, size_t size)
{
	struct replaying_options options = {.path = path};

	options.from = size / 2 % 4 * 100000;
	options.to = size / 8 % 2 ? options.from + 1000000 : 0;
	export(&options, size % 2 ? EXPORT_CHROME : EXPORT_PERFETTO);
}

static bool wants(void *context, const struct anatomy_candidate *candidate)
{
	(void)context;
	return candidate->object_count < ANATOMY_SLEEPS + 1;
}

/* Tables with room for the largest numbers only take time, once more for each who replays. */
#define ROWS_FOLLOWED 4096

static bool is_followed(const struct stream_event *event)
{
	return event->thread < ROWS_FOLLOWED &&
	       (event->kind != STREAM_SWITCH || event->other < ROWS_FOLLOWED);
}

/* Whatever events there are up to what is damaged. */
static void follow_all(struct reader *reader, struct cast *cast, struct anatomist *anatomist,
		       struct pathfinder *finder)
{
	struct reader_item item = {.kind = READER_END};
	bool laid_out = true, found = true;

	while (!reader__next(reader, &item) && item.kind != READER_END) {
		if (item.kind != READER_EVENT) {
			if (cast__take(cast, &item))
				return;
			continue;
		}
		if (!is_followed(&item.event))
			continue;
		laid_out = laid_out && !anatomist__event(anatomist, item.cpu, &item.event);
		found = found && !pathfinder__event(finder, item.cpu, &item.event);
	}
}

static int add_took(void *context, const struct anatomy_stage *stage)
{
	*(uint64_t *)context += stage->took;
	return 0;
}

static void write_anatomy(const struct anatomist *anatomist, FILE *stream)
{
	const struct anatomy *anatomy = anatomist__call(anatomist, 0);
	const struct anatomy_place place = {1, anatomist__sums(anatomist)->seen};
	uint64_t sum = 0;

	if (!anatomy)
		return;
	anatomy__each_stage(anatomy, add_took, &sum);
	expect(sum == anatomy->total);
	expect(render__anatomy_text(stream, anatomy, &place, true) == 0);
	expect(render__anatomy_json(stream, anatomy, &place) == 0);
}

static void write_path(struct pathfinder *finder, FILE *stream)
{
	const struct render_options options = {.width = 100, .verbose = true};
	struct critical_path *path;
	uint64_t sum = 0;

	if (pathfinder__finish(finder, UINT64_MAX / 2, &path))
		return;
	for (size_t i = 0; i < path->row_count; i++)
		sum += path->rows[i].time;
	expect(sum == path->window);
	expect(render__critical_path_text(stream, path, &options) == 0);
	expect(render__critical_path_json(stream, path) == 0);
	critical_path__free(path);
}

static void lay_out_and_find(FILE *file)
{
	const struct anatomist_options options = {.keep = 2, .wants = wants};
	char message[160], *text = NULL;
	struct reader *reader = NULL;
	struct cast *cast = cast__new(NULL);
	struct anatomist *anatomist = anatomist__new(&options, cast);
	struct pathfinder *finder = pathfinder__new(cast);
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	expect(cast && anatomist && finder && stream);
	if (!reader__new(&reader, file, message, sizeof(message)))
		follow_all(reader, cast, anatomist, finder);
	anatomist__finish(anatomist, UINT64_MAX / 2);
	write_anatomy(anatomist, stream);
	write_path(finder, stream);
	fclose(stream);
	expect(!memchr(text, 0x1b, size));
	free(text);
	anatomist__free(anatomist);
	pathfinder__free(finder);
	cast__free(cast);
	reader__free(reader);
}

static void write_hist(const struct replaying *replaying)
{
	const struct hist_options options = {
		.percentiles = {50, 99}, .percentile_count = 2, .high = UINT64_MAX};
	const struct distributions *distributions = replaying__distributions(replaying);
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	expect(stream && distributions);
	expect(render__hist_text(stream, distributions, &options) == 0);
	expect(render__hist_json(stream, distributions, &options) == 0);
	fclose(stream);
	free(text);
}

static void write_tables(struct sqlite *sqlite, const struct replaying *replaying)
{
	const struct sqlite_rest rest = {
		.rebuild = replaying__rebuild(replaying),
		.sources = replaying__sources(replaying),
		.profile = replaying__profile(replaying),
		.story = replaying__story(replaying),
	};

	int err = sqlite__finish(sqlite, &rest);

	if (err) {
		fprintf(stderr, "sqlite: %s: %s\n", strerror(-err), sqlite__problem(sqlite));
		abort();
	}
}

/* All that is done with a recording, in the way that `way` chooses. */
static void convert(const char *path, unsigned int way)
{
	const struct measuring measuring = {.what = "fuzz",
					    .meaning = "fuzz",
					    .empty = "nothing",
					    .tier = TIER_WAITS,
					    .measure = 1 + way / 8 % 11,
					    .by = way / 3 % (BY_CPU + 1)};
	int ids[] = {101, 4711};
	struct row_filter filter = {.pids = {ids, 1}, .tids = {ids + 1, way & 1}, .classes = ~0u};
	struct replaying_options options = {.path = path};
	struct rebuild_listener listener;
	struct replaying *replaying;
	struct sqlite *sqlite = NULL;

	if (way % 5 == 3)
		options.filter = &filter;
	if (way % 7 == 3)
		options.from = 1000 + way;
	if (way % 11 == 3)
		options.to = 100000000;
	if (way % 3 == 1)
		options.measuring = &measuring;
	if (way % 3 == 2) {
		expect(sqlite__new(&sqlite, ":memory:") == 0);
		listener = sqlite__listener(sqlite);
		options.listener = &listener;
	}
	if (!replaying__new(&replaying, &options)) {
		write_all(replaying__profile(replaying));
		write_page(path, replaying__profile(replaying));
		if (options.measuring)
			write_hist(replaying);
		if (sqlite)
			write_tables(sqlite, replaying);
	} else if (sqlite && *sqlite__problem(sqlite)) {
		fprintf(stderr, "sqlite: %s\n", sqlite__problem(sqlite));
		abort();
	}
	replaying__free(replaying);
	sqlite__free(sqlite);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[32];
	FILE *file;
	int fd = memfd_create("recording", 0);

	expect(fd >= 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (size && !data[0])
		put(fd, data + 1, size - 1);
	else if (size)
		put_recording(fd, data, size);
	convert(path, crc32(0, data, size) % 1155);
	export_some(path, size);
	file = fopen(path, "re");
	expect(file != NULL);
	lay_out_and_find(file);
	fclose(file);
	close(fd);
	return 0;
}
