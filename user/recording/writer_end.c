// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The end of a recording: rows as they are then, stacks, and how it went. */
#include <errno.h>
#include <string.h>

#include "recording/writer_internal.h"

/* Rows [first, end) of a pool. */
static int put_rows(struct writer *writer, uint32_t pool, const void *base, size_t size,
		    size_t stride, uint32_t first, uint32_t end)
{
	struct rows_head head = {.pool = pool, .first = first, .size = size, .count = end - first};
	struct block *block = &writer->events;
	int err = block__reserve(block, sizeof(head) + (size_t)head.count * size);

	if (err)
		return err;
	memcpy(block->bytes, &head, sizeof(head));
	block->length = sizeof(head);
	for (uint32_t i = first; i < end; i++, block->length += size)
		memcpy(block->bytes + block->length, (const char *)base + i * stride, size);
	block->count = head.count;
	return writer__put_block(writer, FRAME_ROWS);
}

/* In as many frames as it takes. */
static int put_pool(struct writer *writer, uint32_t pool, const void *base, size_t size,
		    size_t stride, uint32_t first, uint32_t end)
{
	uint32_t most = size ? (FRAME_RAW_MOST / 2) / size : 0;
	int err = 0;

	for (; most && first < end && !err; first += most)
		err = put_rows(writer, pool, base, size, stride, first,
			       end - first < most ? end : first + most);
	return err;
}

int writer__finish(struct writer *writer, const struct sources *sources,
		   const struct stacks *stacks, const char *summary)
{
	struct block *block = &writer->events;
	int err = writer__flush(writer);

	for (int i = 0; i < POOLS && !err; i++)
		err = put_pool(writer, i, sources->pools[i].base, sources->pools[i].stride,
			       sources->pools[i].stride, 1, sources->pools[i].used + 1);
	if (!err)
		err = put_pool(writer, ROWS_WAKERS, sources->wakers, sizeof(*sources->wakers),
			       sizeof(*sources->wakers), 0, sources->waker_count);
	if (!err)
		err = put_pool(writer, ROWS_ERRNOS, sources->errnos, sizeof(*sources->errnos),
			       sizeof(*sources->errnos), 0, sources->errno_count);
	if (!err && stacks)
		err = writer__put_stacks(writer, stacks);
	if (!err)
		err = block__reserve(block, strlen(summary));
	if (err)
		return err;
	memcpy(block->bytes, summary, strlen(summary));
	block->length = strlen(summary);
	block->count = 1;
	err = writer__put_block(writer, FRAME_SUMMARY);
	if (!err && fflush(writer->stream))
		err = -errno;
	return err;
}
