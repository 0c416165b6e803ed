#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The guest's part of curves.sh: each load of BENCH_CURVES, on kspan and on
# kmalloc(), and what the file "curve" says of it.
dir=/sys/kernel/debug/kspan_bench

# The CPU time that heaps have spent on giving back.
spent_ns()
{
	awk '$1 == "spent_ns_total" { print $2 }' \
		/sys/kernel/debug/kspan/scavenger 2>/dev/null
}

# The kernel has work left to do when init begins.
sleep 3
dd if=mean.txt of=$dir/fleet bs=64k 2>/dev/null || exit 1
for load in $(echo "$BENCH_CURVES" | tr , " "); do
	load=$(echo "$load" | tr : " ")
	for backend in kspan kmalloc; do
		before=$(spent_ns)
		echo "$backend $load" >$dir/curve || exit 1
		cat $dir/curve
		echo "spent $(($(spent_ns) - before))"
	done
done
