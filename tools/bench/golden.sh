#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# The instructions of the fast paths, by kind, in the module as it is built:
#
#	golden.sh check			compares with golden/KERNEL.txt, in KTAP
#	golden.sh update KERNEL...	writes golden/KERNEL.txt
#
# Another compiler makes other code: then there is nothing to compare.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/../vm/lib.sh"
# shellcheck source=../vm/kernels.sh
source "$vm_dir/kernels.sh"

golden_dir=$top/tools/bench/golden
functions=(
	__kspan_alloc __kspan_alloc_plain __kspan_alloc_mag
	__kspan_alloc_mag_plain kspan_free
	kspan_alloc_bulk kspan_free_bulk
)

module_of()
{
	echo "$build/modules/$1/kmod/kspan.ko"
}

compiler_of()
{
	readelf -p .comment "$(module_of "$1")" |
		sed -n 's/^ *\[ *[0-9a-f]*\] *//p' | sort -u | head -n 1
}

# Whether the module is that of the sources as they are.
is_current()
{
	local source mirrored

	[[ -e $(module_of "$1") ]] || return
	for source in "$top"/kmod/*.c "$top"/kmod/*/*.[ch] \
		      "$top"/kmod/include/linux/*.h; do
		mirrored=$build/modules/$1/${source#"$top/"}
		cmp -s "$source" "$mirrored" || return
		[[ ! $mirrored -nt $(module_of "$1") ]] || return
	done
}

counts()
{
	echo "compiler $(compiler_of "$1")"
	objdump -dr "$(module_of "$1")" |
		"$top/tools/bench/golden.pl" "${functions[@]}"
}

check_kernel()
{
	local kernel=$1 n=$2 golden=$golden_dir/$1.txt difference

	if ! is_current "$kernel"; then
		echo "ok $n golden $kernel # SKIP not built of these sources"
	elif [[ $(head -n 1 "$golden") != "compiler $(compiler_of "$kernel")" ]]; then
		echo "ok $n golden $kernel # SKIP another compiler:" \
			"$(compiler_of "$kernel")"
	elif difference=$(diff -U 0 "$golden" <(counts "$kernel")); then
		echo "ok $n golden $kernel"
	else
		sed -n '3,${/^[-+]/s/^/# /p}' <<<"$difference"
		echo "# if it is meant: tools/bench/golden.sh update $kernel"
		echo "not ok $n golden $kernel"
		return 1
	fi
}

check()
{
	local kernels=() kernel n=0 status=0

	mapfile -t kernels < <(cd "$golden_dir" && ls -- *.txt)
	echo "TAP version 13"
	echo "1..${#kernels[@]}"
	for kernel in "${kernels[@]}"; do
		check_kernel "${kernel%.txt}" $((++n)) || status=1
	done
	return "$status"
}

case ${1-} in
check)
	check
	;;
update)
	shift
	for kernel; do
		"$vm_dir/modules.sh" "$kernel" >&2
		counts "$kernel" >"$golden_dir/$kernel.txt"
	done
	;;
*)
	die "usage: $0 check | update KERNEL..."
	;;
esac
