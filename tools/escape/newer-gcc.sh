#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Builds the plugin with gcc 14, the compiler of the next Debian release and of its
# kernels, and runs its tests with it. Prints KTAP.
#
# The compiler is in a root directory, build/escape/gcc-14, as those of other kernels
# are in build/roots: packages are unpacked there and none is configured. There is no
# python, so only the tests of the plugin itself can run, not those of kspan-escape.
# shellcheck source-path=SCRIPTDIR source=../vm/lib.sh disable=SC2317
source "$(dirname "$0")/../vm/lib.sh"
# shellcheck source=../vm/kernels.sh
source "$vm_dir/kernels.sh"

suite=trixie
root=$build/escape/gcc-14
# what the plugin is built with, and what its tests run
packages=(
	g++-14 gcc-14-plugin-dev libc6-dev make bash dash coreutils diffutils findutils
	sed grep mawk
)

fill_compiler_root()
{
	open_archive "$suite" "$1" || return
	apt_access >"$1/apt.conf"
	with_progress "gcc 14" "$root.log" \
		mmdebstrap --mode=root --variant=extract --verbose \
		--include="${packages[*]}" \
		--aptopt='APT::Sandbox::User "root"' \
		--aptopt="$1/apt.conf" \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		"$suite" "$root" "$1/archive.list"
}

unpack_root()
{
	local scratch status=0

	[[ $(cat "$root/.stamp" 2>/dev/null) != "$suite ${packages[*]}" ]] || return 0
	rm -rf --one-file-system "$root"
	scratch=$(mktemp -d)
	say "unpacking gcc 14, a minute once"
	fill_compiler_root "$scratch" || status=$?
	rm -rf "$scratch"
	((!status)) || return "$status"
	ln -sf mawk "$root/usr/bin/awk"
	mkdir -p "$root/tmp"
	echo "$suite ${packages[*]}" >"$root/.stamp"
}

if ((EUID != 0)); then
	echo "1..0 # SKIP only root can use another release's compiler"
	exit 0
fi
need_packages mmdebstrap debian-archive-keyring rsync
run_locked "$root.lock" unpack_root || die "no root directory with gcc 14"
mkdir -p "$root$top/tools" "$root$top/kmod"
rsync -rlpt --delete "$top/tools/escape" "$root$top/tools/"
rsync -rlpt --delete "$top/kmod/include" "$root$top/kmod/"
status=0
chroot "$root" /usr/bin/env CC=gcc-14 "$top/tools/escape/tests/run.sh" || status=1
# AddressSanitizer looks for its stack in /proc: seen by this one command alone
mkdir -p "$root/proc"
# shellcheck disable=SC2016 # of the other shell
unshare --mount bash -c 'mount -t proc proc "$0/proc" || {
		echo "KTAP version 1"
		echo "1..0 # SKIP /proc cannot be mounted"
		exit 0
	}
	exec chroot "$0" /usr/bin/env CC=gcc-14 "$1"' \
	"$root" "$top/tools/escape/tests/place/run.sh" || status=1
exit $status
