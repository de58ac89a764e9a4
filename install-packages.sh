#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Installs the Debian packages that are missing for a purpose: install-packages.sh PURPOSE...
set -eu

build="gcc make libc6-dev linux-libc-dev clang llvm bpftool pkg-config libbpf-dev libelf-dev
	zlib1g-dev libjson-c-dev libprotobuf-c-dev protobuf-c-compiler libiberty-dev libsqlite3-dev
	libaio-dev liburing-dev"
check="gcc make libc6-dev libjson-c-dev libprotobuf-c-dev protobuf-c-compiler libelf-dev
	zlib1g-dev libiberty-dev libsqlite3-dev libcmocka-dev" # of the test programs
fuzz="clang libclang-rt-dev" # libFuzzer
test="$check $fuzz python3 python3-jsonschema procps util-linux coreutils strace
	fio rt-tests nginx-light redis-server redis-tools wrk linux-perf libbpf-tools iproute2 nodejs
	openssl findutils tar chromium-headless-shell" # the last: to open what --html writes
lint="clang-format clang-tidy cppcheck shellcheck git python3"
kernels="qemu-system-x86 cpio busybox-static e2fsprogs xz-utils file"
classify="perl-base sqlite3 gzip" # besides those of the tests
bench="libbpf-tools linux-perf bpftool python3 util-linux"

wanted=
for purpose in "${@:-none}"; do
	case $purpose in
	build) wanted="$wanted $build" ;;
	check) wanted="$wanted $check" ;;
	test) wanted="$wanted $test" ;;
	lint) wanted="$wanted $lint" ;;
	fuzz) wanted="$wanted $fuzz" ;;
	kernels) wanted="$wanted $kernels" ;;
	classify) wanted="$wanted $classify" ;;
	bench) wanted="$wanted $bench" ;;
	*)
		echo "usage: $0 build|check|test|fuzz|lint|kernels|classify|bench ..." >&2
		exit 2
		;;
	esac
done

if ! command -v dpkg-query >/dev/null; then
	# shellcheck disable=SC2086 # the list is words
	echo "this is no Debian; what these packages have is needed:" $wanted >&2
	exit 0
fi

# Kernels are looked up by pattern and downloaded later: apt has to know of some.
case " $* " in
*" kernels "*)
	if [ "$(id -u)" = 0 ] && [ -z "$(apt-cache search --names-only '^linux-image-[0-9]')" ]; then
		apt-get update >/dev/null
	fi
	;;
esac

missing=
for package in $wanted; do
	case " $missing " in *" $package "*) continue ;; esac
	dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
		missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ]; then
	echo "these packages are missing, and installing them takes root:$missing" >&2
	exit 1
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive

log=$(mktemp)
policy=
# shellcheck disable=SC2086 # no policy is no word
trap 'rm -f "$log" $policy' EXIT
trap 'exit 130' INT TERM HUP

# Servers that the tests start themselves must not start by themselves, and fight for the port.
if [ ! -e /usr/sbin/policy-rc.d ]; then
	policy=/usr/sbin/policy-rc.d
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 755 "$policy"
fi

# shellcheck disable=SC2086 # the list is words
install_missing() {
	apt-get install -y --no-install-recommends $missing >>"$log" 2>&1 </dev/null
}

if ! install_missing; then
	: >"$log" # apt has no lists yet, or old ones
	if ! apt-get update >>"$log" 2>&1 || ! install_missing; then
		tail -n 20 "$log" >&2
		exit 1
	fi
fi

# Nor are they to start with the machine, now that they are there.
for service in nginx redis-server; do
	case "$missing " in
	*" $service"*) update-rc.d "$service" disable >/dev/null 2>&1 || true ;;
	esac
done
