# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What recordings take: bytes of the file, against perf's; time and memory to report them."""

import json
import os
import re
import statistics
import subprocess
import time

import kernel_objects
from tracers import Running, TracerFailed, command_line, running

SIZE_TARGET = 0.25              # of perf's bytes per switch
SIZE_TRIES = 3
SWITCHES_LEAST = 1.9            # of the 2 in a round trip
REPORT_LOOPS = (170_000, 1_700_000)     # a round trip makes 6 to 8 events
REPORT_EVENTS = 10_000_000      # that the last of these has at least
REPORT_TARGET_SECONDS = 3.0
REPORT_RUNS = 3
RECORD_SECONDS, REPORT_SECONDS = 300, 60    # bounds


def ended(words, seconds):
    """A program that has run; raises TracerFailed if it takes longer."""
    try:
        return subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=seconds, check=False)
    except subprocess.TimeoutExpired as late:
        raise TracerFailed(f"{' '.join(words[:2])} took more than {seconds} s") from late


def output_of(words):
    """What a program prints; raises TracerFailed if it fails."""
    done = ended(words, REPORT_SECONDS)
    if done.returncode:
        raise TracerFailed(f"{' '.join(words[:2])} ended with status {done.returncode}: "
                           f"{done.stderr.strip()}")
    return done.stdout


def switches_in_recording(context, path):
    """How often the threads in a recording left a CPU."""
    profile = json.loads(output_of([context.places.waitscope, "report", "--json", path]))
    return sum(process["cost"]["voluntary_switches"] + process["cost"]["involuntary_switches"]
               for process in profile["processes"])


def switches_in_perf_data(_, path):
    """The switches in a file of perf, those of the idle tasks among them."""
    stats = output_of(["perf", "report", "-i", path, "--stats"])
    match = re.search(r"sched:sched_switch stats:\s+SAMPLE events:\s+(\d+)", stats)
    return int(match[1]) if match else 0


# The files that are compared: of which tracer, where it writes, and what is in it.
FILES = {"record": ("run.rec", switches_in_recording),
         "perf-sched": ("perf.data", switches_in_perf_data)}


def size(context):
    """Bytes of each file for a context switch that is in it, of the whole system under the
    benchmark."""
    result = context.each(FILES, size_of)
    if len(result) == len(FILES):
        result["ratio"] = (result["record"]["bytes_per_switch"] /
                           result["perf-sched"]["bytes_per_switch"])
        result["target"] = SIZE_TARGET
    return result


def size_of(context, tracer):
    """See size(). A file without the benchmark's switches is of a tracer that began too late, or
    lost them: once more."""
    name, switches_in = FILES[tracer.key]
    path = os.path.join(context.places.scratch, name)
    for _ in range(SIZE_TRIES):
        words = command_line(tracer, context.places)
        with running(words, context.places.scratch, tracer.says_attached) as process:
            context.bench.run()
            process.must_be_running()
        length, count = os.path.getsize(path), switches_in(context, path)
        os.unlink(path)
        if count >= SWITCHES_LEAST * context.bench.loops:
            return {"bytes": length, "switches": count, "bytes_per_switch": length / count}
    raise TracerFailed(f"only {count} switches of {context.bench.loops} round trips are in {name}")


def replay(context):
    """Recordings of the benchmark, and what it takes to report them."""
    return {"target_seconds": REPORT_TARGET_SECONDS, "target_events": REPORT_EVENTS,
            "recordings": [replay_of(context, loops) for loops in REPORT_LOOPS]}


def replay_of(context, loops):
    """{events, bytes, report and json: {seconds, peak_rss}} of a recording of so many loops."""
    path = os.path.join(context.places.scratch, "replay.rec")
    result = {"loops": loops, "events": record(context, loops, path),
              "bytes": os.path.getsize(path)}
    if loops == max(REPORT_LOOPS) and result["events"] < REPORT_EVENTS:
        raise TracerFailed(f"only {result['events']} events were recorded")
    for name, options in (("report", []), ("json", ["--json"])):
        words = [context.places.waitscope, "report", *options, path]
        result[name] = of_runs([report(context, words) for _ in range(REPORT_RUNS)])
    os.unlink(path)
    return result


def record(context, loops, path):
    """Records so many round trips; the number of events."""
    words = [context.places.waitscope, "record", "-o", path, "--",
             "perf", "bench", "sched", "pipe", "-l", str(loops)]
    done = ended(words, RECORD_SECONDS)
    match = re.search(r"([\d,]+) events in", done.stdout)
    if done.returncode or not match:
        raise TracerFailed(f"record ended with status {done.returncode}: {done.stderr.strip()}")
    return int(match[1].replace(",", ""))


def report(context, words):
    """(seconds, peak resident set) of one run. The peak is sampled, see costs.memory_of(): the last
    one counts, for the first may be of what the child was before exec."""
    peak = 0

    def sample():
        nonlocal peak
        peak = kernel_objects.peak_rss(process.pid) or peak

    process = Running(words, context.places.scratch)
    if not process.wait(REPORT_SECONDS, sample):
        process.stop()
        raise TracerFailed(f"report did not end within {REPORT_SECONDS} s")
    seconds = time.monotonic() - process.started
    if process.process.returncode:
        raise TracerFailed(f"report ended with status {process.process.returncode}: "
                           f"{process.last_words()}")
    return seconds, peak


def of_runs(runs):
    """The median time, and the largest memory, of some runs of one thing."""
    return {"seconds": statistics.median(seconds for seconds, _ in runs),
            "peak_rss": max(peak for _, peak in runs)}
