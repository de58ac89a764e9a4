// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "commands/commands.h"
#include "recording/format.h"
#include "tests/fuzz/recording_input.h"

/* Memory that was freed is touched again soon, not after 256 MB of others; who allocated it is told
 * in few frames: several times as many runs. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "quarantine_size_mb=1:malloc_context_size=6";
}

void complain(const char *format, ...)
{
	(void)format;
}

void expect(int holds)
{
	if (!holds)
		abort();
}

/* --- the file ----------------------------------------------------------------------------------
 */

static const char head[] = "{\"schema\":\"waitscope-recording/1\",\"tier\":\"full\","
			   "\"target\":\"all\",\"cpus\":2,\"kernel\":\"6.1\",\"pids\":[]}";

static struct {
	uint8_t *bytes;
	size_t size, room;
} out;

static uint8_t *more(size_t length)
{
	uint8_t *place;

	if (out.size + length > out.room) {
		out.room = (out.size + length) * 2;
		out.bytes = realloc(out.bytes, out.room);
		expect(out.bytes != NULL);
	}
	place = out.bytes + out.size;
	out.size += length;
	return place;
}

static void put(const void *bytes, size_t length)
{
	if (length)
		memcpy(more(length), bytes, length);
}

/* A stream of zlib's whose only block is stored as it is: what level 0 makes, without the time that
 * deflateInit() takes. */
static void put_frame(uint32_t kind, const uint8_t *bytes, uint16_t length)
{
	const uint8_t begin[] = {
		0x78, 0x01, 1, length & 0xff, length >> 8, ~length & 0xff, (uint8_t)(~length >> 8)};
	uint32_t sum = __builtin_bswap32((uint32_t)adler32(adler32(0, NULL, 0), bytes, length));
	struct frame_head frame = {.magic = FRAME_MAGIC,
				   .kind = kind,
				   .raw = length,
				   .stored = sizeof(begin) + length + sizeof(sum)};
	size_t at = out.size;

	put(&frame, sizeof(frame));
	put(begin, sizeof(begin));
	put(bytes, length);
	put(&sum, sizeof(sum));
	frame.checksum = crc32(crc32(0, NULL, 0), out.bytes + at + sizeof(frame), frame.stored);
	memcpy(out.bytes + at, &frame, sizeof(frame));
}

static void put_recording(const uint8_t *data, size_t size)
{
	struct recording_head start = {.version = RECORDING_VERSION, .length = sizeof(head) - 1};

	memcpy(start.magic, RECORDING_MAGIC, sizeof(start.magic));
	put(&start, sizeof(start));
	put(head, start.length);
	while (size >= 3) {
		size_t length = data[1] | data[2] << 8;

		if (length > size - 3)
			length = size - 3;
		put_frame(data[0], data + 3, (uint16_t)length);
		data += 3 + length;
		size -= 3 + length;
	}
}

struct recording_input recording_input__make(const uint8_t *data, size_t size)
{
	static char path[32];
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("recording", MFD_CLOEXEC);
		expect(fd >= 0);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	out.size = 0;
	if (size > 1 && !data[1])
		put(data + 2, size - 2);
	else if (size > 1)
		put_recording(data + 1, size - 1);
	expect(ftruncate(fd, (off_t)out.size) == 0);
	expect(!out.size || pwrite(fd, out.bytes, out.size, 0) == (ssize_t)out.size);
	return (struct recording_input){size ? data[0] : 0, path};
}

/* --- results -----------------------------------------------------------------------------------
 */

void result__begin(struct result *result)
{
	*result = (struct result){0};
	result->stream = open_memstream(&result->bytes, &result->size);
	expect(result->stream != NULL);
}

void result__end(struct result *result)
{
	expect(fclose(result->stream) == 0);
}

void result__end_text(struct result *result)
{
	result__end(result);
	expect(!memchr(result->bytes, 0x1b, result->size));
	result__free(result);
}

void result__free(struct result *result)
{
	free(result->bytes);
}
