#!/bin/bash
# Makes the root file system of a guest: busybox, init, the command, the files to test with every
# shared library they need, and the few kernel modules without which there is no disk.
#
#   initramfs.sh OUTPUT KERNEL-DIRECTORY COMMAND [PATH[:DEST]]...
#
# DEST is where PATH stands in the guest; without it, the same path, a relative one being taken from
# the guest's root, which is also where the command starts. A directory is copied with all in it.
set -euo pipefail

# shellcheck source=tests/kernels/kernels.sh
. "$(dirname "$0")/kernels.sh"

# The disk; crc32c_generic is what ext4 asks for by an alias. vsock_loopback: a socket family that
# elsewhere is loaded on demand. What is built into a kernel is not found, and not missed.
modules=(virtio_pci virtio_blk crc32c_generic ext4 vsock_loopback)

make_skeleton() {
    mkdir -p "$root"/{dev,disk,etc,modules,proc,root,run,sys,tmp,usr/{bin,lib,lib64,sbin},var/tmp}
    ln -s usr/bin usr/lib usr/lib64 usr/sbin "$root/"
    echo 'root:x:0:0:root:/root:/bin/sh' >"$root/etc/passwd"
    echo 'root:x:0:' >"$root/etc/group"
    echo '127.0.0.1 localhost guest' >"$root/etc/hosts"
    echo '::1 localhost' >>"$root/etc/hosts"
    cp "$(dirname "$0")/init" "$root/init"
    chmod 755 "$root/init"
    printf '%s\n' "$command" >"$root/command"
}

# --remove-destination: what stands there may be a link, and must not be written through.
copy() {
    mkdir -p "$root/$(dirname "$2")"
    cp -L --preserve=mode,timestamps --remove-destination "$1" "$root/$2"
}

# Copies the shared libraries and the loaders of the programs to where they are on this machine.
# ldd fails for what is not a dynamic program: a script, data, a BPF object.
copy_libraries() {
    local library
    { ldd "$@" 2>/dev/null || true; } | sed -n 's/^.*\(=>\|\t\) *\(\/[^ ]*\).*$/\2/p' | sort -u |
        while read -r library; do
            [[ -e $root/$library ]] || copy "$library" "$library"
        done
}

add_file() {
    local source=${1%%:*} destination=${1#*:}
    local file files=()
    if [[ ! -e $source ]]; then
        echo "initramfs.sh: no such file: $source" >&2
        return 1
    fi
    # %P: the path below the starting point, empty for a file that is the starting point.
    while read -r file; do
        copy "$source${file:+/$file}" "$destination${file:+/$file}"
        files+=("$source${file:+/$file}")
    done < <(find -L "$source" -type f -printf '%P\n')
    copy_libraries "${files[@]}"
}

# A shell, and its commands wherever nothing better stands. The shell is this machine's own: that of
# busybox runs a command of busybox even where the file of that name is another program.
add_shell() {
    local applet
    [[ -e $root/usr/bin/sh ]] || add_file /bin/sh:/usr/bin/sh
    copy "$(command -v busybox)" /usr/bin/busybox
    # It complains of each name that is taken, and leaves it alone.
    busybox --install -s "$root/usr/bin" 2>/dev/null || true
    find "$root/usr/bin" -lname "*/busybox" -printf '%f\n' | while read -r applet; do
        [[ ! -e $root/usr/sbin/$applet ]] || rm "$root/usr/bin/$applet"
    done
}

# The field $2 of module file $1: modules carry their description as NAME=VALUE strings.
module_field() {
    tr '\0' '\n' <"$1" | sed -n "s/^$2=//p"
}

# Unpacks module $1 with what it depends on into $root/modules, numbered in loading order.
add_module() {
    local name=${1//-/_}
    local file unpacked needed number
    [[ -z ${module_seen[$name]:-} ]] || return 0
    module_seen[$name]=1
    file=$(find "$kernel" -regextype egrep -regex ".*/${name//_/[-_]}\.ko(\.xz|\.zst)?" | sed -n 1p)
    [[ -n $file ]] || return 0
    unpacked=$root/modules/$name.ko
    case $file in
    *.xz) xz -dc "$file" >"$unpacked" ;;
    *.zst) zstd -qdc "$file" >"$unpacked" ;;
    *) cp "$file" "$unpacked" ;;
    esac
    for needed in $(module_field "$unpacked" depends | tr ',' ' ') \
        $(module_field "$unpacked" softdep | sed -n 's/^pre: *//p'); do
        add_module "$needed"
    done
    printf -v number '%02d' "$((module_count++))"
    mv "$unpacked" "$root/modules/$number-$name.ko"
}

if (($# < 3)); then
    echo "usage: initramfs.sh OUTPUT KERNEL-DIRECTORY COMMAND [PATH[:DEST]]..." >&2
    exit "$exit_usage"
fi
output=$(realpath "$1")
kernel=$2
command=$3
shift 3

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
declare -A module_seen=()
module_count=0

make_skeleton
for file in "$@"; do
    add_file "$file"
done
add_shell
for module in "${modules[@]}"; do
    add_module "$module"
done
(cd "$root" && find . -print0 | cpio --quiet --null --create --format=newc --owner=0:0) >"$output"
