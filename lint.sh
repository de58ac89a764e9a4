#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Looks through every source file: lint.sh [BUILD-DIRECTORY]. `make lint` installs what it needs and
# makes the generated headers first.
#
# Prints what it looks with, then what it finds; the exit status is 1 if that is anything.
# shellcheck disable=SC2317 # the checks are called by name
set -uo pipefail
cd "$(dirname "$0")" || exit 1

build=${1:-build}
jobs=$(nproc)
findings=$(mktemp)
trap 'rm -f "$findings"' EXIT
failed=0

# Files by pattern: what is in the repository or could be. (The owner of a clone may be another than
# root, which git would refuse.)
files() {
	local file
	git -c safe.directory='*' ls-files --cached --others --exclude-standard -- "$@" | sort -u |
		while read -r file; do
			[[ -f $file ]] && echo "$file"
		done
}

# Runs `look_with TOOL COMMAND...` with the files of stdin as further arguments.
look_with() {
	local tool=$1
	shift
	printf '  %-6s %s\n' LINT "$tool"
	"$@" >"$findings" 2>&1 && return
	cat "$findings"
	printf '%s: see above\n' "$tool"
	failed=1
}

# --- C -----------------------------------------------------------------------------------------

check_format() {
	files '*.c' '*.h' | xargs clang-format --dry-run --Werror
}

# A file for the compiler of user space, or for BPF, where tracing programs have the parameters of
# their hook and the kernel's pointers are numbers.
tidy_file() {
	local file=$1
	local flags output status checks=
	case $file in
	bpf/*.bpf.c)
		[[ $file == bpf/waitscope.bpf.c ]] || return 0 # the others are included in it
		;;&
	*.bpf.c)
		flags=(-O2 -target bpf -D__TARGET_ARCH_x86 -Ibpf)
		flags+=("-I/usr/include/$(gcc -print-multiarch)")
		checks=-bugprone-implicit-widening-of-multiplication-result
		checks+=,-bugprone-suspicious-include,-misc-unused-parameters,-performance-no-int-to-ptr
		;;
	*)
		flags=(-std=gnu11 -Wall -Wextra -Wno-missing-field-initializers -I. -Iuser
			-Iworkloads/lib -isystem "$build/bpf" -isystem "$build/proto" -isystem "$build/html"
			-isystem "$build/bench")
		# bpftool's skeletons hand their memory over to libbpf, which the analyzer cannot see
		gcc -M "${flags[@]}" "$file" | grep -q 'skel\.h' && checks=-clang-analyzer-unix.Malloc
		# nor can it see that cmocka's assertions do not return
		[[ $file == tests/* ]] && checks+=",-clang-analyzer-core.*,-bugprone-implicit-widening*"
		[[ $file == tests/* ]] && checks+=",-bugprone-suspicious-missing-comma"
		[[ $file == tests/* ]] && checks+=",-clang-analyzer-*vfork,-clang-analyzer-unix.Vfork"
		# what is left of the analyzer's checks has no need to follow each path through a test:
		# so many states for a function, a third of its default, as in its shallow mode
		[[ $file == tests/* ]] && flags+=(-Xclang -analyzer-config -Xclang max-nodes=75000)
		;;
	esac
	output=$(clang-tidy --quiet ${checks:+--checks="$checks"} "$file" -- "${flags[@]}" 2>&1)
	status=$?
	grep -vE '^[0-9]+ warnings? (generated|treated as error)' <<<"$output" | grep .
	return "$status"
}
export -f tidy_file
export build

check_tidy() {
	# shellcheck disable=SC2016 # for the inner shell to expand
	files '*.c' | xargs -P "$jobs" -n 1 bash -c 'tidy_file "$1"' tidy
}

check_cppcheck() {
	files '*.c' | grep -v '\.bpf\.c$' |
		xargs cppcheck -q -j "$jobs" --enable=warning,performance,portability \
			--inline-suppr --suppress=readdirCalled '--suppress=memleakOnRealloc:tests/*' \
			--error-exitcode=1 --std=c11 \
			-I. -Iuser -Iworkloads/lib -D_GNU_SOURCE \
			'-DLIBBPF_OPTS(type,name,...)=struct type name'
}

# --- the rest ----------------------------------------------------------------------------------

# By name, or by what the first line says.
shell_scripts() {
	files | while read -r file; do
		if [[ $file == *.sh ]] || head -n 1 "$file" | grep -aqE '^#!.*[/ ](ba|da)?sh( |$)'; then
			echo "$file"
		fi
	done
}

check_shell() {
	shell_scripts | xargs shellcheck -x
}

check_python() {
	files '*.py' | PYTHONPYCACHEPREFIX="$build/pycache" xargs -r python3 -m py_compile
}

# The verifier of this machine's kernel may allow what that of an older one does not.
check_stack() {
	python3 tests/bpf/stack_depth.py "$build/bpf/waitscope.bpf.o"
}

if [[ -z $(files '*.c') ]]; then
	echo "lint.sh: git names no files here" >&2
	exit 1
fi
look_with clang-format check_format
look_with cppcheck check_cppcheck
look_with shellcheck check_shell
look_with python check_python
look_with 'stack of BPF programs' check_stack
look_with clang-tidy check_tidy
exit "$failed"
