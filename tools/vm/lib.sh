# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Shared by the scripts in this folder: where things are, messages, Debian
# packages, locks. Sourced, never run.

set -euo pipefail
# What is read here from tools' output is English, and sorts bytewise.
export LC_ALL=C

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$top/build
# Read by the scripts that source this file.
# shellcheck disable=SC2034
vm_dir=$top/tools/vm
# shellcheck disable=SC2034
vm_packages=(qemu-system-x86 busybox-static cpio)

# Variables that a "make" above passed on would reach the kernel's own make.
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL

say()
{
	echo "$*" >&2
}

die()
{
	say "${0##*/}: $*"
	exit 1
}

# lock FILE: held until this process and what it starts have ended
lock()
{
	mkdir -p "$(dirname "$1")"
	# one descriptor for each lock: bash picks a free one
	local fd
	exec {fd}>"$1"
	flock -n "$fd" || {
		say "waiting for $1"
		flock "$fd"
	}
}

# run_locked FILE COMMAND...: held while the command runs
run_locked()
{
	local file=$1
	shift
	(
		lock "$file"
		"$@"
	)
}

package_installed()
{
	[[ $(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

package_known()
{
	local candidate
	candidate=$(apt-cache policy "$1" 2>/dev/null |
		    awk '$1 == "Candidate:" { print $2 }')
	[[ -n $candidate && $candidate != "(none)" ]]
}

package_version()
{
	# shellcheck disable=SC2016
	dpkg-query -W -f '${Version}' "$1"
}

apt_get()
{
	DEBIAN_FRONTEND=noninteractive apt-get -qq -y \
		-o DPkg::Lock::Timeout=300 -o APT::Sandbox::User=root \
		-o Dpkg::Use-Pty=0 \
		"$@" </dev/null >&2
}

install_packages()
{
	local package missing=() unknown=false

	# someone else may have installed them while this waited for the lock
	for package; do
		package_installed "$package" || missing+=("$package")
	done
	((${#missing[@]})) || return 0

	say "installing ${missing[*]}"
	for package in "${missing[@]}"; do
		package_known "$package" || unknown=true
	done
	if $unknown; then
		apt_get update
	fi
	apt_get install --no-install-recommends "${missing[@]}" && return
	# lists older than the archive name files that are gone
	apt_get update
	apt_get install --no-install-recommends "${missing[@]}"
}

# need_packages NAME...: installs Debian packages that are missing
need_packages()
{
	local package missing=()

	if ! command -v dpkg-query apt-get >/dev/null; then
		die "not a Debian system; what these Debian packages hold is needed: $*"
	fi
	for package; do
		package_installed "$package" || missing+=("$package")
	done
	((${#missing[@]})) || return 0

	if ((EUID != 0)); then
		die "missing packages; as root: apt-get install ${missing[*]}"
	fi
	run_locked "$build/.apt.lock" install_packages "${missing[@]}" ||
		die "could not install ${missing[*]}"
}

# What kbuild leaves beside the sources.
kbuild_products=(
	'*.o' '*.o.d' '*.o.esc' '*.a' '*.ko' '*.mod' '*.mod.c' '.*.cmd' '.tmp_*'
	modules.order Module.symvers
)

# mirror_sources TO FROM...: for kbuild, which writes beside the sources
mirror_sources()
{
	local to=$1 product products=()
	shift

	mkdir -p "$to"
	for product in "${kbuild_products[@]}"; do
		products+=(--exclude="$product")
	done
	# By content: a file that did not change keeps its time, one that did
	# gets the time of now, whatever git or an editor did to its own.
	rsync -rlpc --delete "${products[@]}" --exclude=.kernel "$@" "$to/"
}
