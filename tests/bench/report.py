# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The report for people."""

import statistics

import costs
import kernel_objects
import roundtrip
from tracers import BY_KEY, TRACERS

CLOCKS = {"cpu": "CPU time", "wall": "wall time"}
# On one CPU the second wakeup is left out where the woken thread preempts its waker: that one is
# then still runnable when the answer comes.
ROUND_TRIP = ("1 loop = 1 round trip = 2 switches, 4 syscalls, 2 wakeups (1 where the woken thread "
              "preempts its waker)")
SHARED_CPU = 1.05   # wall time over CPU time, from which on a run counts as disturbed


def table(header, rows):
    """Lines with the first column to the left, the others to the right."""
    widths = [max(len(str(row[i])) for row in [header, *rows]) for i in range(len(header))]
    return ["  ".join([str(row[0]).ljust(widths[0]),
                       *(str(cell).rjust(width) for cell, width in zip(row[1:], widths[1:]))]
                      ).rstrip() for row in [header, *rows]]


def spread(values, form="{:+.2f}"):
    """ "least..most"; "-" of nothing."""
    return f"{form.format(min(values))}..{form.format(max(values))}" if values else "-"


def middle(values, form):
    """The median; "-" of nothing."""
    return form.format(statistics.median(values)) if values else "-"


def round_trips(comparison, missing):
    """The comparison: table, targets, and what to know about the runs."""
    figure = comparison.bench.figure
    untraced = [figure(run) for runs in comparison.untraced for run in runs]
    header = ("tracer", "round trip us", "added us", "least..most",
              f"x {roundtrip.REFERENCE}", "least..most")
    rows = [("no tracer", middle(untraced, "{:.2f}"), "", spread(untraced, "{:.2f}"), "", "")]
    rows += [tracer_row(comparison, tracer) for tracer in comparison.tracers
             if comparison.samples[tracer.key]]
    lines = [f"Pipe round trip: {len(comparison.untraced)} rounds of {comparison.bench.loops} "
             f"loops on CPU {comparison.bench.cpu}, "
             f"{CLOCKS[comparison.bench.clock]}", ROUND_TRIP, ""]
    lines += table(header, rows)
    lines += [f"{tracer.title}: skipped: {missing[tracer.key]}" for tracer in TRACERS
              if tracer.key in missing]
    lines += [f"{BY_KEY[key].title}: failed: {reason}"
              for key, reason in comparison.failures.items()]
    lines += [""] + [target_line(comparison, *target) for target in roundtrip.TARGETS
                     if target[0] in comparison.samples or target[0] in missing]
    return lines + disturbances(comparison)


def tracer_row(comparison, tracer):
    """A row of the comparison."""
    samples = comparison.samples[tracer.key].values()
    added, ratios = comparison.added(tracer.key), comparison.ratios(tracer.key)
    return (tracer.title, middle([sample.round_trip for sample in samples], "{:.2f}"),
            middle(added, "{:+.2f}"), spread(added),
            middle(ratios, "{:.2f}"), spread(ratios, "{:.2f}"))


def target_line(comparison, key, limit, other):
    """Whether a target is reached, in words."""
    verdict = roundtrip.verdict(comparison, key, limit, other)
    head = f"target: {key} adds at most {limit:.2f} x {other}: "
    if verdict["reached"] is None:
        return head + "not measured"
    word = "reached" if verdict["reached"] else "not reached"
    return (head + f"{word} ({verdict['ratio']['median']:.2f}; "
            f"within in {verdict['rounds_within']} of {verdict['rounds']} rounds)")


def disturbances(comparison):
    """What on the machine made the figures worse."""
    runs = list(comparison.all_runs())
    lines = []
    shared = [run.wall_us / run.cpu_us for run in runs if run.wall_us > SHARED_CPU * run.cpu_us]
    if shared:
        lines.append(f"note: in {len(shared)} of {len(runs)} runs others had the CPU for a part of "
                     f"the time (wall time up to {max(shared):.2f} x CPU time)")
    foreign = [run for run in runs if run.foreign]
    if foreign:
        lines.append(f"note: in {len(foreign)} of {len(runs)} runs tracers of others were "
                     "attached; what is added to those is less than what is added to nothing")
    if len(comparison.untraced) < 5:
        lines.append("note: fewer than 5 rounds, not for the record")
    return lines


def programs(result):
    """Time per run of each program."""
    rows = []
    for key, programs_of_tracer in result.items():
        for program in programs_of_tracer:
            nanoseconds = program["ns_per_run"]
            rows.append((f"{BY_KEY[key].title}: {program['name']}",
                         "-" if nanoseconds is None else f"{nanoseconds:.0f}",
                         f"{program['runs_per_round_trip']:.2f}"))
    return ["Programs under the benchmark (the empty ones show what the kernel's measurement "
            "itself is)", "", *table(("program", "ns per run", "runs per round trip"), rows), "",
            *histogram_line(result)]


