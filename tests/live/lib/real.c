// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <ftw.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/live/lib/internal.h"
#include "tests/live/lib/real.h"

void real__begin(int argc, char **argv, const struct live_role *roles)
{
	live__begin(argc, argv, roles);
	if (live__emulated()) {
		fprintf(stderr, "%s: all skipped: no real programs in an emulated machine\n",
			argv[0]);
		exit(0);
	}
}

/* By how many switches the kernel's account of a thread and ours differ. */
static int64_t switches_off(struct json_object *thread)
{
	struct json_object *books = json__at(thread, "books");

	if (!books)
		return 0;
	return llabs(json__integer(books, "voluntary") - json__integer(books, "kernel_voluntary")) +
	       llabs(json__integer(books, "involuntary") -
		     json__integer(books, "kernel_involuntary"));
}

/* What was missed must be said: more than the two switches by which a running thread's books may
 * be behind, with nothing lost, is a bug. */
static bool knows_every_switch(struct json_object *thread)
{
	int64_t off = switches_off(thread), lost = json__integer(thread, "lost_transitions");

	if (off > 2 && !lost)
		live__fail("%lld switches off the kernel's books of thread %s, and nothing lost",
			   (long long)off, json__show(json__at(thread, "tid")));
	return !off && !lost;
}

static bool sees_every_switch(struct json_object *profile)
{
	struct json_object *process, *thread;
	bool every = true;

	json__each (process, profile, "processes")
		json__each (thread, process, "threads")
			every &= knows_every_switch(thread);
	return every;
}

bool real__is_complete(struct json_object *profile)
{
	/* time is conserved whatever was missed; that running is user and kernel time is not */
	assert_true(json__boolean(profile, "audit.conserved"));
	assert_count(json__integer(profile, "audit.residual_ns"), 0);
	if (!sees_every_switch(profile))
		return false;
	assert_conserved(profile);
	return true;
}

struct trace *real__run(const char *const *options)
{
	for (int i = 0; i < REAL_ATTEMPTS; i++) {
		struct trace *trace = trace__run(options, LIVE_TIMEOUT_MS);

		if (trace->status != 0)
			live__fail("the command ended with status %d: %s", trace->status,
				   program__errors(trace->program));
		if (real__is_complete(trace->profile))
			return trace;
	}
	real__never_complete();
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)status;
	(void)type;
	(void)place;
	return remove(path);
}

static void remove_tree(void *path)
{
	nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	free(path);
}

const char *real__directory(void)
{
	const char *parent = getenv("TMPDIR");
	char *path = NULL;

	if (asprintf(&path, "%s/waitscope-live-XXXXXX", parent && *parent ? parent : "/tmp") < 0 ||
	    !mkdtemp(path))
		live__fail("mkdtemp: %s", strerror(errno));
	chmod(path, 0755);
	return live__keep(path, remove_tree);
}

static struct sockaddr_in loopback(unsigned int port)
{
	return (struct sockaddr_in){.sin_family = AF_INET,
				    .sin_port = htons(port),
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

unsigned int real__free_port(void)
{
	struct sockaddr_in address = loopback(0);
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) ||
	    getsockname(fd, (struct sockaddr *)&address, &length))
		live__fail("no free port: %s", strerror(errno));
	close(fd);
	return ntohs(address.sin_port);
}

void real__await_port(unsigned int port)
{
	uint64_t deadline = live__now() + LIVE_TIMEOUT_MS * 1000000ULL;
	struct sockaddr_in address = loopback(port);
	bool connected = false;

	while (!connected) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		connected = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;
		close(fd);
		if (!connected && live__now() > deadline)
			live__fail("nobody listens on port %u", port);
		if (!connected)
			live__sleep_ms(5);
	}
}

const char *real__laid_out_file(const char *name, unsigned int mib)
{
	const char *path = live__disk_scratch(name);
	struct program *dd;

	if (program__run(&dd,
			 WORDS("dd", "if=/dev/zero", live__text("of=%s", path), "bs=1M",
			       live__text("count=%u", mib), "conv=fsync"),
			 LIVE_TIMEOUT_MS) != 0)
		live__fail("dd: %s", program__errors(dd));
	return path;
}

uint64_t real__woken_by_kernel(struct json_object *wait)
{
	return waker_count(wait, "hardirq", 0) + waker_count(wait, "softirq", 0) +
	       waker_count(wait, "kernel", 0);
}

int64_t real__number_before(const char *output, const char *text)
{
	const char *end = strstr(output, text), *start = end;

	while (start > output && isdigit(start[-1]))
		start--;
	if (!end || start == end)
		live__fail("no number before '%s' in: %s", text, output);
	return strtoll(start, NULL, 10);
}

bool real__object_is(struct json_object *wait, const char *beginning)
{
	const char *object = json__string(wait, "object");

	return object && strncmp(object, beginning, strlen(beginning)) == 0;
}
