// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include <stdio.h>

#include "names/syscalls.h"
#include "render/timeline_words.h"

#define ERRNO_MOST 4095

const char *timeline__call_name(const struct timeline_call *call)
{
	return call->name ? call->name : "syscall";
}

const char *timeline__wait_name(const struct timeline_wait *wait, char *buffer)
{
	snprintf(buffer, TIMELINE_NAME, "%s wait", wait_class__name(wait->class));
	return buffer;
}

bool timeline__is_result(const struct timeline_call *call)
{
	return call->end == TIMELINE_RETURNED && call->result < INT32_MAX &&
	       call->result > INT32_MIN;
}

const char *timeline__error(int64_t result)
{
	return result < 0 && result >= -ERRNO_MOST ? errnos__name((int)-result) : NULL;
}

const char *timeline__end_words(enum timeline_end end)
{
	switch (end) {
	case TIMELINE_OPEN:
		return "goes on after the recording";
	case TIMELINE_NEVER:
		return "does not return";
	case TIMELINE_UNSEEN:
		return "was not seen";
	default:
		return NULL;
	}
}
