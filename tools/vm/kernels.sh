# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The kernels the tests run on: for each a name, how it is made, its image and
# the directory that modules build against. Sourced after lib.sh.
#
# A kernel takes its place in build/kernels/NAME. Stock ones are the Debian
# packages, headers installed and image only unpacked; those of another Debian
# release have a root directory, see roots.sh; built ones and user-mode Linux
# come from Debian's kernel sources with the fragments in kconfig/.
: "${build:?}" "${vm_dir:?}"	# from lib.sh
# shellcheck source-path=SCRIPTDIR source=roots.sh
source "$vm_dir/roots.sh"

source_package=linux-source-6.12
source_tree=$build/linux/$source_package
# User-mode Linux has several CPUs since 6.19.
uml_source_package=linux-source-7.2
uml_source_tree=$build/linux/$uml_source_package

# name, how, from what, for what
kernel_table()
{
	cat <<-'EOF'
	6.1      stock linux-headers-amd64         Debian's default kernel
	6.12     stock linux-headers-6.12-amd64    Debian's backported kernel
	6.12-rt  stock linux-headers-6.12-rt-amd64 the same with PREEMPT_RT
	7.2      root  trixie                      backported to the next Debian
	kunit    built kunit                       small kernel with KUnit
	lockdep  built lockdep                     with lockdep and sleep checks
	kasan    built kasan                       with KASAN and UBSAN
	kcsan    built kcsan                       with KCSAN
	kmemleak built kmemleak                    with kmemleak
	uml-smp  uml   trixie                      at native speed, a process
	host     host  -                           the running kernel, never booted
	EOF
}

# kernel_field NAME N
kernel_field()
{
	kernel_table | awk -v name="$1" -v field="$2" '
		$1 == name { print $field; found = 1 }
		END { exit !found }'
}

kernel_names()
{
	kernel_table | awk '$2 != "host" { print $1 }'
}

need_kernel_name()
{
	kernel_field "$1" 1 >/dev/null ||
		die "no kernel '$1'; there are: $(kernel_names | xargs)"
}

kernel_is_uml()
{
	[[ $(kernel_field "$1" 2) == uml ]]
}

kernel_is_built()
{
	[[ $(kernel_field "$1" 2) == built ]]
}

kernel_release()
{
	case $(kernel_field "$1" 2) in
	stock|root) cat "$build/kernels/$1/release" ;;
	built|uml) cat "$build/kernels/$1/include/config/kernel.release" ;;
	host)	uname -r ;;
	esac
}

# The directory for "make -C" and M=; below the root where there is one.
kernel_builddir()
{
	case $(kernel_field "$1" 2) in
	stock|root) echo "/usr/src/linux-headers-$(kernel_release "$1")" ;;
	built|uml) echo "$build/kernels/$1" ;;
	host)	echo "/lib/modules/$(uname -r)/build" ;;
	esac
}

kernel_image()
{
	case $(kernel_field "$1" 2) in
	built)	echo "$build/kernels/$1/arch/x86/boot/bzImage" ;;
	uml)	echo "$build/kernels/$1/linux" ;;
	*)	echo "$build/kernels/$1/vmlinuz" ;;
	esac
}

list_kernels()
{
	local name how what state

	while read -r name how _ what; do
		[[ $how != host ]] || continue
		state="not there yet"
		if [[ -e $(kernel_image "$name") ]]; then
			state=$(kernel_release "$name")
		fi
		printf '%-9s %s (%s)\n' "$name" "$what" "$state"
	done < <(kernel_table)
}

# ---- stock ----------------------------------------------------------------

# The concrete package that a headers metapackage stands for.
stock_release()
{
	# shellcheck disable=SC2016
	dpkg-query -W -f '${Depends}' "$1" |
		grep -o 'linux-headers-[0-9][^ ,]*' | head -n 1 |
		sed 's/^linux-headers-//'
}

