// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#define _GNU_SOURCE
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "collect/preflight.h"
#include "names/uring_hooks.h"

static bool has_capability(const struct __user_cap_data_struct *data, int capability)
{
	return data[capability / 32].effective & (1U << (capability % 32));
}

static void look_at_rights(struct preflight *preflight)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {};

	if (syscall(SYS_capget, &header, data))
		return;
	preflight->cap_bpf = has_capability(data, CAP_BPF);
	preflight->cap_perfmon = has_capability(data, CAP_PERFMON);
	preflight->cap_sys_admin = has_capability(data, CAP_SYS_ADMIN);
}

/* Every tracepoint has a typedef of a function pointer, btf_trace_NAME. */
static const struct btf_type *find_hook(const struct btf *btf, const char *name)
{
	char type_name[96];
	const struct btf_type *type;
	int id;

	snprintf(type_name, sizeof(type_name), "btf_trace_%s", name);
	id = btf__find_by_name_kind(btf, type_name, BTF_KIND_TYPEDEF);
	if (id < 0)
		return NULL;
	type = btf__type_by_id(btf, id);
	type = btf__type_by_id(btf, type->type); /* the pointer */
	return type ? btf__type_by_id(btf, type->type) : NULL;
}

/* One letter for each argument of a hook, behind the context pointer that all have. */
static bool read_signature(const struct btf *btf, const struct btf_type *hook,
			   char signature[URING_SIGNATURE])
{
	const struct btf_param *arguments = btf_params(hook);
	int count = btf_vlen(hook) - 1;

	if (count < 0 || count >= URING_SIGNATURE)
		return false;
	for (int i = 0; i < count; i++) {
		int id = btf__resolve_type(btf, arguments[i + 1].type);
		const struct btf_type *type = id < 0 ? NULL : btf__type_by_id(btf, id);

		if (!type)
			return false;
		signature[i] = btf_is_ptr(type) ? 'p' : (char)('0' + type->size % 10);
	}
	signature[count] = '\0';
	return true;
}

/* Bit numbers of flags that mark a request with many completions, wherever they are (5.19). */
static const struct btf_type *find_request_flags(const struct btf *btf)
{
	int count = (int)btf__type_cnt(btf);

	for (int id = 1; id < count; id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);

		if (!btf_is_enum(type) || btf_vlen(type) < 8)
			continue;
		if (!strcmp(btf__name_by_offset(btf, btf_enum(type)->name_off),
			    "REQ_F_FIXED_FILE_BIT"))
			return type;
	}
	return NULL;
}

static uint64_t many_flags(const struct btf *btf)
{
	const struct btf_type *type = find_request_flags(btf);
	uint64_t flags = 0;

	for (int i = 0; type && i < btf_vlen(type); i++) {
		const struct btf_enum *value = &btf_enum(type)[i];
		const char *name = btf__name_by_offset(btf, value->name_off);

		if (!strcmp(name, "REQ_F_APOLL_MULTISHOT_BIT") ||
		    !strcmp(name, "REQ_F_MULTISHOT_BIT"))
			flags |= 1ULL << (value->val & 63);
	}
	return flags;
}

static void look_at_uring(const struct btf *btf, struct preflight *preflight)
{
	struct uring_hooks *hooks = &preflight->uring;
	char signature[URING_SIGNATURE];
	const char *name;

	for (size_t i = 0; (name = uring_hooks__name(i)); i++) {
		const struct btf_type *hook = find_hook(btf, name);

		if (!hook || !read_signature(btf, hook, signature))
			continue;
		if (uring_hooks__learn(hooks, name, signature) &&
		    !strcmp(name, "io_uring_submit_sqe"))
			preflight->uring_old_submit = true;
	}
	if (uring_hooks__can_follow(hooks))
		hooks->many_flags = many_flags(btf);
}

static bool has_helper(const struct btf *btf, const char *name)
{
	int id = btf__find_by_name_kind(btf, "bpf_func_id", BTF_KIND_ENUM);
	const struct btf_type *type = id < 0 ? NULL : btf__type_by_id(btf, id);

	for (int i = 0; type && i < btf_vlen(type); i++)
		if (!strcmp(btf__name_by_offset(btf, btf_enum(type)[i].name_off), name))
			return true;
	return false;
}

