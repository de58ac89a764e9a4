#!/bin/bash
# Gets one of Debian's packaged kernels into the cache; nothing is installed.
#
#   fetch.sh KERNEL     prints the directory that it is unpacked in (boot/, lib/modules/ or
#                       usr/lib/modules/); exit status 77 where it cannot be had
#   fetch.sh --list     prints the kernels that can be had, and the package of each
set -euo pipefail

# shellcheck source=tests/kernels/kernels.sh
. "$(dirname "$0")/kernels.sh"

# Packages that match pattern $1, the newest first; of one version, the signed package first. The
# images are the same in both. (sort -V puts "~" before the end of a name, so that in reverse order
# the marked ones come after.)
packages_matching() {
    { grep -E "$1" || true; } | sed 's/-unsigned$/~/' | sort -rV | sed 's/~$/-unsigned/'
}

packages_known_to_apt() {
    apt-cache search --names-only '^linux-image-[0-9]' | cut -d' ' -f1
}

packages_in_cache() {
    local stamp
    for stamp in "$cache"/linux-image-*/unpacked; do
        [[ -e $stamp ]] && basename "$(dirname "$stamp")"
    done
    return 0
}

# Packages for kernel $1 among the names on stdin: by flavour, the newest of each first.
packages_for() {
    local names pattern
    names=$(cat)
    package_patterns "$1" | while read -r pattern; do
        packages_matching "$pattern" <<<"$names"
    done
}

unpack() {
    local package=$1
    local directory=$cache/$package
    local download
    [[ -e $directory/unpacked ]] && return 0
    download=$(mktemp -d "$cache/download.XXXXXX")
    # apt drops its rights for a download only where the directory lets it; either way is good.
    if (cd "$download" && apt-get -q=2 -o APT::Sandbox::User=root download "$package" >&2) &&
        rm -rf "$directory" && dpkg -x "$download"/*.deb "$directory" &&
        compgen -G "$directory/boot/vmlinuz-*" >/dev/null; then
        touch "$directory/unpacked"
    fi
    rm -rf "$download"
    [[ -e $directory/unpacked ]]
}

# Leaves the cache with one package per pattern: removes those that match and are not $2.
forget_older() {
    local pattern package
    while read -r pattern; do
        [[ $2 =~ $pattern ]] || continue
        packages_in_cache | packages_matching "$pattern" | while read -r package; do
            [[ $package == "$2" ]] || rm -rf "${cache:?}/$package"
        done
    done < <(package_patterns "$1")
}

list() {
    local kernel package
    for kernel in "${all_kernels[@]}"; do
        package=$({ packages_known_to_apt; packages_in_cache; } | packages_for "$kernel" |
            sed -n 1p)
        echo "$kernel ${package:-(no package)}"
    done
}

fetch() {
    local kernel=$1
    local package
    mkdir -p "$cache"
    # The newest one may just have left the archive: its predecessors are tried, then the cache.
    for package in $(packages_known_to_apt | packages_for "$kernel" | sed -n 1,2p) \
        $(packages_in_cache | packages_for "$kernel" | sed -n 1p); do
        if unpack "$package"; then
            forget_older "$kernel" "$package"
            echo "$cache/$package"
            return 0
        fi
    done
    if [[ -z ${package:-} ]]; then
        echo "kernel $kernel: no package known to apt matches (is the release right, and was" \
            "apt-get update run?):" "$(package_patterns "$kernel" | paste -sd' ')" >&2
    else
        echo "kernel $kernel: $package could not be downloaded (try apt-get update)" >&2
    fi
    return "$exit_skipped"
}

case ${1:-} in
--list) list ;;
*)
    if ! is_kernel "${1:-}"; then
        echo "fetch.sh: the kernels are: ${all_kernels[*]}" >&2
        exit "$exit_usage"
    fi
    fetch "$1"
    ;;
esac
