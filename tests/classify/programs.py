# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""The labelled programs: what each is, how it is run, and of which part of it the label is."""

from dataclasses import dataclass, field

# of which part of the profile the label is, told by evidence or by the program's own statement:
OPERATIONS = "operations"   # the process with the most I/O operations
RUNNING = "running"         # the process with the most time on a CPU
SLEEPING = "sleeping"       # the process that lived longest
WAITER = "waiter"           # the thread that the bundled program names in its truth


@dataclass(frozen=True)
class Program:
    """A row. In words, {build}, {here}, {scratch}, {disk} and {port} are filled in."""
    name: str
    model: str                  # the label; one of io_model's values
    command: tuple              # run to its end, or with `load` a server
    structure: str = ""         # the label of the structure; "": none is given; or words: any
    load: tuple = ()            # puts load on the server, and ends
    beside: tuple = ()          # a server that is not traced, for a command that is its client
    prepare: tuple = ()         # run before, untraced
    subject: str = OPERATIONS
    held_out: bool = False      # no threshold was chosen with it in sight
    files: dict = field(default_factory=dict)  # name in {scratch}: content
    tools: tuple = ()           # that have to be installed, besides the first word


def workload(name, model, *options, program=None, structure=""):
    """A bundled program with one thread whose waits are its subject."""
    return Program(name, model, ("{build}/workloads/" + (program or name), *options),
                   structure=structure, subject=WAITER)


def fio(engine, model, *options, held_out=False):
    """A job of fio: 4000 random reads of a file, past the page cache where that goes. The file is
    there: else fio writes it first, with more blocking calls than the job has requests."""
    return Program(f"fio {engine}", model,
                   ("fio", "--name=job", f"--ioengine={engine}", "--rw=randread", "--bs=4k",
                    "--size=16m", "--filename={disk}/fio", "--number_ios=4000", "--io_size=1g",
                    "--invalidate=1", "--output={scratch}/fio.out", *options),
                   # else fio would write the file first, and that would be what it does most
                   prepare=("dd", "if=/dev/urandom", "of={disk}/fio", "bs=1M", "count=16",
                            "conv=fsync"),
                   held_out=held_out)


CLIENT = ("{build}/workloads/connections", "--target", "127.0.0.1:{port}", "--connections", "8",
          "--requests", "2000")
ECHO = (*CLIENT, "--size", "64")
HTTP = ("wrk", "-t1", "-c8", "-d1s", "http://127.0.0.1:{port}/")


def service(name, model, structure, *options):
    """A bundled server, with the bundled client."""
    return Program(" ".join((name, *options[:2])), model,
                   ("{build}/workloads/" + name, "--port", "{port}", "--delay", "1ms", *options),
                   structure=structure, load=CLIENT)


def script(name, interpreter, path, model, structure, load=ECHO, held_out=False):
    """A server of servers/."""
    return Program(name, model, (interpreter, "{here}/servers/" + path, "{port}"),
                   structure=structure, load=load, held_out=held_out)


NGINX = """daemon off; worker_processes 1; pid {scratch}/pid; error_log stderr;
events {{ worker_connections 64; }}
http {{
  access_log off; keepalive_requests 1000000;
  client_body_temp_path {scratch}/body; proxy_temp_path {scratch}/proxy;
  fastcgi_temp_path {scratch}/fastcgi; uwsgi_temp_path {scratch}/uwsgi;
  scgi_temp_path {scratch}/scgi;
  server {{ listen 127.0.0.1:{port}; location / {{ return 200 'hello'; }} }}
}}
"""

BUNDLED = (
    workload("blocking pipe", "blocking", "--what", "pipe", program="blocking"),
    workload("blocking recv", "blocking", "--what", "recv", program="blocking"),
    workload("blocking fsync", "blocking", "--what", "fsync", program="blocking"),
    workload("blocking file", "blocking", "--what", "file", program="blocking"),
    workload("nonblocking spin", "nonblocking", "--what", "pipe", "--mode", "spin",
             program="nonblocking"),
    workload("nonblocking backoff", "nonblocking", "--what", "recv", "--mode", "backoff",
             program="nonblocking"),
    workload("polling", "nonblocking", "--timeout", "0", program="poll"),
    workload("select", "select"),
    workload("poll", "poll", "--descriptors", "8"),
    workload("epoll level", "epoll", "--descriptors", "8", program="epoll"),
    workload("epoll edge", "epoll", "--trigger", "edge", program="epoll"),
    workload("event_loop", "epoll", "--source", "mixed"),
    workload("posix_aio suspend", "posix_aio", "--notify", "suspend", program="posix_aio"),
    workload("posix_aio callback", "posix_aio", "--notify", "callback", program="posix_aio"),
    workload("native_aio direct", "linux_aio", "--mode", "direct", program="native_aio"),
    workload("native_aio buffered", "linux_aio", "--mode", "buffered", program="native_aio"),
    workload("io_uring read", "io_uring", program="io_uring"),
    workload("io_uring sqpoll", "io_uring", "--setup", "sqpoll", program="io_uring"),
    Program("threads", "none", ("{build}/workloads/threads", "--count", "100"),
            subject=SLEEPING),
    service("thread_server", "blocking", "thread_per_connection"),
    service("process_server", "blocking", "process_per_connection"),
    service("event_server", "epoll", "event_loop", "--mode", "loop"),
    service("event_server", "epoll", "event_loops", "--mode", "loops"),
    service("event_server", "epoll", "event_loop_pool", "--mode", "pool"),
    service("uring_server", "io_uring", ""),
)

