// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#include "names/uring_hooks.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Where the argument that matters stands in each form that a tracepoint has had. */
static const struct form {
	const char *hook, *signature;
	size_t member; /* offset in struct uring_hooks */
	unsigned int position;
} forms[] = {
#define FORM(hook, signature, member, position)                                                    \
	{                                                                                          \
		hook, signature, offsetof(struct uring_hooks, member), position                    \
	}
	FORM("io_uring_submit_req", "p", submit, 1),	       /* 6.4: request */
	FORM("io_uring_submit_sqe", "p1", submit, 1),	       /* 6.0 to 6.3: request, nonblock */
	FORM("io_uring_submit_sqe", "pp81411", submit, 2),     /* 5.18: ring, request, user_data */
	FORM("io_uring_submit_sqe", "pp18411", submit, 2),     /* 5.15: ring, request, opcode */
	FORM("io_uring_queue_async_work", "p4", work, 1),      /* 6.0: request, hashed */
	FORM("io_uring_queue_async_work", "pp814p4", work, 2), /* 5.18: ring, request, user_data */
	FORM("io_uring_queue_async_work", "p4pp4", work, 3), /* 5.15: ring, hashed, request, work */
	FORM("io_uring_poll_arm", "p44", poll, 1),	     /* 6.0: request, mask, events */
	FORM("io_uring_poll_arm", "pp8144", poll, 2),	     /* 5.18: ring, request, user_data */
	FORM("io_uring_poll_arm", "pp1844", poll, 2),	     /* 5.15: ring, request, opcode */
	FORM("io_uring_req_failed", "pp4", failed, 2),	     /* 6.0: sqe, request, error */
	FORM("io_uring_req_failed", "ppp4", failed, 3),	     /* 5.18: sqe, ring, request, error */
	FORM("io_uring_cqe_overflow", "p844p", overflow,
	     1), /* 5.19: ring, user_data, result, flags */
#undef FORM
};

static const struct {
	const char *signature;
	struct uring_complete_arguments arguments;
} completions[] = {
	/* 6.15: ring, request, entry */
	{"ppp", {.ring = 1, .request = 2, .entry = 3}},
	/* 5.19: ring, request, user_data, result, flags, and two for large entries */
	{"pp84488", {.ring = 1, .request = 2, .user_data = 3, .result = 4, .flags = 5}},
	/* 5.18 */
	{"pp844", {.ring = 1, .request = 2, .user_data = 3, .result = 4, .flags = 5}},
	/* 5.15: no request */
	{"p844", {.ring = 1, .user_data = 2, .result = 3, .flags = 4}},
};

static const char complete[] = "io_uring_complete";

static const char *const names[] = {
	"io_uring_submit_req",
	"io_uring_submit_sqe",
	"io_uring_queue_async_work",
	"io_uring_poll_arm",
	"io_uring_req_failed",
	"io_uring_cqe_overflow",
	complete,
};

const char *uring_hooks__name(size_t index)
{
	return index < COUNT(names) ? names[index] : NULL;
}

static bool learn_completion(struct uring_hooks *hooks, const char *signature)
{
	for (size_t i = 0; i < COUNT(completions); i++) {
		if (strcmp(completions[i].signature, signature) != 0)
			continue;
		hooks->complete = completions[i].arguments;
		return true;
	}
	return false;
}

bool uring_hooks__learn(struct uring_hooks *hooks, const char *name, const char *signature)
{
	if (!strcmp(name, complete))
		return learn_completion(hooks, signature);
	for (size_t i = 0; i < COUNT(forms); i++) {
		const struct form *form = &forms[i];

		if (strcmp(form->hook, name) != 0 || strcmp(form->signature, signature) != 0)
			continue;
		*(__u32 *)((char *)hooks + form->member) = form->position;
		return true;
	}
	return false;
}

bool uring_hooks__can_follow(const struct uring_hooks *hooks)
{
	return hooks->submit && hooks->complete.ring;
}