def histogram_line(result):
    """What a histogram by process adds to an event: each switch-in of the benchmark is one."""
    def ns_of(key):
        return next((program["ns_per_run"] for program in result.get(key, [])
                     if program["name"] == "sched_switch"), None)

    plain, measured = ns_of("waits"), ns_of("hist-runqueue")
    if plain is None or measured is None:
        return []
    added = measured - plain
    word = within(added, costs.HISTOGRAM_TARGET_NS + 1)
    return [f"a histogram by process adds {added:+.0f} ns to an event (sched_switch; target: at "
            f"most {costs.HISTOGRAM_TARGET_NS}: {word})"]


def within(value, limit):
    """The verdict on a figure that has to be below a limit."""
    return "reached" if value < limit else "not reached"


def startup(result):
    """Start-up time."""
    target = result["target_ms"]
    rows = [(f"command line to attached, tier {tier}", f"{statistics.median(times):.0f}",
             spread(times, "{:.0f}"), f"< {target}", within(statistics.median(times), target))
            for tier, times in result["attached_ms"].items()]
    whole = result["whole_ms"]
    rows.append(("profile -- true, all of it", middle(whole, "{:.0f}"), spread(whole, "{:.0f}"),
                 "", ""))
    return table(("Start-up", "ms", "least..most", "target", ""), rows)


def idle(result):
    """CPU on an idle target."""
    limit = result["target_percent"]
    return [f"CPU of waitscope while its target sleeps: {result['percent']:.2f}% of a core "
            f"(target: < {limit:.0f}%: {within(result['percent'], limit)}); "
            f"{result['whole_cpu_ms']:.0f} ms in all, with loading and reporting"]


def memory(result):
    """Peak resident set and maps."""
    header = ("Memory under the benchmark", "peak RSS MB", "maps MB", "the largest maps, kB")
    return table(header, [memory_row(key, row) for key, row in result.items()])


def memory_row(key, row):
    """A row of memory()."""
    maps = row["maps"]
    largest = sorted(maps, key=maps.get, reverse=True)[:4]
    return (BY_KEY[key].title, f"{row['peak_rss'] / 2**20:.1f}",
            f"{sum(maps.values()) / 2**20:.2f}",
            ", ".join(f"{name} {maps[name] / 1024:.0f}" for name in largest))


def size(result):
    """Bytes of recordings."""
    rows = [(BY_KEY[key].title, f"{row['bytes'] / 2**20:.2f}", f"{row['switches']:,}",
             f"{row['bytes_per_switch']:.1f}")
            for key, row in result.items() if key in BY_KEY]
    lines = table(("Files of the benchmark's switches, of the whole system", "MB",
                   "context switches", "bytes each"), rows)
    if "ratio" not in result:
        return [*lines, "", "target: a recording has at most a quarter of perf's bytes: "
                            "not measured"]
    word = "reached" if result["ratio"] <= result["target"] else "not reached"
    return [*lines, "", "target: a recording, with syscalls, objects and wakers, has at most "
                        f"{result['target']:.2f} of perf's bytes: {word} ({result['ratio']:.3f})"]


def replay(result):
    """Time and memory to report recordings."""
    rows = [(f"{row['events']:,}", f"{row['bytes'] / 2**20:.1f}",
             f"{row['bytes'] / row['events']:.2f}", f"{row['report']['seconds']:.2f}",
             f"{row['json']['seconds']:.2f}",
             f"{max(row['report']['peak_rss'], row['json']['peak_rss']) / 2**20:.1f}")
            for row in result["recordings"]]
    largest = result["recordings"][-1]
    seconds = max(largest["report"]["seconds"], largest["json"]["seconds"])
    return [*table(("Events of a recording", "MB", "bytes each", "report s", "report --json s",
                    "peak RSS MB"), rows), "",
            f"target: {result['target_events']:,} events are reported in under "
            f"{result['target_seconds']:.0f} s: {within(seconds, result['target_seconds'])} "
            f"({seconds:.2f} s for {largest['events']:,})"]


def warnings(links, statistics_on):
    """What is to be known before anything is measured: tracers of others, statistics left on."""
    lines = []
    if links:
        hooks = ", ".join(sorted(links.values()))
        who = ", ".join(kernel_objects.owners(links.keys())) or "no process (pinned)"
        lines.append(f'not alone: {who} traces {hooks}; "no tracer" has that in it, and what is '
                     "added to it is distorted")
    if statistics_on:
        lines.append("kernel.bpf_stats_enabled is 1, which makes every BPF program slower; set it "
                     "to 0 for the record")
    return lines
