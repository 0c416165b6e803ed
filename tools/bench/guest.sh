#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The part of "make bench" in the guest: what there is to know of the machine,
# then one series of measurements after the other, BENCH_ROUNDS times.
dir=/sys/kernel/debug/kspan_bench

echo "# cpu $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
echo "# cmdline $(cat /proc/cmdline)"
echo "# version $(cat /proc/version)"
for _ in $(seq "${BENCH_ROUNDS:-1}"); do
	for series in $(echo "$BENCH_SERIES" | tr , " "); do
		echo "# series $series"
		cat "$dir/$series" || exit 1
	done
done
