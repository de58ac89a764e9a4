#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Runs test programs one after the other and adds up what they report: tests/run.sh PROGRAM...
# Each is a cmocka program; the last line is "N passed, N failed, N skipped".
set -u

export ASAN_OPTIONS="${ASAN_OPTIONS:-abort_on_error=0:exitcode=99}"
passed=0 failed=0 skipped=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

for program in "$@"; do
	printf '== %s\n' "$(basename "$program")"
	"$program" >"$log" 2>&1
	status=$?
	grep -vE '^\[ (RUN|      OK) |^\[==========\] Running' "$log"
	ok=$(grep -c '^\[       OK \]' "$log")
	bad=$(grep -cE '^\[  FAILED  \] [^0-9]+: .*[^0-9]$|^\[  FAILED  \] [a-z_A-Z0-9]+$' "$log")
	skip=$(grep -c '^\[  SKIPPED \] [a-z]' "$log")
	# a program that dies reports nothing of what it did not get to
	if [ "$status" != 0 ] && [ "$bad" = 0 ]; then
		printf '   %s ended with status %s\n' "$program" "$status"
		bad=1
	fi
	passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + skip))
done

printf '%s passed, %s failed, %s skipped\n' "$passed" "$failed" "$skipped"
[ "$failed" = 0 ]
