#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Memory that is added and taken away: a module of 256 MB on node 1, which has no
# CPU, so that nobody but a heap of that node takes memory there.
# Tests are called by their names.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/ktap.sh"

MEMORY=/sys/devices/system/memory
ARENA_BYTES=$((64 << 20))

state()
{
	cat "$1/state"
}

# The module's blocks: those that had not been there at boot.
blocks()
{
	for block in "$MEMORY"/memory*; do
		case $(cat "$block/valid_zones") in
		*Normal*) echo "$block" ;;
		esac
	done
}

# arenas_of BLOCK: the number of its first arena, and of the one behind its last
arenas_of()
{
	bytes=$((0x$(cat "$MEMORY/block_size_bytes")))
	index=$((0x$(cat "$1/phys_index")))
	echo $((index * bytes / ARENA_BYTES)) \
		$(((index + 1) * bytes / ARENA_BYTES))
}

# owned_in HEAP BLOCK: heap pages
owned_in()
{
	# shellcheck disable=SC2046
	set -- "$1" $(arenas_of "$2")
	awk -v first="$2" -v end="$3" '
		NR > 1 && $1 >= first && $1 < end { n += $3 }
		END { print n + 0 }' "$HEAPS/$1/arenas"
}

refused()
{
	fails 1 sh -c "echo offline >$1/state"
	has "$output" "busy"
	is online "$(state "$1")" state
}

# More than the module has, so that each of its blocks is used.
fill_node()
{
	kspan create far --node 1
	holding far 30000 8500
	for block in $all; do
		[ "$(owned_in far "$block")" -gt 1000 ]
	done
}

test_a_map_that_cannot_grow_keeps_memory_out()
{
	block=${all%% *}
	[ "$(state "$block")" = offline ] || skip "it is online already"
	echo "map once" >"$DEBUGFS/fail"
	fails 1 sh -c "echo online_kernel >$block/state"
	has "$output" "annot allocate memory"
	echo "all off" >"$DEBUGFS/fail"
	is offline "$(state "$block")" state
}

test_memory_that_is_added_is_used()
{
	for block in $all; do
		[ "$(state "$block")" = online ] ||
			echo online_kernel >"$block/state"
	done
	fill_node
	verify far
	let_go $!
	echo 1 >"$HEAPS/far/drain"
	verify far
	is 0 "$(stat_of far live_objects)" live_objects
	is 0 "$(stat_of far bad_frees_total)" bad_frees_total
	kspan destroy far
}

test_memory_with_objects_stays()
{
	fill_node
	live=$(stat_of far live_objects)
	for block in $all; do
		refused "$block"
	done
	is "$live" "$(stat_of far live_objects)" live_objects
	verify far
	has "$(dmesg)" "heap far has objects in memory that is to go offline"
	let_go $!
	kspan destroy far
}

test_memory_that_is_only_held_goes()
{
	fill_node
	let_go $!
	while [ "$(stat_of far live_objects)" -gt 0 ]; do
		usleep 10000
	done
	for block in $all; do
		[ "$(owned_in far "$block")" -gt 1000 ]
		echo offline >"$block/state"
		is 0 "$(owned_in far "$block")" "pages in ${block##*/}"
	done
	verify far
	# and comes again
	for block in $all; do
		echo online_kernel >"$block/state"
	done
	"$USER/objects" leave far 30000 8000
	verify far
	kspan destroy far
}

test_offline_under_load()
{
	kspan create far --node 1
	in_background "$USER/objects" churn far 12
	first=$!
	in_background "$USER/objects" churn far 12
	second=$!
	went=0
	while kill -0 "$first" 2>/dev/null; do
		for block in $all; do
			if echo offline >"$block/state"; then
				went=$((went + 1))
				echo online_kernel >"$block/state"
			fi
		done 2>/dev/null
		usleep 100000
	done
	wait "$first" "$second"
	echo "$went times offline"
	verify far
	is 0 "$(stat_of far live_objects)" live_objects
	is 0 "$(stat_of far bad_frees_total)" bad_frees_total
	kspan destroy far
}

# Broken pages keep neither their memory from going nor the heap from its end.
test_poisoned_memory_goes()
{
	[ -e "$MEMORY/hard_offline_page" ] || skip "no hard_offline_page"
	fill_node
	block=${all%% *}
	# shellcheck disable=SC2046
	set -- $(arenas_of "$block")
	bad=$(awk -v first="$1" -v end="$2" '
		NR > 1 && $1 >= first && $1 < end {
			printf "%.0f", $1 * 67108864 + $2 * 8192
			exit
		}' "$HEAPS/far/spans")
	echo "$bad" >"$MEMORY/hard_offline_page" || true
	# the kernel would pass over such a page, in use or not
	refused "$block"
	let_go $!
	while [ "$(stat_of far live_objects)" -gt 0 ]; do
		usleep 10000
	done
	echo offline >"$block/state"
	is 0 "$(owned_in far "$block")" "pages in ${block##*/}"
	verify far
	kspan destroy far
}

all=$(blocks | tr '\n' ' ')
[ "$all" ] || {
	echo "TAP version 13"
	echo "1..0 # SKIP no memory has been added"
	exit "$EXIT_SKIP"
}
[ -e /sys/module/kspan ] || insmod /lib/kspan/kspan.ko || exit 1
ktap_run a_map_that_cannot_grow_keeps_memory_out \
	memory_that_is_added_is_used memory_with_objects_stays \
	memory_that_is_only_held_goes offline_under_load poisoned_memory_goes