/* With that many arguments, a context pointer aside. */
static bool has_hook(const struct btf *btf, const char *name, int arguments)
{
	const struct btf_type *hook = find_hook(btf, name);

	return hook && btf_vlen(hook) == arguments + 1;
}

/* Before 5.11 most of these had the queue as an argument more. */
static bool has_block_hooks(const struct btf *btf)
{
	return has_hook(btf, "block_rq_insert", 1) && has_hook(btf, "block_rq_issue", 1) &&
	       has_hook(btf, "block_rq_complete", 3) && has_hook(btf, "block_rq_requeue", 1) &&
	       has_hook(btf, "block_rq_merge", 1);
}

static bool has_function(const struct btf *btf, const char *name)
{
	return btf__find_by_name_kind(btf, name, BTF_KIND_FUNC) > 0;
}

/* Byte offset of a member, or -1. */
static long member_offset(const struct btf *btf, const char *structure, const char *member)
{
	int id = btf__find_by_name_kind(btf, structure, BTF_KIND_STRUCT);
	const struct btf_type *type;
	const struct btf_member *members;

	if (id < 0)
		return -1;
	type = btf__type_by_id(btf, id);
	members = btf_members(type);
	for (int i = 0; i < btf_vlen(type); i++)
		if (!strcmp(btf__name_by_offset(btf, members[i].name_off), member))
			return btf_member_bit_offset(type, i) / 8;
	return -1;
}

static const struct btf_type *percpu_section(const struct btf *btf)
{
	int id = btf__find_by_name_kind(btf, ".data..percpu", BTF_KIND_DATASEC);

	return id < 0 ? NULL : btf__type_by_id(btf, id);
}

/* BTF lists every per-CPU variable with its offset (pahole 1.18). Returns its type, or NULL. */
static const struct btf_type *find_percpu(const struct btf *btf, const char *name,
					  struct percpu_variable *variable)
{
	const struct btf_type *section = percpu_section(btf), *type;
	const struct btf_var_secinfo *entries;

	if (!section)
		return NULL;
	entries = btf_var_secinfos(section);
	for (int i = 0; i < btf_vlen(section); i++) {
		type = btf__type_by_id(btf, entries[i].type);
		if (strcmp(btf__name_by_offset(btf, type->name_off), name) != 0)
			continue;
		variable->present = true;
		variable->offset = entries[i].offset;
		return btf__type_by_id(btf, type->type);
	}
	return NULL;
}

static void look_at_percpu(const struct btf *btf, struct preflight *preflight)
{
	const struct btf_type *type;
	long within;

	find_percpu(btf, "runqueues", &preflight->runqueues);
	find_percpu(btf, "hrtimer_bases", &preflight->hrtimer_bases);
	type = find_percpu(btf, "timer_bases", &preflight->timer_bases);
	preflight->timer_base_count = type && btf_is_array(type) ? btf_array(type)->nelems : 1;
	if (find_percpu(btf, "__preempt_count", &preflight->preempt_count))
		return;
	/* 6.2 to 6.14 */
	within = member_offset(btf, "pcpu_hot", "preempt_count");
	if (within < 0) { /* it is in an anonymous struct there, after the current task */
		within = 8;
	}
	if (find_percpu(btf, "pcpu_hot", &preflight->preempt_count))
		preflight->preempt_count.offset += within;
}

