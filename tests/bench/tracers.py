# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The tracers that are compared: which there are, and how each is started, awaited and ended."""

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass

import kernel_objects

ATTACH_SECONDS = 30     # bound for command line to attached
STOP_SECONDS = 30       # bound for SIGINT to exit; offcputime resolves symbols meanwhile
SETTLE_SECONDS = 0.25   # hooks unchanged for so long, and the process idle: attached
SETTLE_FALLBACK = 3.0   # a tracer that never idles (it reads events) counts as attached then
POLL_SECONDS = 0.002


class TracerFailed(Exception):
    """The tracer could not be started, awaited or ended; the text says which."""


@dataclass(frozen=True)
class Tracer:
    """A row of the comparison. In `command`, {waitscope}, {floor} and {scratch} are filled in."""
    key: str                # for --only
    title: str
    command: tuple          # empty: nothing is started
    says_attached: bool = False  # writes a line with "attached" to stderr; else hooks are polled
    tracefs: bool = False        # needs tracefs
    slowness: int = 1            # runs 1/slowness of the loops, to keep rounds short


TRACERS = (
    Tracer("nothing", "nothing (untraced against untraced)", ()),
    Tracer("floor2", "two empty programs", ("{floor}", "two"), says_attached=True),
    Tracer("floor4", "four empty programs", ("{floor}", "four"), says_attached=True),
    Tracer("floor-clock", "four programs that look at the clock", ("{floor}", "clock"),
           says_attached=True),
    Tracer("waits", "waitscope --tier waits",
           ("{waitscope}", "profile", "-a", "--tier", "waits", "-v"), says_attached=True),
    Tracer("full", "waitscope --tier full",
           ("{waitscope}", "profile", "-a", "--tier", "full", "-v"), says_attached=True),
    Tracer("hist-runqueue", "waitscope hist runqueue --by process",
           ("{waitscope}", "hist", "runqueue", "--by", "process", "-a", "-v"), says_attached=True),
    Tracer("hist-syscall", "waitscope hist syscall --by syscall",
           ("{waitscope}", "hist", "syscall", "--by", "syscall", "-a", "-v"), says_attached=True),
    Tracer("record", "waitscope record",
           ("{waitscope}", "record", "-a", "-v", "-o", "{scratch}/run.rec"), says_attached=True),
    Tracer("runqlat", "runqlat", ("runqlat",)),
    Tracer("wakeuptime", "wakeuptime", ("wakeuptime",)),
    Tracer("syscount", "syscount -L", ("syscount", "-L"), tracefs=True),
    Tracer("offcputime", "offcputime", ("offcputime",)),
    Tracer("perf-sched", "perf sched record",
           ("perf", "sched", "record", "-o", "{scratch}/perf.data"), tracefs=True),
    Tracer("perf-trace", "perf trace -s", ("perf", "trace", "-s", "-a"), tracefs=True, slowness=5),
)
BY_KEY = {tracer.key: tracer for tracer in TRACERS}


@dataclass(frozen=True)
class Places:
    """Where things are on this machine."""
    waitscope: str
    floor: str
    scratch: str
    tracefs_mounted: bool
    other_cpus: str         # for taskset -c: all but the one that is measured; "" if there is one


def fill_in(tracer, places):
    """The command of a tracer with its places; the first word as a path, None if not there."""
    words = [word.format(waitscope=places.waitscope, floor=places.floor, scratch=places.scratch)
             for word in tracer.command]
    if os.sep not in words[0]:
        words[0] = kernel_objects.find_tool(words[0])
    elif not os.access(words[0], os.X_OK):
        words[0] = None
    return words


def why_missing(tracer, places):
    """Why a tracer cannot be measured here; None if it can."""
    if not tracer.command or fill_in(tracer, places)[0]:
        return None
    if tracer.command[0] == "{waitscope}":
        return f"{os.path.relpath(places.waitscope)} not there"
    return f"{os.path.basename(tracer.command[0])} is not installed"


def command_line(tracer, places):
    """How a tracer is run for the comparison: off the measured CPU, tracefs in its sight."""
    words = fill_in(tracer, places)
    if tracer.tracefs and not places.tracefs_mounted:
        # In a mount namespace of its own: nobody else sees it, and it goes with the process.
        mount = 'mount -t tracefs tracefs /sys/kernel/tracing && exec "$@"'
        words = ["unshare", "--mount", "sh", "-c", mount, "sh", *words]
    if places.other_cpus:
        words = ["taskset", "-c", places.other_cpus, *words]
    return words


