# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What scripts share that put the modules of real/list to work in a guest: their
# sources, and what a test needs beside the module. Sourced, with vm/kernels.sh before.
: "${top:?}" "${source_tree:?}" "${kernel:?}" "${work:?}"

real=$top/tools/cocci/real
# shellcheck disable=SC2034
real_packages=(
	build-essential rsync coccinelle python3 kmod xz-utils
	e2fsprogs util-linux udftools iproute2 wireguard-tools attr acl
)

# move NAME SOURCE DIR: leaves the source on kspan in DIR/moved, the report in DIR/port
move()
{
	local name=$1 source=$2 dir=$3

	cp -r "$source_tree/$source" "$dir/source"
	if [[ -e $real/$name/Kbuild ]]; then
		rm -f "$dir/source/Makefile"
		cp "$real/$name/Kbuild" "$dir/source/"
	fi
	"$top/tools/cocci/port.sh" "$dir/source" "$dir/moved" >"$dir/port"
}

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

# loaded_before NAME MODULE: the files of Debian's modules that it wants, in order
loaded_before()
{
	local more=loop modules

	[[ $1 != wireguard ]] || more=veth
	mapfile -t modules < <(others "$(kernel_release "$kernel")" "$2" "$more")
	unpacked "${modules[@]}"
}
