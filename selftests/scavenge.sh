#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Memory that goes back by itself. Needs 600 MB, or TINY=1 for what 128 suffice for.
# Tests are called by their names.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/ktap.sh"

LOAD=$DEBUGFS/../kspan_load
MB=1048576

do_load()
{
	echo "$*" >"$LOAD/command"
}

state_of()
{
	awk -v key="$1" '$1 == key { print $2 }' "$LOAD/state"
}

fresh()
{
	! loaded kspan_load || rmmod kspan_load
	load kspan_load "$@"
}

# at_least LEAST FOUND [WHAT]
at_least()
{
	[ "$2" -ge "$1" ] || fail "${3:-value} is $2, should be at least $1"
}

scavenger()
{
	awk -v key="$1" '$1 == key { print $2 }' "$DEBUGFS/scavenger"
}

vmstat()
{
	awk -v key="$1" '$1 == key { print $2 }' /proc/vmstat
}

# What was whole is back, or as much memory: 60 of 100 parts.
expect_blocks_back()
{
	empty=$(state_of empty_blocks)
	released=$(stat_of load released_background_bytes_total)
	echo "$empty of $(state_of blocks) blocks are empty," \
		"$((released / MB)) MB went back"
	at_least $((empty * 2 * MB * 6 / 10)) "$released" released_bytes
}

expect_little_left()
{
	# the rest of the caches' goes a moment later
	for _ in 1 2 3 4 5; do
		[ "$(stat_of load backing_bytes)" -gt $((MB / 2)) ] || break
		sleep 1
	done
	at_most $((MB / 2)) "$(stat_of load backing_bytes)" backing_bytes
}

test_random_large_objects_after_a_peak()
{
	fresh
	do_load fill 256 16384 65536
	do_load thin 90
	sleep 10
	expect_blocks_back
	verify load
	do_load drop
	sleep 10
	expect_little_left
	verify load
}

# What caches hold of objects freed at random is of very many spans.
test_small_objects_at_random_after_a_peak()
{
	fresh
	do_load fill 128 32 1024
	do_load thin 90
	sleep 5
	do_load drop
	sleep 10
	expect_little_left
	verify load
}

test_small_objects_by_age_after_a_peak()
{
	fresh
	do_load fill 256 32 1024
	do_load age 90
	sleep 10
	at_least 20 "$(state_of empty_blocks)" empty_blocks
	expect_blocks_back
	verify load
	do_load drop
	sleep 10
	expect_little_left
	verify load
}

# Until nobody has anything for the scavenger to see.
wait_for_rest()
{
	for _ in 1 2 3 4 5 6; do
		before=$(scavenger ticks_total)
		sleep 5
		[ "$(scavenger ticks_total)" -ne "$before" ] || return 0
	done
	fail "still ticking"
}

# Only the free itself can tell the scavenger of these.
test_large_objects_only_after_a_rest()
{
	fresh
	do_load fill 32 65536 262144
	wait_for_rest
	do_load drop
	sleep 10
	expect_little_left
	verify load
}

test_at_most_a_hundredth_of_a_cpu()
{
	fresh
	begun=$(date +%s)
	before=$(scavenger spent_ns_total)
	do_load fill 128 16384 65536
	do_load thin 70
	sleep 10
	spent=$(($(scavenger spent_ns_total) - before))
	elapsed=$(($(date +%s) - begun + 1))
	echo "$((spent / 1000000)) ms of $elapsed s"
	# and what was saved up before, and one last block
	at_most $(((elapsed + 2) * 10000000)) "$spent" spent_ns
}

test_an_idle_heap_wakes_nobody()
{
	fresh
	do_load fill 16 100 1000
	do_load thin 50
	# until caches are idle and the peak is forgotten
	wait_for_rest
}

test_oscillation_keeps_its_memory()
{
	fresh
	for ms in 1000 2000 3000 4000; do
		do_load swing 64 "$ms" 4
	done
	retaken=$(stat_of load retaken_bytes_total)
	grown=$(stat_of load grown_bytes_total)
	released=$(stat_of load released_bytes_total)
	echo "grown $grown, released $released, retaken $retaken"
	# a tenth of what was given back, and a block
	at_most $((released / 10 + 2 * MB)) "$retaken" retaken_bytes
	at_most $((140 * MB)) "$grown" grown_bytes
	verify load
}

test_pressure_reaches_the_heap()
{
	fresh
	# what goes by itself is none of its
	echo 0 >/sys/module/kspan/parameters/background
	do_load fill 32 1000 60000
	do_load drop
	# a worker drains the caches, and then there is more
	for _ in 1 2 3 4 5 6; do
		usleep 300000
		echo 2 >/proc/sys/vm/drop_caches
		[ "$(stat_of load backing_bytes)" -gt $((10 * MB)) ] || break
	done
	at_least $((16 * MB)) \
		"$(stat_of load released_pressure_bytes_total)" released_bytes
	at_most $((10 * MB)) "$(stat_of load backing_bytes)" backing_bytes
	echo 1 >/sys/module/kspan/parameters/background
	verify load
}

