#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# CPUs go and come back while others allocate and free.
# Tests are called by their names.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/ktap.sh"

CPUS=/sys/devices/system/cpu

# of_cpu HEAP CPU N: the sum of a column of "percpu"
of_cpu()
{
	awk -v cpu="$2" -v n="$3" '
		NR > 1 && $1 == cpu { sum += $n }
		END { print sum + 0 }' "$HEAPS/$1/percpu"
}

test_nothing_is_stranded()
{
	kspan create going
	in_background "$USER/objects" churn going 8
	first=$!
	in_background "$USER/objects" churn going 8
	second=$!
	in_background "$USER/objects" churn going 8
	third=$!
	rounds=0
	while kill -0 "$first" 2>/dev/null; do
		for cpu in $all; do
			echo 0 >"$cpu/online"
			number=${cpu##*cpu}
			is 0 "$(of_cpu going "$number" 3)" "its capacity"
			is 0 "$(of_cpu going "$number" 4)" "objects it caches"
			is 0 "$(of_cpu going "$number" 7)" "objects on its shelf"
			[ $((rounds % 2)) -ne 0 ] || echo 1 >"$HEAPS/going/drain"
			echo 1 >"$cpu/online"
		done
		rounds=$((rounds + 1))
	done
	wait "$first" "$second" "$third"
	echo "$rounds rounds"
	[ "$rounds" -gt 2 ]
	verify going
	is 0 "$(stat_of going live_objects)" live_objects
	echo 1 >"$HEAPS/going/drain"
	is 0 "$(stat_of going cached_bytes)" cached_bytes
	kspan destroy going
}

# The first CPU stays.
all=$(find $CPUS/cpu[1-9]*/online 2>/dev/null | sed 's|/online$||')
[ "$all" ] || {
	echo "TAP version 13"
	echo "1..0 # SKIP no CPU can go"
	exit "$EXIT_SKIP"
}
ktap_run nothing_is_stranded
