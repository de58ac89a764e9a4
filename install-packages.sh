#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Installs the Debian packages that are missing: install-packages.sh build|test|lint|kernels|bench
set -eu

build="gcc make libc6-dev linux-libc-dev clang llvm bpftool pkg-config libbpf-dev libelf-dev
	zlib1g-dev libjson-c-dev"
test="libcmocka-dev python3 python3-jsonschema procps util-linux coreutils strace
	fio nginx-light redis-server redis-tools wrk linux-perf iproute2"
lint="clang-format clang-tidy cppcheck shellcheck git"
kernels="qemu-system-x86 cpio busybox-static e2fsprogs xz-utils file"
bench="libbpf-tools linux-perf bpftool python3"

case "${1:-}" in
build) wanted=$build ;;
test) wanted=$test ;;
lint) wanted=$lint ;;
kernels) wanted=$kernels ;;
bench) wanted=$bench ;;
*)
	echo "usage: $0 build|test|lint|kernels|bench" >&2
	exit 2
	;;
esac

missing=
for package in $wanted; do
	dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
		missing="$missing $package"
done
[ -z "$missing" ] && exit 0

if [ "$(id -u)" != 0 ]; then
	echo "these packages are missing, and installing them takes root:$missing" >&2
	exit 1
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive
# Servers that the tests start themselves must not start by themselves, and fight for the port.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 755 "$policy"
	trap 'rm -f "$policy"' EXIT
fi
log=$(mktemp)
# shellcheck disable=SC2086 # the list is words
if ! apt-get install -y --no-install-recommends $missing >"$log" 2>&1; then
	apt-get update >"$log" 2>&1 && apt-get install -y --no-install-recommends $missing \
		>>"$log" 2>&1 || {
		tail -n 20 "$log" >&2
		rm -f "$log"
		exit 1
	}
fi
rm -f "$log"
