// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* waitscope doctor: what this machine can trace, and what to do about the rest. */
#define _GNU_SOURCE
#include <argp.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "collect/open_files.h"
#include "collect/preflight.h"
#include "collect/session.h"
#include "collect/uprobes.h"
#include "commands/commands.h"
#include "names/uring_hooks.h"

enum rating { GOOD, LIMITED, MISSING };

struct checkup {
	const char *what;
	enum rating rating;
	char text[200];
};

static void print_checkup(const struct checkup *checkup)
{
	static const char *const words[] = {"ok", "limited", "missing"};

	printf("%-8s %-24s %s\n", words[checkup->rating], checkup->what, checkup->text);
}

static enum rating check(const char *what, bool good, enum rating otherwise, const char *fine,
			 const char *cure)
{
	struct checkup checkup = {.what = what, .rating = good ? GOOD : otherwise};

	snprintf(checkup.text, sizeof(checkup.text), "%s", good ? fine : cure);
	print_checkup(&checkup);
	return checkup.rating;
}

static enum rating check_rights(const struct preflight *preflight)
{
	char text[200];

	if (preflight__has_rights(preflight))
		return check("rights", true, MISSING,
			     preflight->cap_sys_admin ? "CAP_SYS_ADMIN" : "CAP_BPF and CAP_PERFMON",
			     "");
	snprintf(text, sizeof(text),
		 "has %s; tracing needs CAP_BPF and CAP_PERFMON: run it with sudo",
		 preflight->cap_bpf	  ? "only CAP_BPF"
		 : preflight->cap_perfmon ? "only CAP_PERFMON"
					  : "neither CAP_BPF nor CAP_PERFMON");
	return check("rights", false, MISSING, "", text);
}

static enum rating check_memory(const struct preflight *preflight)
{
	char text[200];

	if (preflight->memlock == RLIM_INFINITY)
		return check("locked memory", true, LIMITED, "unlimited", "");
	snprintf(text, sizeof(text),
		 "limit of %llu KiB; counts before Linux 5.11 only: there, ulimit -l unlimited",
		 (unsigned long long)preflight->memlock / 1024);
	return check("locked memory", true, LIMITED, text, "");
}

static enum rating worse(enum rating a, enum rating b)
{
	return a > b ? a : b;
}

static enum rating check_hooks(const struct preflight *preflight)
{
	static const char absent[] = "not in this kernel's BTF (CONFIG_TRACEPOINTS): no tracing";
	static const char no_calls[] =
		"not in this kernel's BTF (CONFIG_FTRACE_SYSCALLS): use --tier waits";
	enum rating worst = GOOD;

	worst = worse(worst, check("hook sched_switch", preflight->hook_switch, MISSING,
				   preflight->prev_state ? "with prev_state (5.18)"
							 : "without prev_state: read from the task",
				   absent));
	worst = worse(worst, check("hook sched_waking", preflight->hook_waking, MISSING,
				   "who ends a wait", absent));
	worst = worse(worst, check("hook sched_wakeup_new", preflight->hook_wakeup_new, MISSING,
				   "new threads", absent));
	worst = worse(worst, check("hook sched_process_exec", preflight->hook_exec, MISSING,
				   "commands from their exec on", absent));
	worst = worse(worst, check("hook sched_process_exit", preflight->hook_exit, MISSING,
				   "threads that end", absent));
	worst = worse(worst, check("hook sys_enter", preflight->hook_sys_enter, LIMITED,
				   "syscalls (full tier)", no_calls));
	worst = worse(worst, check("hook sys_exit", preflight->hook_sys_exit, LIMITED,
				   "syscalls (full tier)", no_calls));
	worst = worse(worst, check("hook cgroup_attach_task", preflight->hook_cgroup, LIMITED,
				   "processes moved into a traced cgroup",
				   "absent: --cgroup misses processes moved in later"));
	worst = worse(worst, check("hook task_rename", preflight->hook_rename, LIMITED,
				   "names that threads take, in trace",
				   "absent: trace shows the name that a thread began with"));
	return worst;
}

