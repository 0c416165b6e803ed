#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The guest's part of latency.sh: allocations timed in each mode of BENCH_MODES,
# BENCH_ROUNDS times in turn.
dir=/sys/kernel/debug/kspan_bench

sleep 3
round=0
while [ $round -lt "$BENCH_ROUNDS" ]; do
	for mode in $(echo "$BENCH_MODES" | tr , " "); do
		echo "$mode $BENCH_SECONDS" >$dir/latency || exit 1
		cat $dir/latency
	done
	round=$((round + 1))
done
