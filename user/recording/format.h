/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The format of a recording (docs/formats.md has it for others): a head, then frames.
 *
 *   head   struct recording_head, then `length` bytes of JSON: what was traced, where, by whom
 *   frame  struct frame_head, then `stored` bytes, zlib's deflate of `raw` bytes
 *
 * Everything is little-endian. A file is written from front to back, and a frame depends on no
 * later one: what is cut off at any byte reads up to the last frame that is whole.
 */
#ifndef WAITSCOPE_RECORDING_FORMAT_H
#define WAITSCOPE_RECORDING_FORMAT_H

#include <stdint.h>

#define RECORDING_MAGIC	    "waitscope\r\n\x1a\n\0\0" /* 16 bytes with the NUL of the literal */
#define RECORDING_VERSION   1
#define RECORDING_HEAD_MOST (1U << 20) /* bytes of JSON */

struct recording_head {
	char magic[16];
	uint32_t version;
	uint32_t length;
};

#define FRAME_MAGIC 0x4d415246 /* "FRAM" */
#ifndef FRAME_RAW_MOST
#define FRAME_RAW_MOST (8U << 20)
#endif

enum frame_kind {
	FRAME_EVENTS = 1,  /* events, and before them whom they name (codec.h) */
	FRAME_ROWS = 2,	   /* rows as they were at the end */
	FRAME_SUMMARY = 3, /* JSON: how it ended, what was lost. The last frame */
	FRAME_STACKS = 4,  /* of the whole window, with names, before the summary (--stacks) */
};

struct frame_head {
	uint32_t magic;
	uint32_t kind;	   /* enum frame_kind; others are skipped */
	uint32_t raw;	   /* bytes, at most FRAME_RAW_MOST */
	uint32_t stored;   /* bytes */
	uint32_t checksum; /* crc32 (zlib's) of the stored bytes */
	uint32_t count;	   /* events, or rows */
};

/*
 * Whom events name: a pool, a number, and struct identity_thread, struct wait_key, struct
 * object_row without the unused end of its text, or a process id. Who is named again is somebody
 * else from then on, or has another name. Pools are enum pool, and:
 */
#define IDENTITY_TASK                                                                              \
	64 /* number: a thread id; struct identity_task. Wakers that are not traced                \
	    */

struct identity_thread {
	uint32_t tid, tgid, ppid;
	uint32_t flags;	     /* THREAD_* */
	uint32_t executable; /* row in objects */
	uint32_t process;    /* row in processes */
	char comm[16];
};

struct identity_task {
	uint32_t pid;
	char comm[16];
};

/* A pool of FRAME_ROWS that is none of enum pool. */
#define ROWS_WAKERS 64
#define ROWS_ERRNOS 65

/* FRAME_ROWS begins with this; `count` rows of `size` bytes follow, from number `first` on. */
struct rows_head {
	uint32_t pool;
	uint32_t first;
	uint32_t size;
	uint32_t count;
};

/*
 * FRAME_STACKS are items, numbers as in events; what a row names was named by a text before it, in
 * this frame or one before:
 *
 *   STACK_FACTS  flags (STACK_HAS_*), samples a second. The first item, once
 *   STACK_TEXT   length, bytes. Texts have the numbers 1, 2 ... as they come
 *   STACK_ROW    kind (enum stack_kind), flags (STACK_IS_*), process id, thread id, times, ns;
 * texts: process, thread, class, syscall (0: none), waker (0: none); frames; if there is a waker,
 * its frames frames       how many of user space, how many of the kernel; a text each, the
 * outermost first
 *
 * The ns of the waits of a thread add up to what it was blocked.
 */
enum stack_item {
	STACK_FACTS = 1,
	STACK_TEXT = 2,
	STACK_ROW = 3,
};

#define STACK_HAS_KERNEL    0x01
#define STACK_HAS_USER	    0x02
#define STACK_HAS_WAKERS    0x04
#define STACK_KERNEL_HIDDEN 0x08

#define STACK_IS_IDLE 0x01

#define STACK_TEXT_MOST	 65536U	     /* bytes; of a longer name the rest is left out */
#define STACK_ROWS_MOST	 (4U << 20)  /* and texts */
#define STACK_NAMES_MOST (64U << 20) /* frames of all rows together */

_Static_assert(sizeof(struct recording_head) == 24, "recording_head has padding");
_Static_assert(sizeof(struct frame_head) == 24, "frame_head has padding");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "recordings are little-endian");

#endif