/* Hooks of io_uring that are there in a form that is known. */
static enum rating check_uring(const struct preflight *preflight)
{
	const struct uring_hooks *hooks = &preflight->uring;
	enum rating worst;

	worst = check("io_uring requests", uring_hooks__can_follow(hooks), LIMITED,
		      preflight->uring_old_submit ? "io_uring_submit_sqe, io_uring_complete"
						  : "io_uring_submit_req, io_uring_complete",
		      "no tracepoints in a known form (CONFIG_IO_URING): not followed");
	if (worst != GOOD)
		return worst;
	worst = check("io_uring pairing", hooks->complete.request, LIMITED,
		      "completions name their request",
		      "by user_data (before 5.18): where that is not unique, no latency");
	worst = worse(worst, check("io_uring punted", hooks->work, LIMITED,
				   "io_uring_queue_async_work", "not known"));
	worst = worse(worst, check("io_uring polled", hooks->poll, LIMITED, "io_uring_poll_arm",
				   "not known"));
	worst = worse(worst, check("io_uring by device", preflight->hook_bio, LIMITED,
				   "block_bio_queue", "not known"));
	worst = worse(worst, check("io_uring refused", hooks->failed, LIMITED,
				   "io_uring_req_failed", "their completions are censored"));
	return worse(worst, check("io_uring overflow", hooks->overflow, LIMITED,
				  "io_uring_cqe_overflow", "such completions are unseen"));
}

/* What else is followed of requests. */
static enum rating check_requests(const struct preflight *preflight)
{
	static const char *const methods[] = {
		[UPROBES_EACH] = "uprobes by perf's uprobe PMU",
		[UPROBES_TOGETHER] = "uprobes, one link for all of a file (6.6)",
	};
	enum uprobes_method method = uprobes__method(preflight);
	enum rating worst;

	worst = check("POSIX AIO", method != UPROBES_NONE, LIMITED,
		      method != UPROBES_NONE ? methods[method] : "",
		      preflight->attach_cookie
			      ? "no uprobes (CONFIG_UPROBE_EVENTS): requests are not seen"
			      : "no attach cookies (5.15): requests are not seen");
	worst = worse(worst, check("block requests", preflight->hook_block, LIMITED,
				   "block_rq_insert, block_rq_issue, block_rq_complete",
				   "no tracepoints in a known form: not followed"));
	if (preflight->hook_block && !preflight__knows_context(preflight))
		worst = worse(worst, check("block requests' owners", false, LIMITED, "",
					   "interrupts cannot be told from threads: none has one"));
	else if (preflight->hook_block)
		check("block requests' owners", true, LIMITED,
		      preflight->hook_io_start ? "block_io_start (6.5): who made them"
					       : "by who inserts them; flushes have none",
		      "");
	return worst;
}

static enum rating check_features(const struct preflight *preflight)
{
	enum rating worst = GOOD;

	worst = worse(worst, check("task iterator", preflight->task_iterator, MISSING,
				   "waits already open at the start are seen",
				   "absent (Linux 5.8): no census, no tracing"));
	worst = worse(worst, check("mappable arrays", preflight->mmapable, MISSING,
				   "totals are read in place",
				   "refused (Linux 5.5, and rights): no tracing"));
	worst = worse(worst, check("typed kernel pointers", preflight->rdonly_cast, LIMITED,
				   "bpf_rdonly_cast: objects are recognised cheaply",
				   "no bpf_rdonly_cast (6.2): some 20 ns more a wait"));
	worst = worse(worst,
		      check("interrupt context", preflight__knows_context(preflight), LIMITED,
			    "interrupts, timers and threads are told apart as wakers",
			    "cannot be read (BTF of per-CPU variables, FAIR_GROUP_SCHED): wakers "
			    "are 'unknown'"));
	worst = worse(worst,
		      check("timers",
			    preflight->hrtimer_bases.present && preflight->timer_bases.present,
			    LIMITED, "timeouts are told from other interrupts",
			    "their bases are not in BTF: timeouts count as interrupts"));
	worst = worse(worst, check_uring(preflight));
	worst = worse(worst, check("Linux AIO requests", preflight->loop, LIMITED,
				   "followed from io_submit to io_getevents",
				   "no bpf_loop (5.17): not followed"));
	worst = worse(worst, check("kernel's own books", preflight->schedstat, LIMITED,
				   "schedstat: the audit compares run-queue delay",
				   "no /proc/PID/schedstat (CONFIG_SCHED_INFO): delay is not "
				   "audited"));
	return worst;
}

