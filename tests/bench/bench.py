#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What tracing costs: waitscope against no tracer, empty programs and other tracers. See README.md.

Results on stdout, progress and troubles on stderr. Exit status: 0 measured (whether or not a target
is reached), 1 failed, 2 wrong usage.
"""

import argparse
import json
import os
import platform
import random
import signal
import subprocess
import sys
import tempfile

import costs
import kernel_objects
import recordings
import report
from roundtrip import Comparison, PipeBench
from tracers import BY_KEY, TRACERS, Places, TracerFailed, why_missing

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))

# What is measured besides the round trip: name -> (measurement, report, needs waitscope)
COSTS = {
    "programs": (costs.programs, report.programs, False),
    "startup": (costs.startup, report.startup, True),
    "idle": (costs.idle, report.idle, True),
    "memory": (costs.memory, report.memory, True),
    "size": (recordings.size, report.size, True),
    "replay": (recordings.replay, report.replay, True),
}


def positive(text):
    """A whole number above 0, for argparse."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def names(text):
    """Comma-separated names of measurements and tracers, for argparse."""
    chosen = text.split(",")
    known = ["roundtrip", *COSTS, *BY_KEY]
    for name in chosen:
        if name not in known:
            raise argparse.ArgumentTypeError(f"unknown: {name!r}; known: {', '.join(known)}")
    return chosen


def parse_options():
    """The command line."""
    parser = argparse.ArgumentParser(description="What tracing costs. See README.md.",
                                     allow_abbrev=False)
    parser.add_argument("--rounds", type=positive, default=7, help="at least 5 for the record "
                        "(default: %(default)s)")
    parser.add_argument("--loops", type=positive, default=100000,
                        help="round trips per run (default: %(default)s)")
    parser.add_argument("--clock", choices=("cpu", "wall"), default="cpu",
                        help="CPU time of the benchmark, or wall time as perf prints it "
                        "(default: %(default)s)")
    parser.add_argument("--only", type=names, metavar="NAME[,NAME...]",
                        help=f"measurements (roundtrip, {', '.join(COSTS)}) or tracers of the "
                        f"round trip ({', '.join(BY_KEY)})")
    parser.add_argument("--waitscope", metavar="PATH", help="default: build/waitscope",
                        default=os.path.join(ROOT, "build", "waitscope"))
    parser.add_argument("--seed", type=int, help="of the order within rounds (default: random)")
    parser.add_argument("--json", action="store_true", help="all figures of all runs as JSON")
    return parser.parse_args()


def chosen_tracers(only):
    """The tracers to compare; none if the round trip was not asked for."""
    if not only or "roundtrip" in only:
        return list(TRACERS)
    return [tracer for tracer in TRACERS if tracer.key in only]


def build_floor():
    """Builds the loader of the empty programs; its path."""
    out = os.path.join(ROOT, "build", "bench")
    subprocess.run(["make", "--silent", "-C", HERE, f"OUT={out}"], check=True, stdout=sys.stderr)
    return os.path.join(out, "floor")


def places(options, floor, scratch, cpu):
    """Where things are on this machine."""
    others = sorted(os.sched_getaffinity(0) - {cpu})
    return Places(waitscope=os.path.abspath(options.waitscope), floor=floor, scratch=scratch,
                  tracefs_mounted=os.path.isdir("/sys/kernel/tracing/events"),
                  other_cpus=",".join(map(str, others)))


def machine():
    """What the figures belong to."""
    model = next((line.split(":", 1)[1].strip()
                  for line in kernel_objects.read("/proc/cpuinfo").splitlines()
                  if line.startswith("model name")), platform.machine())
    return {"kernel": platform.release(), "cpu": model, "cpus": os.cpu_count(),
            "load": os.getloadavg()[0]}


def compare(options, tracers, bench, where):
    """The comparison of round trips: (for JSON, lines for people)."""
    missing = {tracer.key: reason for tracer in tracers if (reason := why_missing(tracer, where))}
    present = [tracer for tracer in tracers if tracer.key not in missing]
    for key, reason in missing.items():
        print(f"bench: {BY_KEY[key].title}: skipped: {reason}", file=sys.stderr)
    if not where.tracefs_mounted and any(tracer.tracefs for tracer in present):
        print("bench: tracefs is not mounted; tracers that need it get it in a mount namespace of "
              "their own, which ends with them", file=sys.stderr)
    comparison = Comparison(bench, present, where)
    comparison.rounds(options.rounds, options.seed)
    return {**comparison.result(), "skipped": missing}, report.round_trips(comparison, missing)


def measure_cost(name, context):
    """One of COSTS: (for JSON, lines for people)."""
    measurement, lines, needs_waitscope = COSTS[name]
    reason = why_missing(BY_KEY["full"], context.places)
    if needs_waitscope and reason:
        return {"skipped": reason}, [f"{name}: skipped: {reason}"]
    print(f"bench: {name}", file=sys.stderr)
    try:
        result = measurement(context)
    except TracerFailed as failure:
        return {"failure": str(failure)}, [f"{name}: failed: {failure}"]
    return result, lines(result) if result else [f"{name}: nothing could be measured"]


def measure(options, scratch):
    """Everything that was asked for: (for JSON, blocks of lines for people)."""
    cpu = max(os.sched_getaffinity(0))
    where = places(options, build_floor(), scratch, cpu)
    bench = PipeBench(cpu, options.loops, options.clock)
    about = machine()
    result = {"machine": about, "seed": options.seed}
    blocks = [["{cpu}, {cpus} CPUs, Linux {kernel}, load {load:.1f}".format(**about)]]
    tracers = chosen_tracers(options.only)
    if tracers:
        result["roundtrip"], lines = compare(options, tracers, bench, where)
        blocks.append(lines)
    context = costs.Context(where, bench)
    for name in COSTS:
        if not options.only or name in options.only:
            result[name], lines = measure_cost(name, context)
            blocks.append(lines)
    return result, blocks


def requirements():
    """What is missing altogether; "" if nothing."""
    if os.geteuid():
        return "it has to run as root"
    absent = [tool for tool in ("perf", "bpftool", "make", "taskset", "unshare", "setpriv")
              if not kernel_objects.find_tool(tool)]
    return f"not installed: {', '.join(absent)}" if absent else ""


def main():
    """See the head of this file."""
    options = parse_options()
    if options.seed is None:
        options.seed = random.randrange(2**32)
    if reason := requirements():
        print(f"bench: {reason}", file=sys.stderr)
        return 1
    # As Ctrl-C: what was started is ended in order.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    for warning in report.warnings(kernel_objects.tracing_links(),
                                   kernel_objects.statistics_on()):
        print(f"bench: {warning}", file=sys.stderr)
    try:
        with tempfile.TemporaryDirectory(prefix="waitscope-bench-") as scratch:
            result, blocks = measure(options, scratch)
    except (TracerFailed, subprocess.CalledProcessError) as failure:
        print(f"bench: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("bench: interrupted", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps(result, indent=1))
    else:
        print("\n\n".join("\n".join(block) for block in blocks))
    return 0


if __name__ == "__main__":
    sys.exit(main())
