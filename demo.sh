#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Traces the bundled programs, one way of waiting each, and says what to look for in each report:
# demo.sh [BUILD-DIRECTORY]. Takes root, and some twenty seconds.
# shellcheck disable=SC2016 # backquotes mark names for the reader here
set -eu

build=${1:-build}
if [ "$(id -u)" != 0 ]; then
	echo "$0: tracing needs root: sudo $0 $build (or: sudo make demo)" >&2
	exit 1
fi

# Where a program states its own truth, so that the report has the screen for itself. Exported:
# the shell of each traced command opens it.
truth=$(mktemp)
export truth
trap 'rm -f "$truth"' EXIT
trap 'exit 130' INT TERM HUP

bold='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
	bold=$(printf '\033[1m') plain=$(printf '\033[0m')
fi

# A member of the truth, and one of its object "latency".
member() {
	sed -n "s/^ *\"$1\": \\([0-9]*\\).*/\\1/p" "$truth"
}

latency() {
	sed -n "s/^ *\"latency\": .*\"$1\": \\([0-9]*\\).*/\\1/p" "$truth"
}

us() {
	echo "$((($1 + 500) / 1000)) us"
}

number=0

# title, what the program does, what to look for
chapter() {
	number=$((number + 1))
	printf '\n%s--- %d of 5: %s ---%s\n\n' "$bold" "$number" "$1" "$plain"
	printf '%s\n\nLook for: %s\n\n' "$2" "$3"
}

# Traces a bundled program. Its output goes to the file, not into the report.
trace() {
	printf '# %s profile --min 1ms --top 5 -- sh -c '\''exec %s >$truth'\''\n\n' \
		"$build/waitscope" "$*"
	"$build/waitscope" profile --min 1ms --top 5 -- sh -c "exec $* >\$truth"
}

cat <<END
A thread that has to wait for something (data, a disk, a lock, the time) can let the kernel
put it to sleep until that has come. That is blocking: the thread uses no CPU, and does
nothing else either. Four small programs wait here in four ways, each under waitscope, which
accounts for all the time of every thread: where it went, in which call, on what, and who
ended the wait.
END

chapter 'a call that blocks' \
	'The thread `waiter` reads from a pipe that is empty. The thread `partner` sleeps 5 ms and
then writes to it, 200 times over. The main thread only waits for the two to end.' \
	'under "The worst waits", the `waiter` is asleep in read on that pipe nearly all of its
time, about 5 ms at a time, and what wakes it is the `partner`. The `partner` sleeps on
purpose (timer), and the main thread, which has nothing else to do, is idle.'
trace "$build/workloads/blocking" --what pipe --ops 200 --delay 5ms
printf '\nThe program itself counted %s reads, half of them longer than %s.\n' \
	"$(member operations)" "$(us "$(latency p50_ns)")"

chapter 'blocking on a disk' \
	'The thread `waiter` writes to a file and calls fsync, which returns when the data is safely
on the disk: 500 times. Each call has several things to wait for, one after the other.' \
	'the same blocking, of another class: disk. The wait names the file, and it is no thread
that ends it, but the disk that says it is done. The write calls do not wait: they only
copy into memory.'
trace "$build/workloads/blocking" --what fsync --ops 500
printf '\nThe program itself counted %s calls of fsync, half of them longer than %s.\n' \
	"$(member operations)" "$(us "$(latency p50_ns)")"

chapter 'an event loop, and a handler that blocks it' \
	'The thread `waiter` waits in epoll_wait for a timer that expires every 5 ms. Its handler
then sleeps for 2 ms, as a handler does that reads a slow file or asks a database.' \
	'two sleeps of one thread that mean different things. In epoll_wait it is idle: there is
no work. In clock_nanosleep (the handler) it is blocked: another event that comes now has
to wait, for the loop has only this thread.'
trace "$build/workloads/event_loop" --source timerfd --ops 200 --delay 5ms --handler-block 2ms
printf '\nThe program itself counted %s events in %s rounds of its loop.\n' \
	"$(member events)" "$(member iterations)"

chapter 'not blocking at all' \
	'The same pipe as in the first, but opened with O_NONBLOCK: a read that finds nothing comes
back at once with the error EAGAIN. The thread `waiter` just tries again, and again.' \
	'in the table of threads, the `waiter` is not blocked, it is running all the time; and
among the syscalls, its reads, nearly all of them EAGAIN. It gets its data no sooner than the
first program did, and takes a whole CPU for it.'
trace "$build/workloads/nonblocking" --what pipe --mode spin --ops 200 --delay 5ms
printf '\nThe program itself counted %s tries for %s reads.\n' \
	"$(member attempts)" "$(member operations)"

chapter 'every way to wait, side by side' \
	'Nine I/O models at one task, six ways to read a file, six servers, a thousand threads that
only wait, and four ways to overlap waiting with computing: each runs under trace now.' \
	'where the caller is while it has no data (in the call, in a multiplexer, spinning on a
CPU); what one block costs in switches, system calls and CPU time; what a connection costs in
memory, by structure; and that waitscope says of each program what it is. `waitscope models`
without --quick goes to 10,000 connections and 30,000 threads.'
printf '# %s models --quick\n\n' "$build/waitscope"
"$build/waitscope" models --quick

cat <<END

Next: sudo $build/waitscope profile -- COMMAND, or -p PID for a program that runs already.
END