test_free_pages_show_as_reclaimable()
{
	fresh
	kspan scavenge default >/dev/null
	sync
	echo 3 >/proc/sys/vm/drop_caches
	before=$(vmstat nr_kernel_misc_reclaimable)
	do_load fill 64 16384 65536
	do_load drop
	sleep 1
	at_least $((before + 14000)) "$(vmstat nr_kernel_misc_reclaimable)" pages
	rmmod kspan_load
	sleep 1
	at_most $((before + 200)) "$(vmstat nr_kernel_misc_reclaimable)" pages
}

test_limits_by_debugfs()
{
	fresh
	do_load fill 32 16384 65536
	do_load drop
	echo 8M >"$HEAPS/load/soft_limit"
	is $((8 * MB)) "$(stat_of load soft_limit_bytes)" soft_limit_bytes
	sleep 1
	at_most $((8 * MB)) "$(stat_of load backing_bytes)" backing_bytes
	at_least 1 "$(stat_of load released_limit_bytes_total)" released_bytes
	fails 1 sh -c "echo 4M >$HEAPS/load/limit"
	echo 0 >"$HEAPS/load/soft_limit"
	echo 4M >"$HEAPS/load/limit"
	sleep 2
	at_most $((4 * MB)) "$(stat_of load backing_bytes)" backing_bytes
	fails 1 sh -c "echo 5M >$HEAPS/load/reserve"
	echo 1M >"$HEAPS/load/reserve"
	is "$MB" "$(stat_of load reserve_bytes)" reserve_bytes
	is "$MB" "$(stat_of load reserve_free_bytes)" reserve_free_bytes
	kspan scavenge load >/dev/null
	is "$MB" "$(stat_of load reserve_free_bytes)" reserve_free_bytes
	at_least "$MB" "$(stat_of load backing_bytes)" backing_bytes
	echo none >"$HEAPS/load/reserve"
	is 0 "$(stat_of load reserve_bytes)" reserve_bytes
	verify load
}

test_a_module_goes_while_memory_does()
{
	for _ in 1 2 3 4 5; do
		fresh soft_limit_bytes=$MB reserve_bytes=65536
		do_load fill 32 1000 40000
		do_load thin 90
		usleep 200000
		rmmod kspan_load
	done
	[ ! -e "$HEAPS/load" ]
}

killed()
{
	dmesg | grep -c 'Out of memory' || true
}

# What a heap has just freed is there for files that cannot be evicted. Seven
# tenths are theirs, which leaves three for the heap. MemAvailable leaves out the
# watermarks, so the heap may keep slightly more than three: at most a third.
test_the_kernel_gets_it_when_it_needs_it()
{
	available=$(awk '$1 == "MemAvailable:" { print int($2 / 1024) }' \
		/proc/meminfo)
	before=$(killed)
	fresh
	for _ in 1 2 3; do
		do_load fill $((available * 6 / 10)) 2000 40000
		is 0 "$(state_of failed)" failed
		do_load drop
		at_least $((available * MB / 2)) "$(stat_of load backing_bytes)" \
			backing_bytes
		dd if=/dev/zero of=/tmp/ballast bs=1M \
			count=$((available * 7 / 10)) 2>/dev/null
		at_most $((available * MB / 3)) \
			"$(stat_of load backing_bytes)" backing_bytes
		rm /tmp/ballast
	done
	is "$before" "$(killed)" "processes killed"
	verify load
	rmmod kspan_load
}

# More objects than there is memory for: they fail, and nobody is killed.
test_more_than_there_is()
{
	available=$(awk '$1 == "MemAvailable:" { print int($2 / 1024) }' \
		/proc/meminfo)
	before=$(killed)
	fresh limit_bytes=$((available * MB * 7 / 10))
	for _ in 1 2 3; do
		do_load fill "$available" 2000 40000
		at_least 1 "$(state_of failed)" failed
		verify load
		do_load thin 80
	done
	is "$before" "$(killed)" "processes killed"
	verify load
	rmmod kspan_load
}

mount | grep -q /sys/kernel/debug || mount -t debugfs none /sys/kernel/debug
if [ -n "$TINY" ]; then
	ktap_run pressure_reaches_the_heap limits_by_debugfs \
		the_kernel_gets_it_when_it_needs_it more_than_there_is \
		a_module_goes_while_memory_does
else
	ktap_run random_large_objects_after_a_peak \
		small_objects_by_age_after_a_peak \
		large_objects_only_after_a_rest \
		at_most_a_hundredth_of_a_cpu an_idle_heap_wakes_nobody \
		oscillation_keeps_its_memory pressure_reaches_the_heap \
		free_pages_show_as_reclaimable limits_by_debugfs \
		a_module_goes_while_memory_does
fi
