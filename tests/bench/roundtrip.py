# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What each tracer adds to a pipe round trip: runs, rounds, differences."""

import itertools
import os
import random
import re
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass

import kernel_objects
from tracers import TracerFailed, command_line, running

REFERENCE = "runqlat"
# at most so many times what another adds
TARGETS = (("waits", 0.5, REFERENCE), ("full", 1.25, REFERENCE),
           ("hist-runqueue", 1.0, REFERENCE), ("hist-syscall", 1.0, "syscount"),
           ("record", 1.0, "perf-sched"))


@dataclass(frozen=True)
class Run:
    """One run of `perf bench sched pipe`; us per round trip."""
    cpu_us: float           # CPU time of both of its processes
    wall_us: float          # perf's own figure; has in it what others did on that CPU
    foreign: tuple = ()     # tracing hooks of others meanwhile


@dataclass(frozen=True)
class Sample:
    """A tracer in a round. `added`: against the mean of the untraced runs before and after."""
    round_trip: float
    added: float
    run: Run


class PipeBench:
    """The benchmark, pinned to one CPU, at the highest priority of the normal class."""

    def __init__(self, cpu, loops, clock):
        self.cpu, self.loops, self.clock = cpu, loops, clock
        self.start_cpu_us = 0.0
        # perf's own start is in the CPU time, but is no part of a round trip.
        self.start_cpu_us = statistics.median(self._perf(1)[0] for _ in range(5))

    def _perf(self, loops):
        """CPU us of the whole process, and perf's own us per loop."""
        # Not "-f simple": that has milliseconds, 1% of a short run. The default has usecs/op.
        words = ["taskset", "-c", str(self.cpu), "nice", "-n", "-20",
                 "perf", "bench", "sched", "pipe", "-l", str(loops)]
        with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True) as process:
            output = process.stdout.read()
            # wait4: this process with the child that it waited for, and no other.
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        match = re.search(r"([\d.]+) usecs/op", output)
        if process.returncode or not match:
            raise TracerFailed(f"perf bench failed: {output.strip()}")
        return (usage.ru_utime + usage.ru_stime) * 1e6, float(match[1])

    def run(self, slowness=1, own_links=frozenset()):
        """One measurement, with 1/slowness of the loops."""
        loops = max(1, self.loops // slowness)
        cpu_us, wall_us = self._perf(loops)
        links = kernel_objects.tracing_links()
        foreign = tuple(sorted(links.keys() - own_links))
        return Run((cpu_us - self.start_cpu_us) / loops, wall_us, foreign)

    def figure(self, run):
        """us per round trip by the chosen clock."""
        return run.cpu_us if self.clock == "cpu" else run.wall_us


class Comparison:
    """Rounds of all tracers, each between two untraced runs, in a new order each round."""

    def __init__(self, bench, tracers, places):
        self.bench, self.tracers, self.places = bench, list(tracers), places
        self.untraced = []                                  # one list of runs per round
        self.samples = {tracer.key: {} for tracer in self.tracers}  # key -> round -> Sample
        self.failures = {}                                  # key -> reason; not tried again

    def rounds(self, count, seed):
        """Measures. Progress goes to stderr."""
        generator = random.Random(seed)
        self.bench.run()    # warm-up, not counted
        for number in range(count):
            order = generator.sample(self.tracers, len(self.tracers))
            started = time.monotonic()
            self._round(number, [tracer for tracer in order if tracer.key not in self.failures])
            print(f"bench: round {number + 1} of {count}: {time.monotonic() - started:.0f} s",
                  file=sys.stderr)

    def _round(self, number, order):
        before = self.bench.run()
        self.untraced.append([before])
        for tracer in order:
            try:
                run = self._traced(tracer)
            except TracerFailed as failure:
                self.failures[tracer.key] = str(failure)
                print(f"bench: {tracer.title}: {failure}", file=sys.stderr)
                continue
            after = self.bench.run()
            self.untraced[-1].append(after)
            figure = self.bench.figure
            base = (figure(before) + figure(after)) / 2
            self.samples[tracer.key][number] = Sample(figure(run), figure(run) - base, run)
            before = after

    def _traced(self, tracer):
        if not tracer.command:
            return self.bench.run()
        words = command_line(tracer, self.places)
        with running(words, self.places.scratch, tracer.says_attached) as process:
            run = self.bench.run(tracer.slowness, kernel_objects.ids(process.pid, "link"))
            process.must_be_running()
            return run

    def all_runs(self):
        """Every run that counts."""
        for run in itertools.chain.from_iterable(self.untraced):
            yield run
        for samples in self.samples.values():
            for sample in samples.values():
                yield sample.run

    def added(self, key):
        """Added us of a tracer, one per round."""
        return [sample.added for sample in self.samples.get(key, {}).values()]

    def ratios(self, key, other=REFERENCE):
        """Added us as a multiple of what another one added in the same round."""
        reference = self.samples.get(other, {})
        return [sample.added / reference[number].added
                for number, sample in self.samples.get(key, {}).items()
                if number in reference and reference[number].added > 0]

    def result(self):
        """For --json."""
        figure = self.bench.figure
        untraced = [figure(run) for runs in self.untraced for run in runs]
        return {
            "unit": "us per round trip", "clock": self.bench.clock, "cpu": self.bench.cpu,
            "loops": self.bench.loops, "rounds": len(self.untraced),
            "untraced": {"round_trip": summary(untraced),
                         "runs": [[asdict(run) for run in runs] for runs in self.untraced]},
            "tracers": [self._tracer_result(tracer) for tracer in self.tracers],
            "targets": [verdict(self, *target) for target in TARGETS],
        }

    def _tracer_result(self, tracer):
        samples = self.samples[tracer.key]
        return {
            "key": tracer.key, "title": tracer.title, "failure": self.failures.get(tracer.key),
            "round_trip": summary([sample.round_trip for sample in samples.values()]),
            "added": summary(self.added(tracer.key)),
            f"ratio_to_{REFERENCE}": summary(self.ratios(tracer.key)),
            "rounds": {number: asdict(sample) for number, sample in samples.items()},
        }


def summary(values):
    """Median, least and most; None of nothing."""
    if not values:
        return None
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def verdict(comparison, key, limit, other):
    """Whether a target is reached: by the median, and in how many rounds. None: not measured."""
    ratios = comparison.ratios(key, other)
    return {"key": key, "limit": limit, "of": other, "ratio": summary(ratios),
            "reached": statistics.median(ratios) <= limit if ratios else None,
            "rounds_within": sum(ratio <= limit for ratio in ratios), "rounds": len(ratios)}
