# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What a process holds in the kernel (BPF programs, maps, links; perf events) and what it used.

From /proc/PID/fd and fdinfo, so by process and without a guess; bpftool adds names and figures.
"""

import glob
import json
import os
import re
import shutil
import subprocess

# Links of these types sit on the paths that are measured; those of networks and cgroups do not.
TRACING_LINKS = {"raw_tracepoint", "tracing", "perf_event", "kprobe_multi", "uprobe_multi"}


def find_tool(name):
    """Path of an executable; also looks where a PATH without sbin does not. None if not there."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin:/usr/local/sbin")


def bpftool(*arguments):
    """The answer of bpftool as JSON; a list for all `show` commands.

    Asked again if it fails: it does when an object goes away while it walks the list.
    """
    for attempt in range(5):
        result = subprocess.run([find_tool("bpftool"), "-j", *arguments], text=True,
                                check=attempt == 4, stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL)
        if result.returncode == 0:
            break
    return json.loads(result.stdout or "[]") or []


def descriptors(pid):
    """(target, fdinfo) of each anonymous descriptor of a process; none if it has ended."""
    for path in glob.glob(f"/proc/{pid}/fd/*"):
        try:
            target = os.readlink(path)
            if not target.startswith("anon_inode:"):
                continue
            with open(path.replace("/fd/", "/fdinfo/"), encoding="ascii") as info:
                yield target, info.read()
        except OSError:
            continue  # closed meanwhile


def ids(pid, kind):
    """The ids of the BPF objects of a kind ("prog", "map", "link") that a process holds."""
    # A link names its program as well, so "prog" is asked of programs only.
    return {int(match[1]) for target, info in descriptors(pid)
            if kind in target and (match := re.search(rf"^{kind}_id:\s*(\d+)", info, re.M))}


def hooks(pid):
    """How many hooks a process holds: BPF links and perf events."""
    return sum(1 for target, _ in descriptors(pid) if "link" in target or "perf_event" in target)


def tracing_links():
    """All links of the machine that are on tracing hooks: id -> "type hook" (for messages)."""
    return {link["id"]: link.get("tp_name") or link["type"]
            for link in bpftool("link", "show") if link["type"] in TRACING_LINKS}


def owners(link_ids):
    """The processes that hold any of these links: "command (pid N)", for messages."""
    found = []
    for path in glob.glob("/proc/[0-9]*"):
        pid = int(os.path.basename(path))
        if ids(pid, "link") & link_ids:
            found.append(f"{read(f'{path}/comm').strip()} (pid {pid})")
    return found


def read(path):
    """A file of /proc; empty if the process has ended."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def statistics_on():
    """Whether someone keeps the kernel's run-time statistics of BPF programs on by the sysctl."""
    return read("/proc/sys/kernel/bpf_stats_enabled").strip() == "1"


def cpu_ns(pid):
    """CPU time of the live threads of a process, ns: the scheduler's exact sum, not ticks."""
    texts = [read(path) for path in glob.glob(f"/proc/{pid}/task/*/schedstat")]
    return sum(int(text.split()[0]) for text in texts if text)


def peak_rss(pid):
    """The largest resident set so far, bytes. 0 if the process has ended."""
    match = re.search(r"^VmHWM:\s*(\d+) kB", read(f"/proc/{pid}/status"), re.M)
    return int(match[1]) * 1024 if match else 0


def program_runs(pid):
    """Each program of a process: id -> (name, run_time_ns, run_cnt). Needs the statistics on."""
    wanted = ids(pid, "prog")
    return {program["id"]: (program.get("name", str(program["id"])),
                            program.get("run_time_ns", 0), program.get("run_cnt", 0))
            for program in bpftool("prog", "show") if program["id"] in wanted}


def map_bytes(pid):
    """Kernel memory of each map of a process, bytes by map name (names may repeat: summed)."""
    wanted = ids(pid, "map")
    sizes = {}
    for row in bpftool("map", "show"):
        if row["id"] in wanted:
            name = row.get("name", str(row["id"]))
            sizes[name] = sizes.get(name, 0) + int(row.get("bytes_memlock", 0))
    return sizes
