#!/bin/bash
# Runs a command as root in Debian's packaged kernels, one after the other, in QEMU. See README.md.
set -euo pipefail

here=$(dirname "$0")
# shellcheck source=tests/kernels/kernels.sh
. "$here/kernels.sh"

tail_lines=40

usage() {
    cat <<END
usage: run.sh [OPTION]... -- COMMAND...
       run.sh --list

COMMAND is run by /bin/sh in each guest, as root, in /.

  --kernel NAME        one of: ${all_kernels[*]}; repeatable (default: all)
  --file PATH[:DEST]   a file or directory to have in the guest, with the shared libraries of the
                       programs in it; repeatable
  --timeout SECONDS    for one guest (default: $seconds)
  --accel NAME         auto, kvm or tcg (default: auto)
  --verbose            show the output of the guests while they run
  --list               the kernels that can be had

Exit status: 0 passed in all kernels; 1 failed in one; 2 usage; $exit_skipped failed in none, but a
kernel could not be had.
END
}

die_of_usage() {
    echo "run.sh: $1 (--help tells more)" >&2
    exit "$exit_usage"
}

require_programs() {
    local program missing=()
    for program in busybox cpio ldd mkfs.ext4 qemu-system-x86_64 xz; do
        command -v "$program" >/dev/null || missing+=("$program")
    done
    ((${#missing[@]} == 0)) && return 0
    echo "run.sh: not installed: ${missing[*]} (apt-get install busybox-static cpio e2fsprogs" \
        "qemu-system-x86 xz-utils)" >&2
    exit 1
}

# What the kernel itself complained of, if anything: that is a failure, whatever the command said.
complaints() {
    grep -aE 'BUG:|WARNING: |Oops|Kernel panic|possible recursive locking|Call Trace' "$1" || true
}

show_failure() {
    local log=$1
    if ((!verbose)); then
        echo "--- last lines of $log.log"
        tail -n "$tail_lines" "$log.log"
    fi
    if [[ -s $log.qemu ]]; then
        echo "--- $log.qemu"
        tail -n "$tail_lines" "$log.qemu"
    fi
    if [[ $2 != exit* || -n $(complaints "$log.console") ]]; then
        echo "--- last lines of $log.console"
        tail -n "$tail_lines" "$log.console"
    fi
}

# Boots kernel $1 and prints the closing line; status 0 passed, 1 failed, 77 not to be had. (It is
# called as a condition, where "set -e" has no effect.)
run_kernel() {
    local kernel=$1
    local log=$cache/log/$kernel
    local directory release started end verdict=passed follower=
    if ! directory=$("$here/fetch.sh" "$kernel"); then
        echo "kernel $kernel: SKIPPED"
        return "$exit_skipped"
    fi
    release=$(kernel_release "$directory")
    started=$SECONDS
    if ! "$here/initramfs.sh" "$cache/initramfs" "$directory" "$command" "${files[@]}"; then
        echo "kernel $release: FAILED: its root file system could not be made"
        return 1
    fi
    : >"$log.log"
    if ((verbose)); then
        tail -n +1 -F "$log.log" 2>/dev/null 9>&- &
        follower=$!
    fi
    end=$("$here/boot.sh" "$directory" "$cache/initramfs" "$log" "$seconds" "$accelerator")
    if [[ -n $follower ]]; then
        sleep 1 # tail -F looks once a second
        kill "$follower"
        wait "$follower" 2>/dev/null || true
    fi
    case $end in
    "exit status 0")
        [[ -z $(complaints "$log.console") ]] || verdict="FAILED: the kernel complained"
        ;;
    exit*) verdict="FAILED: $end" ;;
    timeout) verdict="FAILED: not done after $seconds s" ;;
    *) verdict="FAILED: the guest ended early" ;;
    esac
    [[ $verdict == passed ]] || show_failure "$log" "$end"
    echo "kernel $release: $verdict ($((SECONDS - started)) s)"
    [[ $verdict == passed ]]
}

kernels=()
files=()
seconds=300
accelerator=auto
verbose=0
while (($# > 0)); do
    case $1 in
    --kernel | --file | --timeout | --accel) (($# > 1)) || die_of_usage "$1 needs a value" ;;
    esac
    case $1 in
    --kernel)
        is_kernel "$2" || die_of_usage "no kernel '$2': the kernels are ${all_kernels[*]}"
        kernels+=("$2")
        shift
        ;;
    --file)
        [[ -e ${2%%:*} ]] || die_of_usage "no such file: ${2%%:*}"
        files+=("$2")
        shift
        ;;
    --timeout)
        [[ $2 =~ ^[1-9][0-9]{0,5}$ ]] || die_of_usage "--timeout takes seconds, not '$2'"
        seconds=$2
        shift
        ;;
    --accel)
        [[ $2 =~ ^(auto|kvm|tcg)$ ]] || die_of_usage "--accel takes auto, kvm or tcg, not '$2'"
        accelerator=$2
        shift
        ;;
    --verbose) verbose=1 ;;
    --list) exec "$here/fetch.sh" --list ;;
    --help)
        usage
        exit 0
        ;;
    --)
        shift
        break
        ;;
    *) die_of_usage "unknown option '$1'" ;;
    esac
    shift
done
(($# > 0)) || die_of_usage "no command"
command=$*
((${#kernels[@]} > 0)) || kernels=("${all_kernels[@]}")

require_programs
mkdir -p "$cache/log"
# One guest at a time: two of them on two processors do little but wait for each other.
exec 9>"$cache/lock"
flock 9

# An interrupt ends QEMU, which looks like a failure of one kernel: the others are not to follow.
trap 'exit 130' INT
trap 'exit 143' TERM

failed=0
skipped=0
for kernel in "${kernels[@]}"; do
    status=0
    run_kernel "$kernel" || status=$?
    case $status in
    0) ;;
    "$exit_skipped") skipped=$((skipped + 1)) ;;
    *) failed=$((failed + 1)) ;;
    esac
done
echo "kernels: $((${#kernels[@]} - failed - skipped)) passed, $failed failed, $skipped skipped"
((failed == 0)) || exit 1
((skipped == 0)) || exit "$exit_skipped"
