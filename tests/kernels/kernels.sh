# shellcheck shell=bash disable=SC2034
# What the other scripts of this directory share: the kernels by name, and where things are kept.
# (SC2034: shellcheck does not see that they use it.)

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache=${WAITSCOPE_KERNELS:-$top/build/kernels}

# Exit status of a run in which nothing failed, but a kernel could not be had (automake's "skip").
exit_skipped=77
exit_usage=2

all_kernels=(6.1 6.1-rt 6.12 6.12-rt)

# Extended regular expressions of the package names that will do for a kernel, the best first. The
# cloud flavour is the plain one with fewer drivers: a third of the download.
package_patterns() {
    local series
    series=$(sed 's/-rt$//; s/\./\\./g' <<<"$1")
    case $1 in
    *-rt) echo "^linux-image-$series\.[0-9][^-]*(-[0-9]+)?-rt-amd64(-unsigned)?$" ;;
    *)
        echo "^linux-image-$series\.[0-9][^-]*(-[0-9]+)?-cloud-amd64(-unsigned)?$"
        echo "^linux-image-$series\.[0-9][^-]*(-[0-9]+)?-amd64(-unsigned)?$"
        ;;
    esac
}

is_kernel() {
    local known
    for known in "${all_kernels[@]}"; do
        [[ $1 == "$known" ]] && return 0
    done
    return 1
}

# The release (uname -r) of the kernel that was unpacked in directory $1.
kernel_release() {
    local image
    for image in "$1"/boot/vmlinuz-*; do
        echo "${image##*/vmlinuz-}"
    done
}