class Running:
    """A process that was started here. `started` and `attached`: time.monotonic()."""

    def __init__(self, words, scratch):
        descriptor, self.stderr_path = tempfile.mkstemp(prefix="stderr-", dir=scratch)
        self.attached = None
        self.rusage = None
        # Also ended when this interpreter is killed: nothing stays attached.
        words = ["setpriv", "--pdeathsig", "INT", *words]
        with open(descriptor, "wb") as stderr:
            self.started = time.monotonic()
            # A session of its own: Ctrl-C comes here only, and ends the tracer in order.
            self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stderr=stderr,
                                            stdout=subprocess.DEVNULL, start_new_session=True)
        self.pid = self.process.pid

    def last_words(self):
        """The last line that it wrote to stderr."""
        lines = kernel_objects.read(self.stderr_path).strip().splitlines()
        return lines[-1] if lines else "no message"

    def ended(self):
        """Whether it has ended; keeps its resource usage then."""
        if self.process.returncode is None:
            pid, status, rusage = os.wait4(self.pid, os.WNOHANG)
            if pid:
                self.process.returncode = os.waitstatus_to_exitcode(status)
                self.rusage = rusage
        return self.process.returncode is not None

    def must_be_running(self):
        """Raises TracerFailed if it ended during a measurement."""
        if self.ended():
            raise TracerFailed(f"ended with status {self.process.returncode} during the "
                               f"measurement: {self.last_words()}")

    def await_attached(self, says_attached):
        """Returns once it is attached; raises TracerFailed if it ends or takes too long."""
        is_attached = self._said_attached if says_attached else Settling(self.pid).is_attached
        while not is_attached():
            if self.ended():
                raise TracerFailed(f"ended with status {self.process.returncode} before it was "
                                   f"attached: {self.last_words()}")
            if time.monotonic() - self.started > ATTACH_SECONDS:
                raise TracerFailed(f"not attached after {ATTACH_SECONDS} s")
            time.sleep(POLL_SECONDS)
        self.attached = time.monotonic()

    def _said_attached(self):
        return "attached" in kernel_objects.read(self.stderr_path)

    def wait(self, seconds, while_waiting=lambda: None):
        """Waits for its end; whether it came."""
        deadline = time.monotonic() + seconds
        while not self.ended():
            if time.monotonic() > deadline:
                return False
            while_waiting()
            time.sleep(POLL_SECONDS)
        return True

    def stop(self, while_waiting=lambda: None):
        """Ends it with SIGINT, as a person does; with SIGKILL and an error if that does not do."""
        if self.ended():
            return
        os.kill(self.pid, signal.SIGINT)
        if self.wait(STOP_SECONDS, while_waiting):
            return
        os.kill(self.pid, signal.SIGKILL)
        self.wait(STOP_SECONDS)
        raise TracerFailed(f"did not end within {STOP_SECONDS} s of SIGINT; killed")


class Settling:
    """Tells that a process has attached: it holds hooks, no new ones come, and it is idle."""

    def __init__(self, pid):
        self.pid = pid
        self.hooks = 0
        self.since = time.monotonic()           # hooks unchanged since
        self.idle_since, self.cpu_ns = self.since, 0

    def is_attached(self):
        """Whether it is attached by now; to be asked again and again."""
        now, hooks = time.monotonic(), kernel_objects.hooks(self.pid)
        if hooks != self.hooks:
            self.hooks, self.since = hooks, now
            self.idle_since, self.cpu_ns = now, kernel_objects.cpu_ns(self.pid)
        if not hooks or now - self.idle_since < SETTLE_SECONDS:
            return False
        used = kernel_objects.cpu_ns(self.pid) - self.cpu_ns
        if used < 0.1e9 * (now - self.idle_since):
            return True
        self.idle_since, self.cpu_ns = now, self.cpu_ns + used
        return now - self.since > SETTLE_FALLBACK


@contextlib.contextmanager
def running(words, scratch, says_attached):
    """A started and attached process; ended on the way out, whatever happens."""
    process = Running(words, scratch)
    try:
        process.await_attached(says_attached)
        yield process
    finally:
        links = kernel_objects.ids(process.pid, "link")
        process.stop()
        await_detached(links)


def await_detached(links):
    """Links go away in a worker of the kernel, after the process: returns when these are gone."""
    deadline = time.monotonic() + STOP_SECONDS
    while links & kernel_objects.tracing_links().keys():
        if time.monotonic() > deadline:
            raise TracerFailed("its links are still there after its end")
        time.sleep(POLL_SECONDS)
