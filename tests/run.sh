#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Runs test programs (of cmocka) one after the other and adds up what they report:
#
#   tests/run.sh PROGRAM...
#
# The last line is "N passed, N failed, N skipped". A test that was announced and gave no result (a
# crash, a time-out, a set-up of the group that failed) has failed. TEST_TIMEOUT: seconds for one
# program; SIGINT ends it then, and SIGKILL 10 seconds later. TEST_AGAIN=1: a program with a failure is run
# once more, aloud, and its second results count: for machines on which others work too.
set -u

export ASAN_OPTIONS="${ASAN_OPTIONS:-abort_on_error=0:exitcode=99}"
seconds=${TEST_TIMEOUT:-300}
timeout=$(command -v timeout) || exit 1

passed=0 failed=0 skipped=0 interrupted=''
directory=$(mktemp -d) || exit 1
trap 'rm -rf "$directory"' EXIT
mkfifo "$directory/output" || exit 1

# Programs run in a process group of their own (timeout's), so that a time-out reaches what they
# started too. Ctrl-C does not, and is passed on.
pid=
interrupt() {
	interrupted=yes
	[ -z "$pid" ] || kill -INT "$pid" 2>/dev/null
}
trap interrupt INT TERM HUP

note() {
	printf '   %s: %s\n' "$name" "$1"
}

begin_group() {
	announced=${1% test(s).}
	announced=${announced##* }
	reported=0
}

# Tests of the group that have no result; the open one is why the others have none.
end_group() {
	missing=$((announced - reported))
	announced=0
	[ "$missing" -gt 0 ] || return 0
	bad=$((bad + missing))
	if [ -n "$open" ]; then
		note "no result of $open$([ "$missing" = 1 ] || printf ', nor of %d after it' \
			$((missing - 1)))"
	else
		note "$missing not run"
	fi
	open=
}

result() {
	open=
	reported=$((reported + 1))
}

# One line of cmocka's. A result counts for the test that is open only: the closing list of a group
# has the same lines again. (A test may have left an unfinished line before it.)
take_line() {
	case $1 in
	'[==========] '*'Running '*' test(s).') begin_group "$1" ;;
	'[==========] '*' test(s) run.')
		end_group
		closing=yes
		;;
	'[ RUN      ] '*)
		open=${1#'[ RUN      ] '}
		closing=
		;;
	'[  FAILED  ] GROUP TEARDOWN')
		bad=$((bad + 1))
		printf '%s\n' "$1"
		;;
	*"[       OK ] $open")
		[ -z "$open" ] || { ok=$((ok + 1)) && result; }
		;;
	*"[  SKIPPED ] $open")
		[ -z "$open" ] || { skip=$((skip + 1)) && result && printf '%s\n' "$1"; }
		;;
	*"[  FAILED  ] $open" | *"[  ERROR   ] $open")
		[ -z "$open" ] || { bad=$((bad + 1)) && result && printf '%s\n' "$1"; }
		;;
	'') ;;
	'[  PASSED  ] '* | '[  FAILED  ] '* | '[  SKIPPED ] '* | ' '*' TEST(S)')
		[ -n "$closing" ] || printf '%s\n' "$1"
		;;
	*) printf '%s\n' "$1" ;;
	esac
}

# An exit status that the failures so far do not explain is one of its own.
judge_end() {
	case $1 in
	0) ;;
	124) note "not done after $seconds s" ;;
	137) note "killed (by the time-out of $seconds s?)" ;;
	*) [ "$bad" -gt 0 ] || note "ended with status $1" ;;
	esac
	end_group
	if [ "$1" != 0 ] && [ "$bad" = 0 ]; then
		bad=1
	elif [ $((ok + bad + skip)) = 0 ]; then
		note 'ran no test'
		skip=1
	fi
}

# The end is a line too, not the end of the stream: what a program left running may hold it open.
# (timeout sets the signals that are ignored here to their defaults for the program, as it must to
# catch them itself; that of busybox does not.)
run() {
	name=$(basename "$1")
	ok=0 bad=0 skip=0 announced=0 reported=0 open='' closing=
	{
		trap '' INT TERM HUP
		"$timeout" -s INT -k 10 "$seconds" "$1" &
		printf '@@ %s pid %s\n' $$ "$!"
		wait "$!"
		printf '\n@@ %s end %s\n' $$ "$?"
	} >"$directory/output" 2>&1 &
	exec 3<>"$directory/output"
	while :; do
		IFS= read -r line <&3 || continue # a signal; open for writing too, it has no end
		case $line in
		"@@ $$ pid "*) pid=${line##* } ;;
		"@@ $$ end "*) break ;;
		*) take_line "$line" ;;
		esac
	done
	exec 3>&-
	pid=
	judge_end "${line##* }"
}

add_up() {
	passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + skip))
}

for program in "$@"; do
	printf '== %s\n' "$(basename "$program")"
	run "$program"
	if [ "$bad" -gt 0 ] && [ -n "${TEST_AGAIN:-}" ] && [ -z "$interrupted" ]; then
		note "$bad failed; once more"
		run "$program"
	fi
	add_up
	[ -z "$interrupted" ] || break
done

printf '%s passed, %s failed, %s skipped\n' "$passed" "$failed" "$skipped"
[ -z "$interrupted" ] || exit 130
[ "$failed" = 0 ]