/* The proof: loads and attaches everything, for a target that no process matches. */
static enum rating try_tier(const struct preflight *preflight, enum tier tier)
{
	struct target nobody = {.kind = TARGET_NAME, .text = "\x01"};
	struct session_options options = {.tier = tier, .target = &nobody, .map_entries = 16};
	const char *what = tier == TIER_FULL ? "trial: tier full" : "trial: tier waits";
	struct session *session = NULL;
	struct open_files open_files;
	struct timespec begin, end;
	char message[200] = "", text[200];
	int err;

	open_files__raise(&open_files);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	err = session__new(&session, &options, preflight, message, sizeof(message));
	if (!err)
		err = session__attach(session, 0, message, sizeof(message));
	clock_gettime(CLOCK_MONOTONIC, &end);
	session__free(session);
	open_files__put_back(&open_files);
	snprintf(text, sizeof(text), "loaded and attached in %lld ms",
		 (long long)(end.tv_sec - begin.tv_sec) * 1000 +
			 (end.tv_nsec - begin.tv_nsec) / 1000000);
	return check(what, !err, MISSING, text, message);
}

static enum rating examine(const struct preflight *preflight)
{
	const char *obstacle = preflight__obstacle(preflight, false);
	enum rating worst = check_rights(preflight);

	check("kernel", strcmp(preflight->machine, "x86_64") == 0, MISSING, preflight->kernel,
	      "not x86-64, the only architecture so far");
	worst = worse(worst, check("BTF", preflight->btf, MISSING, "/sys/kernel/btf/vmlinux",
				   "no /sys/kernel/btf/vmlinux: needs CONFIG_DEBUG_INFO_BTF"));
	check_memory(preflight);
	check("tracefs", true, LIMITED,
	      preflight->tracefs ? "mounted; not needed" : "not mounted; not needed", "");
	if (preflight->btf) {
		worst = worse(worst, check_hooks(preflight));
		worst = worse(worst, check_features(preflight));
		worst = worse(worst, check_requests(preflight));
	}
	if (!obstacle) {
		worst = worse(worst, try_tier(preflight, TIER_WAITS));
		if (!preflight__obstacle(preflight, true))
			worst = worse(worst, try_tier(preflight, TIER_FULL));
	}
	return worst;
}

static const char documentation[] =
	"What this machine can and cannot trace, and what to do about it."
	"\v"
	"Examples:\n"
	"  waitscope doctor         what this user can do here\n"
	"  sudo waitscope doctor    the same as root, with a trial of both tiers\n"
	"\n"
	"Each line is ok, limited (with what is lost) or missing (with what it takes). Exit status: 0 "
	"if processes can be traced, 1 if not, 2 wrong usage.";

int command_doctor(int argc, char **argv)
{
	const struct argp verb = {.doc = documentation};
	struct preflight preflight;
	enum rating worst;

	argp_err_exit_status = EXIT_USAGE;
	if (argp_parse(&verb, argc, argv, 0, NULL, NULL))
		return EXIT_USAGE;
	preflight__look(&preflight);
	worst = examine(&preflight);
	printf("\n%s\n", worst == GOOD	    ? "Everything can be traced."
			 : worst == LIMITED ? "Tracing works, with the limits above."
					    : "Tracing does not work; see 'missing' above.");
	return worst == MISSING ? EXIT_FAILED : EXIT_DONE;
}
