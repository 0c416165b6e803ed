#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Runs the models: as they are, where spin may find nothing, and with each of their
# breaks, where it must find an error. KTAP on stdout.
#
#	check.sh [long]		long: more steps; some minutes and gigabytes
#
# A case: what is defined, the steps of the two mutators, and what has to come of it.
# The steps are the fewest in which the break shows.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
out=${O:-$here/../../build/model}

short=(
	"good		2 1	sound"
	"good		3 0	sound"
	"NO_BARRIER	3 0	error"
	"INSERTION	3 0	error"
	"MARK_FIRST,LOADS_AND_STORES 4 2 error"
	"EARLY_ROOTS	2 1	error"
	"ONE_GRACE	2 1	error"
	"WHITE		2 0	error"
	"EARLY_BLACK	3 1	error"
	"NO_LAST_GRACE	3 1	error"
	"LATE_SHADE	3 1	error"
	"WEAK_PLAIN	3 0	error"
	"WEAK_UNLOCKED	3 0	error"
)
long=(
	"good		3 1	sound"
	"good		2 2	sound"
	"good		3 2	sound"
	"CYCLES=2	3 1	sound"
	"BOTH		3 1	sound"
	"SEPARATE,LOADS_AND_STORES 4 2 error"
	"LOADS_AND_STORES 4 2	sound"
)

# verdict DIR DEFINITION,... STEPS STEPS: what spin says of the model
verdict()
{
	local dir=$1 defines=(-DOPS0="$3" -DOPS1="$4") names=() name

	[[ $2 == good ]] || IFS=, read -ra names <<<"$2"
	for name in "${names[@]}"; do
		defines+=("-D$name")
	done
	mkdir -p "$dir"
	cd "$dir"
	# -w: it is spin's code
	spin "${defines[@]}" -a "$here/collect.pml" >log 2>&1 &&
		gcc -w -O2 -DSAFETY -DMEMLIM=8192 -o pan pan.c >>log 2>&1 &&
		./pan -m100000 -n -w24 >>log 2>&1
	if grep -q 'assertion violated' log; then
		echo error
	elif grep -q 'errors: 0' log &&
	     ! grep -Eq 'max search depth|memory limit|pan:.*invalid' log; then
		echo sound
	else
		echo unknown
	fi
}

cases=("${short[@]}")
[[ ${1:-} != long ]] || cases+=("${long[@]}")
status=0 n=0
echo "KTAP version 1"
echo "1..${#cases[@]}"
for case in "${cases[@]}"; do
	read -r name ops0 ops1 expected <<<"$case"
	dir=$out/$name-$ops0-$ops1
	got=$(verdict "$dir" "$name" "$ops0" "$ops1") || got=unknown
	rm -f "$dir"/pan*
	result=ok
	if [[ $got != "$expected" ]]; then
		result="not ok"
		status=1
		sed 's/^/# /' "$dir/log"
	fi
	echo "$result $((++n)) model $name, $ops0 and $ops1 steps: $got"
done
exit $status
