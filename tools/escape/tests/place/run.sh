#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Programs whose objects were placed, under AddressSanitizer. Prints KTAP:
#
# - a program prints the same with and without, makes fewer allocations, and uses no
#   variable of a function that has returned;
# - placements that are wrong, which the plugin is made to do, are all caught, and so is
#   an annotation that does not say the truth.
set -u
cd "$(dirname "$0")" || exit
export LC_ALL=C
CC=${CC:-gcc}
nr_faults=10

[[ -e $($CC -print-file-name=plugin)/include/gcc-plugin.h ]] || {
	echo "KTAP version 1"
	echo "1..0 # SKIP gcc's plugin headers are not installed"
	exit 0
}
make -s -C ../.. CC="$CC" >&2
plugin=$(make -s -C ../.. CC="$CC" path)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
number=0
status=0

# result OK NAME
result()
{
	local word=ok

	((number++))
	if (($1)); then
		word="not ok"
		status=1
	fi
	echo "$word $number $2"
}

# compile SOURCE PROGRAM [OPTION ...]
compile()
{
	local source=$1 program=$2 option args=()
	shift 2

	((!$#)) || args+=("-fplugin=$plugin")
	for option; do
		args+=("-fplugin-arg-kspan_escape-$option")
	done
	$CC -std=gnu11 -O2 -g -w -fsanitize=address "${args[@]}" \
		-o "$scratch/$program" "$source"
}

# counted PROGRAM: the allocations before and in all, and those that live
counted()
{
	"$scratch/$1" 2>&1 >"$scratch/$1.out" | sed -n 's/^allocations: //p'
}

same_results()
{
	local before after

	compile slots.c plain && compile slots.c placed place=slot || return
	before=$(counted plain)
	after=$(counted placed)
	echo "# allocations without and with placement: $before; $after"
	[[ $before == *"live: 0" && $after == "0 "*"live: 0" ]] || return
	cmp "$scratch/plain.out" "$scratch/placed.out"
}

same_from_stacks()
{
	local before after

	compile regions.c plain_r && compile regions.c pushed place=region || return
	before=$(counted plain_r)
	after=$(counted pushed)
	echo "# allocations without and with placement: $before; $after"
	[[ $before == "10 "*"live: 0, borrowed: 0" ]] || return
	[[ $after == "0 "*"live: 0, borrowed: 0" ]] || return
	cmp "$scratch/plain_r.out" "$scratch/pushed.out"
}

# Freed at the end of their functions instead: as many, all freed, the same results.
same_when_verified()
{
	compile slots.c verified place=verify || return
	[[ $(counted verified) == "$(counted plain)" ]] || return
	cmp "$scratch/plain.out" "$scratch/verified.out"
}

# Right as it is; caught wherever the object is that the annotation lies about.
lie_is_caught()
{
	local place

	compile lie.c lie && "$scratch/lie" || return
	for place in slot verify; do
		compile lie.c "lie_$place" "place=$place" && caught "lie_$place" ||
			return
	done
}

# caught PROGRAM [ARGUMENT]
caught()
{
	! "$scratch/$1" "${@:2}" >"$scratch/out" 2>&1 && grep -qE 'AddressSanitizer|wrong sum' "$scratch/out"
}

echo "KTAP version 1"
echo "1..$((2 * nr_faults + 4))"
same_results
result $? "the same results from slots"
same_from_stacks
result $? "the same results from stacks"
same_when_verified
result $? "the same results from objects freed at the end"
lie_is_caught
result $? "an annotation that lies is caught"
compile faults.c right place=slot
compile faults.c wrong place=slot force-place
for ((fault = 1; fault <= nr_faults; fault++)); do
	"$scratch/right" $fault
	result $? "fault $fault is not placed"
	caught wrong $fault
	result $? "fault $fault is caught when forced"
done
exit $status
