#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The guest's part of gc.sh: the graph of kspan_bench's "marking", of each size in
# BENCH_MEGABYTES, collected and beside it on an ordinary heap, as many mutators as
# there are CPUs, BENCH_RUNS times; likewise collected only, with nobody at work, where
# its nodes are scattered. Before each run stands a line "# run".
file=/sys/kernel/debug/kspan_bench/marking

# The kernel has work left to do when init begins.
sleep 3
for megabytes in $(echo "$BENCH_MEGABYTES" | tr , ' '); do
	for _ in $(seq "$BENCH_RUNS"); do
		for backend in collected kspan; do
			echo "$backend $megabytes $(nproc) $BENCH_MS" >$file ||
				exit 1
			echo "# run"
			cat $file
		done
		echo "collected $megabytes $(nproc) 0 scattered" >$file || exit 1
		echo "# run"
		cat $file
	done
done