REAL = (
    fio("psync", "blocking"),
    fio("libaio", "linux_aio", "--direct=1", "--iodepth=8"),
    fio("posixaio", "posix_aio", "--iodepth=4"),
    fio("io_uring", "io_uring", "--direct=1", "--iodepth=8"),
    fio("mmap", "mmap"),
    Program("nginx", "epoll",
            ("nginx", "-p", "{scratch}", "-c", "{scratch}/nginx.conf"), structure="event_loop",
            load=HTTP, files={"nginx.conf": NGINX}, tools=("wrk",)),
    Program("redis-server", "epoll",
            ("redis-server", "--port", "{port}", "--bind", "127.0.0.1", "--save", "",
             "--appendonly", "no", "--dir", "{scratch}"), structure="event_loop",
            load=("redis-benchmark", "-p", "{port}", "-n", "5000", "-c", "8", "-t", "set", "-q"),
            tools=("redis-benchmark",)),
    script("python3 asyncio", "/usr/bin/python3", "asyncio_echo.py", "epoll", "event_loop"),
    script("python3 threads", "/usr/bin/python3", "threads_echo.py", "blocking",
           "thread_per_connection"),
    # no label of its structure: a loop it is, and V8's helpers do more or less beside it
    script("node http", "node", "http.js", "epoll", "", load=HTTP),
    Program("perl SIGIO", "signal_driven", ("perl", "{here}/servers/sigio_reader.pl")),
    Program("shell pipeline", "blocking",
            ("sh", "-c", "cat {scratch}/data {scratch}/data | tr a-m n-z | wc -c"),
            prepare=("dd", "if=/dev/urandom", "of={scratch}/data", "bs=1M", "count=16")),
    Program("openssl speed", "compute",
            ("openssl", "speed", "-seconds", "1", "-bytes", "16384", "sha256"),
            structure="sequential", subject=RUNNING),
    Program("sort", "blocking", ("sort", "-o", "{scratch}/sorted", "{scratch}/data"),
            prepare=("sh", "-c", "seq 1 400000 | sort -R >{scratch}/data"), subject=RUNNING),
    Program("dd", "blocking",
            ("dd", "if=/dev/zero", "of={disk}/dd", "bs=64K", "count=400", "oflag=dsync"),
            structure="sequential"),
    # once held out: they open regular files with O_NONBLOCK
    Program("tar", "blocking", ("tar", "cf", "{scratch}/x.tar", "/usr/include/linux"),
            structure="sequential"),
    Program("gzip", "blocking", ("gzip", "-kf", "{scratch}/data"), structure="sequential",
            prepare=("dd", "if=/dev/urandom", "of={scratch}/data", "bs=1M", "count=8")),
    Program("sleep", "none", ("sleep", "0.3"), structure="sequential", subject=SLEEPING),
    Program("find", "blocking", ("find", "/usr/include"), structure="sequential"),
)

# Never looked at while the thresholds were chosen.
HELD_OUT = (
    fio("sync", "blocking", held_out=True),
    fio("pvsync2", "blocking", held_out=True),
    script("python3 forking", "/usr/bin/python3", "forking_echo.py", "blocking",
           "process_per_connection", held_out=True),
    script("perl IO::Select", "perl", "select_echo.pl", "select", "event_loop", held_out=True),
    Program("wrk", "epoll", HTTP, beside=("nginx", "-p", "{scratch}", "-c",
                                          "{scratch}/nginx.conf"), held_out=True,
            files={"nginx.conf": NGINX}, tools=("nginx",)),
    Program("md5sum", "blocking", ("md5sum", "{scratch}/data"), structure="sequential",
            prepare=("dd", "if=/dev/urandom", "of={scratch}/data", "bs=1M", "count=32"),
            held_out=True),
    Program("grep -r", "blocking", ("grep", "-rc", "struct", "/usr/include/linux"),
            structure="sequential", held_out=True),
    Program("cp -r", "blocking", ("cp", "-r", "/usr/include/linux", "{disk}/copy"),
            structure="sequential", held_out=True),
    Program("redis-benchmark", "epoll",
            ("redis-benchmark", "-p", "{port}", "-n", "5000", "-c", "8", "-t", "get", "-q"),
            structure="event_loop", held_out=True, tools=("redis-server",),
            beside=("redis-server", "--port", "{port}", "--bind", "127.0.0.1", "--save", "",
                    "--appendonly", "no", "--dir", "{scratch}")),
    Program("awk compute", "compute",
            ("awk", "BEGIN {{ for (i = 0; i < 20000000; i++) s += i * i; print s }}"),
            structure="sequential", subject=RUNNING, held_out=True),
    Program("sqlite3", "blocking",
            ("sqlite3", "{disk}/db",
             "create table t(x); " + "insert into t values(1);" * 100),
            structure="sequential", held_out=True),
    Program("python3 compute", "compute",
            ("/usr/bin/python3", "-c", "sum(i * i for i in range(8000000))"),
            structure="sequential", subject=RUNNING, held_out=True),
    Program("perl compute", "compute",
            ("perl", "-e", "my $s = 0; $s += $_ * $_ for 1 .. 20000000; print $s"),
            structure="sequential", subject=RUNNING, held_out=True),
)

PROGRAMS = BUNDLED + REAL + HELD_OUT
