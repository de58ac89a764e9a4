#!/bin/bash
# The live tests of the bundled workloads in Debian's kernels.
#
#   live.sh [--short] [KERNEL]...      (default: all tests, all kernels)
#
# Everything has to be built (make test-kernels does that). BUILD names another directory of it.
# LIVE_ONLY=PATTERN in the environment: only tests of that name.
set -euo pipefail

cd "$(dirname "$0")/../.."
# shellcheck source=tests/kernels/kernels.sh
. tests/kernels/kernels.sh

# The short set, for .ci/run: every hook and every way to wait. Most of its runs share a start of
# waitscope, which is what takes long where processors are emulated (tests/live/lib/shared.c).
short=(
    test_workloads_blocking    # each way to wait, each object, each waker, in both tiers
    test_workloads_nonblocking # each refusal, each try
    test_workloads_event_loop  # loops, their handlers
    test_workloads_loops       # select, poll, epoll
    test_workloads_requests    # io_uring and Linux AIO
    test_workloads_posix_aio   # POSIX AIO, by uprobes
    test_workloads_block       # requests of block devices
    test_requests_aio          # Linux AIO that goes wrong
)
# Besides these: verdicts, distributions, whole comparisons; most start waitscope for each run.
rest=(
    test_workloads_hist
    test_workloads_threads
    test_workloads_truth
    test_requests_uring
    test_findings
    test_verdicts
    test_models
    test_limits
)

build=${BUILD:-build}
seconds=3600 # for one guest, which emulates its processors
tests=("${short[@]}" "${rest[@]}")
if [[ ${1:-} == --short ]]; then
    tests=("${short[@]}")
    shift
fi
tests=("${tests[@]/#/$build/live/}")

options=()
for kernel in "$@"; do
    options+=(--kernel "$kernel")
done
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
# coreutils' timeout: under busybox's, tests would ignore SIGINT (tests/run.sh tells why). ldd finds
# what to copy to another root.
options+=(--file tests/run.sh --file docs --file "$(command -v timeout)" --file "$(command -v ldd)"
    --file "$(command -v bash)")
exec tests/kernels/run.sh --timeout "$seconds" --verbose "${options[@]}" -- \
    "$environment tests/run.sh ${tests[*]}"
