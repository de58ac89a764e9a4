#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Labelled programs under trace: does waitscope name their I/O model? See README.md.

Results on stdout, progress and troubles on stderr. Exit status: 0 all programs could be run and none
was given another model than its own, 1 otherwise, 2 wrong usage. `unknown` and `mixed` are outcomes
of their own: they are no model, and not wrong.
"""

import argparse
import json
import os
import signal
import sys

import report
from programs import PROGRAMS
from run import Runner, RunFailed

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


def positive(text):
    """A whole number above 0, for argparse."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def parse_options():
    """The command line."""
    parser = argparse.ArgumentParser(description="Labelled programs under trace. See README.md.",
                                     allow_abbrev=False)
    parser.add_argument("--only", metavar="TEXT", action="append",
                        help="the program of that name, or all whose name has this in it; "
                        "repeatable")
    parser.add_argument("--tuned", action="store_true", help="without those that are held out")
    parser.add_argument("--attempts", type=positive, default=5,
                        help="a run whose verdict is unknown because events were lost is repeated "
                        "so often (default: %(default)s)")
    parser.add_argument("--build", metavar="DIRECTORY", default=os.path.join(ROOT, "build"),
                        help="default: build")
    parser.add_argument("--waitscope", metavar="PATH", help="default: that of the build")
    parser.add_argument("--list", action="store_true", help="the programs and their labels")
    parser.add_argument("--json", action="store_true", help="every outcome as JSON")
    return parser.parse_args()


def is_asked_for(program, texts):
    """By its whole name, or by a part where no program has that as its name."""
    names = {program.name for program in PROGRAMS}
    return not texts or any(text == program.name or (text in program.name and text not in names)
                            for text in texts)


def chosen(options):
    """The programs that were asked for."""
    return [program for program in PROGRAMS
            if not (options.tuned and program.held_out) and is_asked_for(program, options.only)]


def lost_events(outcome):
    """In virtual machines where switches are hidden, another run may see all of them."""
    return outcome.model == "unknown" and "lost" in outcome.reason


def classify(runner, program, attempts):
    """(Outcome or None, attempts taken, why there is none)."""
    missing = runner.missing(program)
    if missing:
        return None, 0, f"not installed: {missing}"
    outcome, failure = None, ""
    for attempt in range(1, attempts + 1):
        try:
            outcome = runner.run(program)
        except RunFailed as failed:
            failure = str(failed)
            continue
        if not lost_events(outcome):
            return outcome, attempt, ""
    return outcome, attempts, "" if outcome else failure


def main():
    """See the head of this file."""
    options = parse_options()
    selected = chosen(options)
    if options.list:
        print("\n".join(report.labels(selected)))
        return 0
    if os.geteuid():
        print("classify: it has to run as root", file=sys.stderr)
        return 1
    # As Ctrl-C: what was started is ended in order.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    runner = Runner(options.waitscope or os.path.join(options.build, "waitscope"), options.build)
    results = []
    try:
        for program in selected:
            print(f"classify: {program.name}", file=sys.stderr)
            results.append(report.Result(program,
                                         *classify(runner, program, options.attempts)))
    except KeyboardInterrupt:
        print("classify: interrupted", file=sys.stderr)
        return 1
    if options.json:
        print(json.dumps([result.as_dict() for result in results], indent=1))
    else:
        print("\n\n".join("\n".join(block) for block in report.blocks(results)))
    return 1 if any(result.failed() for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
