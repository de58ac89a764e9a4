# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""One labelled program under trace: how it is run, and what waitscope says of it."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass

import programs

RUN_SECONDS = 120       # bound for a run
READY_SECONDS = 20      # bound for a server to listen, and for waitscope to attach
POLL_SECONDS = 0.02


class RunFailed(Exception):
    """The program could not be run or traced; the text says why."""


@dataclass(frozen=True)
class Outcome:
    """What was said of a program."""
    model: str
    structure: str
    reason: str     # why the model is unknown, or what its first share rests on
    share: float    # of the model; None without
    findings: tuple


class Runner:
    """Runs programs in a scratch directory of their own each."""

    def __init__(self, waitscope, build):
        self.waitscope = waitscope
        self.build = build
        self.here = os.path.dirname(os.path.abspath(__file__))

    def missing(self, program):
        """What it takes and is not installed; "" if nothing."""
        words = [program.command[0].format(build=self.build), *program.tools]
        words += [part[0].format(build=self.build) for part in (program.load, program.beside)
                  if part]
        return ", ".join(sorted({word for word in words if not find(word)}))

    def run(self, program):
        """Its Outcome. Raises RunFailed."""
        # /tmp may be in memory, and some programs need a disk
        with tempfile.TemporaryDirectory(prefix="classify-") as scratch, \
             tempfile.TemporaryDirectory(prefix="classify-", dir="/var/tmp") as disk:
            os.chmod(scratch, 0o755)
            values = {"build": self.build, "here": self.here, "scratch": scratch, "disk": disk,
                      "port": free_port()}
            for name, content in program.files.items():
                with open(os.path.join(scratch, name), "w", encoding="utf-8") as file:
                    file.write(content.format(**values))
            if program.prepare:
                finish(start(fill(program.prepare, values)), "its preparation")
            profile = os.path.join(scratch, "profile.json")
            trace = self.trace_server if program.load else self.trace_command
            output = trace(program, values, profile)
            with open(profile, encoding="utf-8") as file:
                return outcome(program, json.load(file), output)

    def trace_command(self, program, values, profile):
        """Runs it from begin to end; what it wrote on stdout."""
        with contextlib.ExitStack() as stack:
            if program.beside:
                stack.enter_context(running(fill(program.beside, values)))
                await_port(values["port"])
            tracer = start([self.waitscope, "profile", "--json", "-o", profile, "--",
                            *fill(program.command, values)])
            return finish(tracer, "the traced program")

    def trace_server(self, program, values, profile):
        """Attaches to the running server, and ends the tracing when the load is done."""
        with running(fill(program.command, values)) as server:
            await_port(values["port"])
            with running([self.waitscope, "profile", "-v", "--json", "-o", profile, "--tree",
                          str(server.pid)], stderr=subprocess.PIPE) as tracer:
                await_attached(tracer)
                finish(start(fill(program.load, values)), "the load")
                tracer.send_signal(signal.SIGINT)
                tracer.communicate(timeout=RUN_SECONDS)
        return ""


# ---------------------------------------------------------------------------------- processes

def find(word):
    """Path of an executable, also where a PATH without sbin does not look."""
    return shutil.which(word) or shutil.which(word, path="/usr/sbin:/sbin")


def fill(words, values):
    """The words of a command with {scratch} and the like filled in."""
    words = [word.format(**values) for word in words]
    return [find(words[0]) or words[0], *words[1:]]


def start(words, stderr=subprocess.PIPE):
    """Starts a command in a session of its own."""
    return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr,
                            text=True, errors="replace", start_new_session=True)


def stop(process):
    """Ends a process and all that it started in its session."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


@contextlib.contextmanager
def running(words, stderr=subprocess.DEVNULL):
    """A command that runs for as long as the context."""
    process = start(words, stderr)
    try:
        yield process
    finally:
        stop(process)


def finish(process, what):
    """Waits for its end; what it wrote on stdout. Raises RunFailed if it fails."""
    try:
        output, errors = process.communicate(timeout=RUN_SECONDS)
    except subprocess.TimeoutExpired:
        stop(process)
        raise RunFailed(f"{what} did not end within {RUN_SECONDS} s") from None
    if process.returncode:
        last = (errors.strip().splitlines() or ["it said nothing"])[-1]
        raise RunFailed(f"{what} ended with status {process.returncode}: {last}")
    return output


def free_port():
    """A TCP port of the loopback interface that nobody uses."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def await_port(port):
    """Waits until somebody listens there."""
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(POLL_SECONDS)
    raise RunFailed(f"nobody listens on port {port}")


def await_attached(tracer):
    """Waits until waitscope -v says so."""
    for line in tracer.stderr:
        if "attached" in line:
            return
    raise RunFailed("waitscope did not attach")


# ------------------------------------------------------------------------------------ verdicts

def operations(process):
    """I/O operations of a process, as its models have them."""
    return sum(row["operations"] for row in process["io_models"])


KEYS = {
    programs.OPERATIONS: operations,
    programs.RUNNING: lambda process: process["ledger"]["running_ns"],
    programs.SLEEPING: lambda process: process["lifetime_ns"],
}


def of_waiter(profile, output):
    """The thread that the program names, and its process."""
    tid = json.loads(output)["waiter_tid"]
    for process in profile["processes"]:
        for thread in process["threads"]:
            if thread["tid"] == tid:
                return thread, process
    raise RunFailed(f"thread {tid} is not in the profile")


def outcome(program, profile, output):
    """What the profile says of the part that the label is of."""
    if not profile["processes"]:
        raise RunFailed("the profile is empty")
    if program.subject == programs.WAITER:
        subject, process = of_waiter(profile, output)
        shares = []
    else:
        subject = process = max(profile["processes"], key=KEYS[program.subject])
        shares = process["io_models"]
    reason = subject["io_model_reason"] or "; ".join(
        text for row in shares[:1] for text in row["evidence"])
    return Outcome(subject["io_model"], process["structure"], reason,
                   shares[0]["share"] if shares else None,
                   tuple(row["id"] for row in profile["findings"]))