# fetch_image RELEASE FILE
fetch_image()
{
	local release=$1 image=$2 version tmp

	# Newer headers packages depend on the image and have brought it.
	if [[ -r /boot/vmlinuz-$release ]]; then
		cp "/boot/vmlinuz-$release" "$image"
		return
	fi
	version=$(package_version "linux-headers-$release")
	tmp=$(mktemp -d "$image.XXXXXX")
	say "fetching linux-image-$release"
	if (cd "$tmp" && apt_get download "linux-image-$release=$version") &&
	   dpkg-deb --fsys-tarfile "$tmp"/*.deb |
		tar -xO "./boot/vmlinuz-$release" >"$tmp/vmlinuz"; then
		mv "$tmp/vmlinuz" "$image"
	fi
	rm -rf "$tmp"
	[[ -e $image ]]
}

provide_stock()
{
	local name=$1 dir=$build/kernels/$1 headers release

	if [[ -e $dir/vmlinuz && -d $(kernel_builddir "$name") ]]; then
		return 0
	fi
	headers=$(kernel_field "$name" 3)
	need_packages "$headers"
	release=$(stock_release "$headers")
	[[ $release == "${name%-rt}".* ]] ||
		die "$headers is $release here, not $name"

	mkdir -p "$dir"
	if ! fetch_image "$release" "$dir/vmlinuz"; then
		# The archive keeps only the latest: catch up with it.
		((EUID == 0)) || die "no image package for $release"
		apt_get update
		apt_get install --no-install-recommends "$headers" ||
			die "could not upgrade $headers"
		release=$(stock_release "$headers")
		fetch_image "$release" "$dir/vmlinuz" ||
			die "no image package for $release"
	fi
	echo "$release" >"$dir/release"
}

# ---- built ----------------------------------------------------------------

build_packages=(
	build-essential flex bison bc libelf-dev libssl-dev kmod
	"$source_package"
)

unpack_source()
{
	local version

	version=$(package_version "$source_package")
	if [[ $(cat "$source_tree/.unpacked" 2>/dev/null) == "$version" ]]; then
		return 0
	fi
	say "unpacking $source_package $version"
	rm -rf "$source_tree"
	mkdir -p "$build/linux"
	tar -xf "/usr/src/$source_package.tar.xz" -C "$build/linux"
	echo "$version" >"$source_tree/.unpacked"
}

# The source that user-mode Linux is built from, with what makes it fit for
# measuring: see uml/smp.patch.
unpack_uml_source()
{
	local patch=$vm_dir/uml/smp.patch stamp scratch
	stamp=$(sha256sum <"$patch")

	if [[ $(cat "$uml_source_tree/.unpacked" 2>/dev/null) == "$stamp" ]]; then
		return 0
	fi
	say "fetching and unpacking $uml_source_package"
	rm -rf "$uml_source_tree"
	scratch=$(mktemp -d)
	open_archive "$(kernel_field uml-smp 3)" "$scratch" &&
	(cd "$scratch" &&
	 in_archive "$scratch" apt_get download "$uml_source_package") &&
	dpkg-deb --fsys-tarfile "$scratch"/*.deb |
		tar -xO "./usr/src/$uml_source_package.tar.xz" |
		tar -xJ -C "$build/linux" &&
	patch -d "$uml_source_tree" -p1 -s -F0 <"$patch" &&
	echo "$stamp" >"$uml_source_tree/.unpacked"
	rm -rf "$scratch"
	[[ -e $uml_source_tree/.unpacked ]]
}

# The kernel's source, for what is built from it and for its scripts.
provide_source()
{
	need_packages "${build_packages[@]}" xz-utils
	run_locked "$build/linux/.lock" unpack_source ||
		die "could not unpack $source_package"
}

# built_stamp TREE FRAGMENT...: what the kernel depends on; another value and it is
# built again
built_stamp()
{
	cat "${@:2}"
	printf '%s' "$(<"$1/.unpacked")"
	gcc -dumpfullversion
}

# kbuild drops an option without a word when a dependency is not met.
check_config()
{
	local config=$1 line option lost=()
	shift

	while read -r line; do
		case $line in
		CONFIG_*=*)
			grep -qxF -- "$line" "$config" || lost+=("$line")
			;;
		"# CONFIG_"*" is not set")
			option=${line#\# }
			option=${option%% *}
			! grep -q "^$option=" "$config" || lost+=("$line")
			;;
		esac
	done < <(cat "$@")
	((${#lost[@]} == 0)) && return 0
	say "${config#"$top/"} lacks what its fragments ask for:"
	printf '    %s\n' "${lost[@]}" >&2
	return 1
}

# Runs a long build with its output in a file and a line now and then.
with_progress()
{
	local name=$1 log=$2 pid start=$SECONDS next=15
	shift 2

	"$@" >"$log" 2>&1 </dev/null &
	pid=$!
	while kill -0 $pid 2>/dev/null; do
		sleep 0.5
		if ((SECONDS - start >= next)); then
			say "$name: $(wc -l <"$log") steps done after ${next} s"
			((next += 15))
		fi
	done
	wait $pid && return
	tail -n 40 "$log" >&2
	die "$name: build failed, see ${log#"$top/"}"
}

# build_kernel NAME TREE ARCH IMAGE FRAGMENT...
build_kernel()
{
	local name=$1 tree=$2 arch=$3 image=$4 dir=$build/kernels/$1
	local fragments stamp
	shift 4
	fragments=("$@")

	stamp=$(built_stamp "$tree" "${fragments[@]}" | sha256sum)
	if [[ $(cat "$dir/.stamp" 2>/dev/null) == "$stamp" ]]; then
		return 0
	fi
	say "$name: building the kernel, some minutes once"
	mkdir -p "$dir"
	rm -f "$dir/.stamp"
	cat "${fragments[@]}" >"$dir/all.config"
	make -s -C "$tree" O="$dir" ARCH="$arch" \
		KCONFIG_ALLCONFIG="$dir/all.config" allnoconfig \
		>"$dir/config.log" 2>&1 || {
		cat "$dir/config.log" >&2
		die "$name: could not configure"
	}
	check_config "$dir/.config" "${fragments[@]}" ||
		die "$name: kconfig dropped options"
	with_progress "$name" "$dir/build.log" \
		make -C "$tree" O="$dir" ARCH="$arch" -j"$(nproc)" \
		"$image" modules
	echo "$stamp" >"$dir/.stamp"
	say "$name: built"
}

provide_built()
{
	provide_source
	build_kernel "$1" "$source_tree" x86_64 bzImage \
		"$vm_dir/kconfig/base.config" "$vm_dir/kconfig/$(kernel_field "$1" 3).config"
}

provide_uml()
{
	need_packages "${build_packages[@]}" xz-utils debian-archive-keyring patch
	run_locked "$build/linux/.lock" unpack_uml_source ||
		die "could not unpack $uml_source_package"
	build_kernel "$1" "$uml_source_tree" um linux "$vm_dir/kconfig/$1.config"
}

# ---- both -----------------------------------------------------------------

provide_host()
{
	local headers
	headers=linux-headers-$(uname -r)

	[[ -e $(kernel_builddir host)/Makefile ]] && return 0
	if command -v apt-cache >/dev/null && package_known "$headers"; then
		need_packages "$headers"
	fi
	[[ -e $(kernel_builddir host)/Makefile ]] ||
		die "no headers for the running kernel, $(uname -r)"
}

# provide_kernel NAME: makes it unless it is there; safe to run in parallel
provide_kernel()
{
	need_kernel_name "$1"
	run_locked "$build/kernels/.$1.lock" \
		"provide_$(kernel_field "$1" 2)" "$1" || exit
}
