#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The guest's part of smp.sh: every pattern on all CPUs; those that show how an
# allocator scales on fewer, too, or with BENCH_SCALE=all every one. Backends take
# turns, so that what else the machine does meanwhile meets all of them, with a pause
# of BENCH_PAUSE seconds between. Prints
#	PATTERN BACKEND BYTES THREADS OPS_PER_SECOND ERRORS
file=/sys/kernel/debug/kspan_bench/smp
ncpus=$(nproc)

is_wanted()
{
	case ,${BENCH_PATTERNS:-$1}, in
	*,"$1",*) ;;
	*) return 1 ;;
	esac
}

threads_of()
{
	case $1-$BENCH_SCALE in
	*-all | threadtest-* | linux-scalability-* | larson-* | alloc-test-*)
		threads=$2
		while [ $threads -lt "$ncpus" ]; do
			echo $threads
			threads=$((threads * 2))
		done
		;;
	esac
	echo "$ncpus"
}

# The kernel has work left to do when init begins.
sleep 3
cat $file >/tmp/patterns
while read -r pattern least backends; do
	is_wanted "$pattern" || continue
	[ "$ncpus" -ge "$least" ] || continue
	for threads in $(threads_of "$pattern" "$least"); do
		for _ in $(seq "$BENCH_RUNS"); do
			for backend in $(echo "$backends" | tr , ' '); do
				echo "$pattern $backend $threads $BENCH_MS" \
					>$file && cat $file || exit 1
				sleep "${BENCH_PAUSE:-0}"
			done
		done
	done
done </tmp/patterns
