#!/bin/bash
# Boots a kernel in QEMU and waits for its end.
#
#   boot.sh KERNEL-DIRECTORY INITRAMFS LOG-PREFIX SECONDS auto|kvm|tcg
#
# What the command of the guest wrote is in LOG-PREFIX.log while it runs, the kernel's messages in
# LOG-PREFIX.console, the complaints of QEMU in LOG-PREFIX.qemu. Prints how it ended: "exit status
# N" of the command; "timeout"; "early" (the kernel panicked, or QEMU failed).
set -euo pipefail

# shellcheck source=tests/kernels/kernels.sh
. "$(dirname "$0")/kernels.sh"

probe_seconds=10

# A disk with requests, completions and interrupts of its own, for what waits on storage.
make_disk() {
    truncate -s 512M "$1"
    mkfs.ext4 -q -F "$1"
}

# guest ACCELERATOR SECONDS INITRAMFS LOG-PREFIX
# The clock is not calibrated against a busy host, and its stalls are not the kernel's.
guest() {
    local accelerator=$1 seconds=$2 initramfs=$3 log=$4
    local cpu=max parameters
    [[ $accelerator == kvm* ]] && cpu=host
    parameters="console=ttyS0 loglevel=5 panic=-1 oops=panic mitigations=off no_timer_check"
    parameters+=" nowatchdog rcupdate.rcu_cpu_stall_suppress=1 random.trust_cpu=on"
    : >"$log.log"
    make_disk "$work/disk"
    timeout --foreground --kill-after=5 "$seconds" \
        qemu-system-x86_64 -accel "$accelerator" -cpu "$cpu" -smp 2 -m 2G \
        -nodefaults -display none -no-reboot \
        -serial "file:$log.console" -serial "file:$log.log" \
        -drive "file=$work/disk,format=raw,if=virtio,cache=unsafe" \
        -kernel "$kernel"/boot/vmlinuz-* -initrd "$initramfs" -append "$parameters" \
        </dev/null 2>"$log.qemu" 9>&-
}

# The exit status that init wrote as the last line of $1, or nothing.
status_line() {
    tail -n 1 "$1" | sed -n 's/^@@ exit status \([0-9]*\) @@\r*$/\1/p'
}

# That /dev/kvm can be opened says little: where this machine is a guest itself, guests may hang in
# it. So one is booted. The answer is kept for as long as this machine runs.
kvm_works() {
    local answer
    answer="$cache/kvm-$(kernel_release "$kernel")-$(cat /proc/sys/kernel/random/boot_id)"
    [[ -w /dev/kvm ]] || return 1
    if [[ ! -e $answer ]]; then
        rm -f "$cache/kvm-$(kernel_release "$kernel")"-*
        "$(dirname "$0")/initramfs.sh" "$work/probe.cpio" "$kernel" true
        # Nor is it of interest how it failed, which the shell would report of a QEMU that aborted.
        guest kvm "$probe_seconds" "$work/probe.cpio" "$work/probe" 2>/dev/null || true
        status_line "$work/probe.log" >"$answer"
    fi
    [[ $(cat "$answer") == 0 ]]
}

if (($# != 5)); then
    echo "usage: boot.sh KERNEL-DIRECTORY INITRAMFS LOG-PREFIX SECONDS auto|kvm|tcg" >&2
    exit "$exit_usage"
fi
kernel=$1
initramfs=$2
log=$3
seconds=$4
accelerator=$5

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if [[ $accelerator == auto ]]; then
    accelerator=tcg
    kvm_works && accelerator=kvm
fi
# With a host thread per processor, QEMU 7.2 at times runs kernel code that the other processor has
# just patched as it was before ("Oops: int3" where a tracepoint is switched on). Nor is it faster.
[[ $accelerator == tcg ]] && accelerator=tcg,thread=single

result=0
guest "$accelerator" "$seconds" "$initramfs" "$log" || result=$?
status=$(status_line "$log.log")
case $result in
124 | 137) timed_out=1 ;; # timeout's own figures, the second after --kill-after
*) timed_out=0 ;;
esac
if [[ -n $status ]]; then
    echo "exit status $status"
elif ((timed_out)); then
    echo timeout
else
    echo early
fi
