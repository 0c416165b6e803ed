# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Kernels of another Debian release than this machine's. Modules for them need
# that release's compiler, so each has a root directory, build/roots/NAME, with
# what a module build runs and nothing else. Sourced by kernels.sh.
#
# The packages are only unpacked, none is configured: no script of theirs runs,
# no initramfs is made. Nothing is ever mounted: sources go in and modules come
# out by copying, so a root can be used, and removed, wherever chroot is allowed.
: "${build:?}" "${kbuild_products:?}"	# from lib.sh

# objtool wants libelf and make wants a shell; the headers bring their compiler
root_packages=(make binutils bash dash coreutils findutils sed grep mawk)

root_dir()
{
	echo "$build/roots/$1"
}

kernel_has_root()
{
	[[ $(kernel_field "$1" 2) == root ]]
}

# Where this machine gets its own Debian packages from.
debian_mirror()
{
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(SITE)' 'Created-By: Packages' \
		'Origin: Debian' 'Label: Debian' 'Component: main' |
		awk 'NR == 1'
}

# How this machine reaches it.
apt_access()
{
	apt-config dump --no-empty --format '%f "%v";%n' Acquire |
		grep -E '^Acquire::(https?|Retries|Check)' || true
}

# archive_lines SUITE MIRROR
archive_lines()
{
	local suite

	for suite in "$1" "$1-backports"; do
		echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $2 $suite main"
	done
}

# open_archive SUITE DIR: leaves the lines of a release in DIR/archive.list, and has
# apt read its lists
open_archive()
{
	local suite=$1 dir=$2 mirror

	mirror=$(debian_mirror)
	if [[ -z $mirror ]]; then
		# without lists apt does not know whose its sources are
		apt_get update
		mirror=$(debian_mirror)
	fi
	[[ -n $mirror ]] || die "apt has no Debian mirror configured"
	archive_lines "$suite" "$mirror" >"$dir/archive.list"
	mkdir -p "$dir"/lists/partial "$dir"/cache/archives/partial
	in_archive "$dir" apt_get update
}

# in_archive DIR COMMAND ARGUMENT...: apt, with the lists of that release
in_archive()
{
	local dir=$1
	shift

	"$@" -o "Dir::Etc::SourceList=$dir/archive.list" \
		-o Dir::Etc::SourceParts=- -o "Dir::State::Lists=$dir/lists" \
		-o "Dir::Cache=$dir/cache"
}

# newest_release NAME DIR: the newest kernel NAME.x in the archive that DIR is open
# on; it may lag behind its headers
newest_release()
{
	in_archive "$2" apt-cache pkgnames "linux-binary-$1." |
		sed -n 's/^linux-binary-\([0-9.]*+deb[0-9]*-amd64\)$/\1/p' |
		sort -V | tail -n 1
}

# fill_root NAME ROOT SCRATCH: leaves the kernel's release in SCRATCH/release
fill_root()
{
	local name=$1 root=$2 scratch=$3 suite release packages
	local lines=$scratch/archive.list

	suite=$(kernel_field "$name" 3)
	open_archive "$suite" "$scratch"
	release=$(newest_release "$name" "$scratch")
	[[ -n $release ]] || die "$suite-backports has no kernel $name"
	say "$name: unpacking $release and its compiler, a minute once"
	packages="linux-headers-$release linux-binary-$release ${root_packages[*]}"
	apt_access >"$scratch/apt.conf"
	with_progress "$name" "$root.log" \
		mmdebstrap --mode=root --variant=extract --verbose \
		--include="$packages" \
		--aptopt='APT::Sandbox::User "root"' \
		--aptopt="$scratch/apt.conf" \
		--dpkgopt='path-exclude=/usr/share/doc/*' \
		--dpkgopt='path-exclude=/usr/share/info/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		"$suite" "$root" "$lines"

	# what its package would have asked update-alternatives for
	ln -s mawk "$root/usr/bin/awk"
	# objtool refuses to run when it cannot find its stack in here
	mkdir -p "$root/proc/self"
	cat /proc/self/maps >"$root/proc/self/maps"
	echo "$release" >"$scratch/release"
}

provide_root()
{
	local name=$1 dir=$build/kernels/$1 root scratch release stamp

	root=$(root_dir "$name")
	stamp="$(kernel_field "$name" 3) ${root_packages[*]}"
	if [[ $(cat "$root/.stamp" 2>/dev/null) == "$stamp" &&
	      -e $dir/vmlinuz ]]; then
		return 0
	fi
	((EUID == 0)) || die "$name: only root can build in another release"
	need_packages mmdebstrap debian-archive-keyring

	rm -rf --one-file-system "$root"
	mkdir -p "$dir" "${root%/*}"
	scratch=$(mktemp -d)
	if ! (fill_root "$name" "$root" "$scratch"); then
		rm -rf "$scratch"
		return 1
	fi
	release=$(cat "$scratch/release")
	rm -rf "$scratch"
	mv "$root/usr/lib/modules/$release/vmlinuz" "$dir/vmlinuz" || return
	echo "$release" >"$dir/release"
	echo "$stamp" >"$root/.stamp"
}

# root_make NAME DIR ARGUMENT...: make in the root, on a copy of DIR that has the
# same path there; what it makes comes back
root_make()
{
	local root dir=$2 status=0 product products=()
	root=$(root_dir "$1")
	shift 2

	((EUID == 0)) || die "only root can build in another release"
	mkdir -p "$root$dir"
	rsync -rlpt --copy-unsafe-links --delete "$dir/" "$root$dir/" || return
	chroot "$root" make "$@" || status=$?
	for product in "${kbuild_products[@]}"; do
		products+=(--include="$product")
	done
	rsync -rlpt --delete "${products[@]}" --include='*/' --exclude='*' \
		"$root$dir/" "$dir/" || return
	return "$status"
}
