#!/bin/bash
# The live tests of workloads and requests in Debian's kernels: live.sh [KERNEL]... (default: all).
# Everything has to be built (make test-kernels does that). BUILD names another directory of it.
# LIVE_ONLY=PATTERN in the environment: only tests of that name.
set -euo pipefail

cd "$(dirname "$0")/../.."
# shellcheck source=tests/kernels/kernels.sh
. tests/kernels/kernels.sh

build=${BUILD:-build}
seconds=1500 # for one guest, which emulates its processors

options=()
for kernel in "$@"; do
    options+=(--kernel "$kernel")
done

# What a kernel can be different in, and an emulated processor keeps up with.
tests=("$build"/live/test_workloads_{blocking,nonblocking,event_loop})
for program in "$build/waitscope" "$build/workloads" "${tests[@]}"; do
    if [[ ! -e $program ]]; then
        echo "live.sh: $program is not there: make test-kernels builds it" >&2
        exit 1
    fi
    options+=(--file "$program")
done

# The checked build is for this machine; the plain one is quicker where processors are emulated.
environment="TEST_TIMEOUT=$seconds WAITSCOPE=$build/waitscope LIVE_EMULATED=1"
# Files where requests reach a device, as they do on other machines.
environment+=" TMPDIR=/disk TEST_AGAIN=${TEST_AGAIN:-}"
if [[ -n ${LIVE_ONLY:-} ]]; then
    environment+=" LIVE_ONLY='$LIVE_ONLY'"
fi
# coreutils' timeout: under busybox's, tests would ignore SIGINT (tests/run.sh tells why).
options+=(--file tests/run.sh --file "$(command -v timeout)")
exec tests/kernels/run.sh --timeout "$seconds" --verbose "${options[@]}" -- \
    "$environment tests/run.sh ${tests[*]}"