static void look_at_btf(const struct btf *btf, struct preflight *preflight)
{
	const struct btf_type *hook = find_hook(btf, "sched_switch");

	preflight->hook_switch = hook != NULL;
	/* a context pointer, preempt, prev, next, prev_state */
	preflight->prev_state = hook && btf_vlen(hook) >= 5;
	preflight->hook_waking = find_hook(btf, "sched_waking") != NULL;
	preflight->hook_wakeup_new = find_hook(btf, "sched_wakeup_new") != NULL;
	preflight->hook_exec = find_hook(btf, "sched_process_exec") != NULL;
	preflight->hook_exit = find_hook(btf, "sched_process_exit") != NULL;
	preflight->hook_sys_enter = find_hook(btf, "sys_enter") != NULL;
	preflight->hook_sys_exit = find_hook(btf, "sys_exit") != NULL;
	preflight->hook_rename = find_hook(btf, "task_rename") != NULL;
	preflight->hook_cgroup = find_hook(btf, "cgroup_attach_task") != NULL;
	preflight->hook_block = has_block_hooks(btf);
	preflight->hook_io_start = has_hook(btf, "block_io_start", 1);
	preflight->uprobe_multi =
		btf__find_by_name_kind(btf, "bpf_uprobe_multi_link", BTF_KIND_STRUCT) > 0;
	preflight->attach_cookie = has_helper(btf, "BPF_FUNC_get_attach_cookie");
	preflight->task_iterator = has_function(btf, "bpf_iter_task");
	preflight->rdonly_cast = has_function(btf, "bpf_rdonly_cast");
	preflight->loop = has_helper(btf, "BPF_FUNC_loop");
	preflight->hook_bio = find_hook(btf, "block_bio_queue") != NULL;
	look_at_uring(btf, preflight);
	preflight->group_rq = member_offset(btf, "sched_entity", "cfs_rq") >= 0 &&
			      member_offset(btf, "cfs_rq", "rq") >= 0;
	look_at_percpu(btf, preflight);
}

static void look_around(struct preflight *preflight)
{
	struct utsname name;
	struct rlimit limit;

	if (!uname(&name)) {
		snprintf(preflight->kernel, sizeof(preflight->kernel), "%s", name.release);
		snprintf(preflight->machine, sizeof(preflight->machine), "%s", name.machine);
	}
	if (!getrlimit(RLIMIT_MEMLOCK, &limit))
		preflight->memlock = limit.rlim_cur;
	preflight->tracefs = access("/sys/kernel/tracing/events", F_OK) == 0 ||
			     access("/sys/kernel/debug/tracing/events", F_OK) == 0;
	preflight->uprobe_pmu = access("/sys/bus/event_source/devices/uprobe/type", R_OK) == 0;
	preflight->schedstat = access("/proc/self/schedstat", R_OK) == 0;
}

static void try_mmapable(struct preflight *preflight)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "probe", 4, 8, 1, &options);

	preflight->mmapable = fd >= 0;
	if (fd >= 0)
		close(fd);
}

int preflight__look(struct preflight *preflight)
{
	struct btf *btf;

	memset(preflight, 0, sizeof(*preflight));
	look_around(preflight);
	look_at_rights(preflight);
	btf = btf__load_vmlinux_btf();
	if (btf) {
		preflight->btf = true;
		look_at_btf(btf, preflight);
		btf__free(btf);
	}
	if (preflight__has_rights(preflight))
		try_mmapable(preflight);
	return 0;
}

bool preflight__has_rights(const struct preflight *preflight)
{
	return preflight->cap_sys_admin || (preflight->cap_bpf && preflight->cap_perfmon);
}

bool preflight__knows_context(const struct preflight *preflight)
{
	return preflight->runqueues.present && preflight->preempt_count.present &&
	       preflight->group_rq;
}

const char *preflight__obstacle(const struct preflight *preflight, bool full)
{
	if (strcmp(preflight->machine, "x86_64") != 0)
		return "this machine is not x86-64, the only architecture that waitscope knows so far";
	if (!preflight__has_rights(preflight))
		return "tracing needs root, or the capabilities CAP_BPF and CAP_PERFMON: run it with "
		       "sudo";
	if (!preflight->btf)
		return "this kernel has no type information (/sys/kernel/btf/vmlinux): it needs "
		       "CONFIG_DEBUG_INFO_BTF, which distribution kernels have since about 5.10";
	if (!preflight->hook_switch || !preflight->hook_waking || !preflight->hook_wakeup_new ||
	    !preflight->hook_exec || !preflight->hook_exit)
		return "this kernel lacks scheduler tracepoints (CONFIG_TRACEPOINTS): nothing can be "
		       "traced";
	if (!preflight->task_iterator)
		return "this kernel has no BPF task iterator (5.8)";
	if (!preflight->mmapable)
		return "this kernel has no BPF array maps that user space can map (5.5)";
	if (full && (!preflight->hook_sys_enter || !preflight->hook_sys_exit))
		return "this kernel has no syscall tracepoints (CONFIG_FTRACE_SYSCALLS): use --tier "
		       "waits";
	return NULL;
}
