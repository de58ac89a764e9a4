#!/bin/bash
# Runs a command as root in Debian's packaged kernels, in QEMU, several guests at once. See README.md.
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
  --jobs NUMBER        guests at once (default: $jobs, one for each processor)
  --accel NAME         auto, kvm or tcg (default: auto)
  --verbose            show the output of the guests, one after the other
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

# Boots kernel $1, which is unpacked in $2, and prints the closing line; status 0 passed, 1 failed.
# (It is called as a condition, where "set -e" has no effect.)
boot_kernel() {
    local directory=$2 log=$cache/log/$1
    local initramfs=$cache/initramfs-$1
    local release started end verdict=passed
    release=$(kernel_release "$directory")
    started=$SECONDS
    if ! "$here/initramfs.sh" "$initramfs" "$directory" "$command" "${files[@]}"; then
        echo "kernel $release: FAILED: its root file system could not be made"
        return 1
    fi
    end=$("$here/boot.sh" "$directory" "$initramfs" "$log" "$seconds" "$accelerator")
    rm -f "$initramfs"
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

# The same when a guest less runs than may: $tokens has a byte for each that may start.
run_kernel() {
    local status=0
    read -r -n 1 -u "$tokens"
    boot_kernel "$1" "$2" || status=$?
    printf x >&"$tokens"
    return "$status"
}

# Guests run in the background, each in a process group of its own, so that an end reaches all that
# belongs to it.
start() {
    local kernel=$1 directory
    if ! directory=$("$here/fetch.sh" "$kernel"); then
        echo "kernel $kernel: SKIPPED" >"$cache/log/$kernel.verdict"
        return 0
    fi
    : >"$cache/log/$kernel.log"
    set -m
    run_kernel "$kernel" "$directory" >"$cache/log/$kernel.verdict" 2>&1 &
    set +m
    running[$kernel]=$!
}

end_all() {
    local group
    trap '' INT TERM
    for group in "${running[@]}" ${follower:+"$follower"}; do
        kill -TERM -- "-$group" 2>/dev/null || kill -TERM "$group" 2>/dev/null || true
    done
    exit "$1"
}

# Waits for the guest of kernel $1 and shows what it said; its status, as of run_kernel.
await() {
    local kernel=$1 status=0
    if [[ -z ${running[$kernel]:-} ]]; then
        cat "$cache/log/$kernel.verdict"
        return "$exit_skipped"
    fi
    if ((verbose)); then
        tail -n +1 -F "$cache/log/$kernel.log" 2>/dev/null 9>&- &
        follower=$!
    fi
    wait "${running[$kernel]}" || status=$?
    unset "running[$kernel]"
    if [[ -n $follower ]]; then
        sleep 1 # tail -F looks once a second
        kill "$follower"
        wait "$follower" 2>/dev/null || true
        follower=
    fi
    cat "$cache/log/$kernel.verdict"
    return "$status"
}

kernels=()
files=()
seconds=300
accelerator=auto
verbose=0
jobs=$(nproc)
declare -A running=()
follower=
while (($# > 0)); do
    case $1 in
    --kernel | --file | --timeout | --jobs | --accel) (($# > 1)) || die_of_usage "$1 needs a value" ;;
    esac
    case $1 in
    --kernel)
        is_kernel "$2" || die_of_usage "no kernel '$2': the kernels are ${all_kernels[*]}"
        [[ " ${kernels[*]} " == *" $2 "* ]] || kernels+=("$2")
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
    --jobs)
        [[ $2 =~ ^[1-9][0-9]?$ ]] || die_of_usage "--jobs takes a number, not '$2'"
        jobs=$2
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
# The logs are of one run at a time, and so are the processors.
exec 9>"$cache/lock"
flock 9
trap 'end_all 130' INT
trap 'end_all 143' TERM

# An emulated guest takes one processor, however many it has itself (boot.sh tells why).
pipe=$(mktemp -u)
mkfifo "$pipe"
exec {tokens}<>"$pipe"
rm "$pipe"
printf "%${jobs}s" '' | tr ' ' x >&"$tokens"

for kernel in "${kernels[@]}"; do
    start "$kernel"
done
failed=0
skipped=0
for kernel in "${kernels[@]}"; do
    status=0
    await "$kernel" || status=$?
    case $status in
    0) ;;
    "$exit_skipped") skipped=$((skipped + 1)) ;;
    *) failed=$((failed + 1)) ;;
    esac
done
echo "kernels: $((${#kernels[@]} - failed - skipped)) passed, $failed failed, $skipped skipped"
((failed == 0)) || exit 1
((skipped == 0)) || exit "$exit_skipped"
