#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Moves modules of Debian's linux-source-6.12 to kspan by port.sh and puts them to work
# in a guest with kernel 6.12, one after the other:
#
#	check-port.sh [NAME...]		the modules of real/list (all)
#
# Each has a folder in real/ with the guest's test. What a test needs beside the
# module (images, programs, Debian's own modules) is brought along. KTAP, kernel logs in
# build/check-port/; the last line is the sum.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/../vm/lib.sh"
# shellcheck source=../vm/kernels.sh
source "$vm_dir/kernels.sh"

kernel=6.12
real=$top/tools/cocci/real
work=$build/check-port

# copy_program DIR NAME: with what it is linked to, as the guest has no libraries
copy_program()
{
	local program libraries

	program=$(command -v "$2") || die "no program $2"
	mapfile -t libraries < <(ldd "$program" |
		awk '$3 ~ "^/" { print $3 } $1 ~ "^/" { print $1 }')
	mkdir -p "$1"
	cp -L -t "$1" -- "$program" "${libraries[@]}"
}

# What is not of the module, in its folder for the guest.
bring()
{
	local name=$1 to=$2

	case $name in
	ext2)	truncate -s 32M "$to/image"
		mkfs.ext2 -q -b 1024 -I 256 "$to/image"
		copy_program "$to/bin" setfattr
		copy_program "$to/bin" getfattr
		copy_program "$to/bin" setfacl
		copy_program "$to/bin" getfacl ;;
	minix)	truncate -s 16M "$to/image"
		mkfs.minix -3 "$to/image" >&2 ;;
	udf)	truncate -s 32M "$to/image"
		mkudffs --utf8 -b 2048 "$to/image" >&2 ;;
	wireguard)
		copy_program "$to/bin" ip
		copy_program "$to/bin" wg ;;
	esac
}

# Debian's modules that NAME.ko needs, and those that its test needs, in order.
others()
{
	local release=$1 module=$2 name

	for name in $(modinfo -F depends "$module" | tr , ' ') ${3-}; do
		[[ $name != kspan ]] || continue
		modprobe -S "$release" --show-depends "$name" |
			awk '$1 == "insmod" { print $2 }'
	done | awk '!seen[$0]++'
}

# unpacked FILE...: insmod of busybox reads no compressed modules
unpacked()
{
	local file to

	for file; do
		to=$work/modules/$(basename "${file%.xz}")
		mkdir -p "$work/modules"
		case $file in
		*.xz)	xz -dc "$file" >"$to" ;;
		*)	cp "$file" "$to" ;;
		esac
		echo "$to"
	done
}

# check NAME SOURCE
check()
{
	local name=$1 source=$2 dir=$work/$1 more='' release modules

	say "$name: moving, building, running"
	mkdir -p "$dir/guest"
	cp -r "$source_tree/$source" "$dir/source"
	if [[ -e $real/$name/Kbuild ]]; then
		rm -f "$dir/source/Makefile"
		cp "$real/$name/Kbuild" "$dir/source/"
	fi
	"$top/tools/cocci/port.sh" "$dir/source" "$dir/moved" >"$dir/port" || return
	if ! "$vm_dir/modules.sh" "$kernel" M="$dir/moved" >"$dir/build" 2>&1; then
		tail -n 30 "$dir/build" >&2
		return 1
	fi
	sed 's/^/# /' "$dir/port"

	release=$(kernel_release "$kernel")
	case $name in
	wireguard) more=veth ;;
	*)	more=loop ;;
	esac
	mapfile -t modules < <(others "$release" "$dir/moved/$name.ko" "$more")
	mapfile -t modules < <(unpacked "${modules[@]}")
	cp "$real/$name/test.sh" "$real/guest.sh" "$top/selftests/ktap.sh" "$dir/guest/"
	bring "$name" "$dir/guest" || return
	printf '#!/bin/sh\ncd /root/guest && exec sh ./test.sh\n' >"$dir/run"
	KERNEL=$kernel MEM=1G MODULES="${modules[*]} $dir/moved/$name.ko" \
		FILES=$dir/guest RUN=$dir/run CAPTURE=$dir/ktap TIMEOUT=600 \
		PREBUILT=1 "$vm_dir/vm.sh" >"$dir/log" 2>&1
}

need_packages "${vm_packages[@]}" build-essential rsync coccinelle python3 kmod xz-utils \
	e2fsprogs util-linux udftools iproute2 wireguard-tools attr acl
provide_kernel "$kernel"
provide_source
"$vm_dir/modules.sh" "$kernel" >/dev/null || die "the modules do not build"
need_packages "linux-image-$(kernel_release "$kernel")"

passed=0
failed=0
rm -rf "$work"
while read -r name source; do
	[[ $name && $name != \#* ]] || continue
	(($# == 0)) || [[ " $* " == *" $name "* ]] || continue
	echo "# $name"
	status=0
	check "$name" "$source" || status=$?
	touch "$work/$name/ktap" "$work/$name/log"
	tr -d '\r' <"$work/$name/ktap" | tee "$work/$name/results"
	read -r p f _ < <("$vm_dir/ktap.pl" <"$work/$name/results" | tail -n 1)
	reports=$("$vm_dir/klog.pl" "$work/$name/log" | tail -n 1)
	if ((status && !f)) || ((reports)) || ((p + f == 0)); then
		echo "FAILED $name: exit status $status, $reports reports in $work/$name/log"
		((++f))
	fi
	((passed += p, failed += f)) || true
done <"$real/list"
echo "$passed passed, $failed failed"
((failed == 0 && passed > 0))
