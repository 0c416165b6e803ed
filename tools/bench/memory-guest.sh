#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The guest's part of memory.sh. Prints, for each point of each run,
#	BACKEND MEGABYTES POINT REQUESTED ROUNDED HELD METADATA OBJECTS ERRORS BLOCKS
# for each storm of frees after a grace period
#	storm BACKEND BYTES FREES HELD ERRORS
# and leaves in /out what a replay of this kernel's own allocations held.
dir=/sys/kernel/debug/kspan_bench

# The kernel has work left to do when init begins.
sleep 3
dd if=mean.txt of=$dir/fleet bs=64k 2>/dev/null || exit 1
for megabytes in $(echo "$BENCH_MEGABYTES" | tr , " "); do
	events=$((megabytes * BENCH_EVENTS_PER_MB))
	for backend in kspan kmalloc kmem_cache; do
		echo "$backend $megabytes $events" >$dir/churn || exit 1
		sed "s/^/$backend $megabytes /" $dir/churn
	done
done
for bytes in 64 256; do
	for backend in kspan kmalloc; do
		echo "$backend $bytes $BENCH_STORM" >$dir/storm || exit 1
		sed "s/^/storm /" $dir/storm
	done
done

kspan record /tmp/trace -- ./workload.sh >&2 || exit 1
kspan replay /tmp/trace --backend all --repeat 0 --thin --json >/out/replay.json
