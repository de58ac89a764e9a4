# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What else waitscope costs: time per program, start-up, CPU on an idle target, memory."""

import subprocess
import sys
import time
from dataclasses import dataclass

import kernel_objects
from roundtrip import PipeBench
from tracers import BY_KEY, Places, TracerFailed, command_line, running, why_missing

STARTUP_RUNS = 5
STARTUP_TARGET_MS = 300
IDLE_SECONDS = 5
IDLE_TARGET_PERCENT = 1.0
# The empty programs tell what the measurement itself is; the reference is for comparison.
PROGRAM_ROWS = ("floor4", "waits", "full", "hist-runqueue", "hist-syscall", "runqlat")
HISTOGRAM_TARGET_NS = 40


@dataclass(frozen=True)
class Context:
    """What the measurements need."""
    places: Places
    bench: PipeBench

    def each(self, keys, measure):
        """measure(context, tracer) of each tracer that is there: key -> result. Failures are said
        on stderr and left out."""
        result = {}
        for tracer in (BY_KEY[key] for key in keys):
            if why_missing(tracer, self.places):
                continue
            try:
                result[tracer.key] = measure(self, tracer)
            except TracerFailed as failure:
                print(f"bench: {tracer.title}: {failure}", file=sys.stderr)
        return result


def programs(context):
    """Nanoseconds per run of each program under the benchmark, and its runs per round trip."""
    with running([context.places.floor, "stats"], context.places.scratch, True):
        return context.each(PROGRAM_ROWS, program_times)


def program_times(context, tracer):
    """[{name, ns_per_run, runs_per_round_trip}] of one tracer."""
    words = command_line(tracer, context.places)
    with running(words, context.places.scratch, tracer.says_attached) as process:
        before = kernel_objects.program_runs(process.pid)
        context.bench.run()
        process.must_be_running()
        after = kernel_objects.program_runs(process.pid)
    rows = []
    for number, (name, nanoseconds, runs) in sorted(after.items()):
        _, earlier_nanoseconds, earlier_runs = before.get(number, (name, 0, 0))
        count = runs - earlier_runs
        rows.append({"name": name, "runs_per_round_trip": count / context.bench.loops,
                     "ns_per_run": (nanoseconds - earlier_nanoseconds) / count if count else None})
    return rows


def startup(context):
    """Milliseconds from the command line to attached, and of a whole `profile -- true`."""
    return {"target_ms": STARTUP_TARGET_MS,
            "attached_ms": {tier: [time_to_attached(context, tier) for _ in range(STARTUP_RUNS)]
                            for tier in ("waits", "full")},
            "whole_ms": [time_of_true(context) for _ in range(STARTUP_RUNS)]}


def time_to_attached(context, tier):
    """ms from exec to the line that says attached; not pinned, as a person starts it."""
    words = [context.places.waitscope, "profile", "-a", "--tier", tier, "-v"]
    with running(words, context.places.scratch, True) as process:
        return (process.attached - process.started) * 1e3


def time_of_true(context):
    """ms of the whole `waitscope profile -- true`."""
    started = time.monotonic()
    words = [context.places.waitscope, "profile", "--", "true"]
    result = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    if result.returncode:
        raise TracerFailed(f"profile -- true ended with status {result.returncode}: "
                           f"{result.stderr.strip()}")
    return (time.monotonic() - started) * 1e3


def idle(context):
    """CPU of waitscope while it traces a process that sleeps: percent of one core.

    From attached to a moment before its end, so without loading and reporting; and all of it, from
    exec to exit, in milliseconds.
    """
    with subprocess.Popen(["sleep", "600"]) as target:
        try:
            return idle_target(context, target.pid)
        finally:
            target.kill()


def idle_target(context, pid):
    """See idle()."""
    words = [context.places.waitscope, "profile", "-p", str(pid), "-d", f"{IDLE_SECONDS}s", "-v"]
    with running(words, context.places.scratch, True) as process:
        begin, began = kernel_objects.cpu_ns(process.pid), time.monotonic()
        time.sleep(IDLE_SECONDS * 0.9)
        used, seconds = kernel_objects.cpu_ns(process.pid) - begin, time.monotonic() - began
        process.must_be_running()
        if not process.wait(IDLE_SECONDS + 30):
            raise TracerFailed("did not end after its -d")
    usage = process.rusage
    return {"target_percent": IDLE_TARGET_PERCENT, "percent": used / 1e7 / seconds,
            "whole_cpu_ms": (usage.ru_utime + usage.ru_stime) * 1e3}


def memory(context):
    """Peak resident set and map memory under the benchmark, per tier, bytes."""
    return context.each(("waits", "full"), memory_of)


def memory_of(context, tracer):
    """See memory().

    The peak is the last sample of VmHWM before the end, 2 ms at most. wait4 would be exact, but its
    figure has in it what the child was before exec: a copy of this interpreter.
    """
    peak = 0

    def sample():
        nonlocal peak
        peak = max(peak, kernel_objects.peak_rss(process.pid))

    words = command_line(tracer, context.places)
    with running(words, context.places.scratch, tracer.says_attached) as process:
        context.bench.run()
        process.must_be_running()
        maps = kernel_objects.map_bytes(process.pid)
        sample()
        process.stop(while_waiting=sample)
    return {"peak_rss": peak, "maps": maps}
