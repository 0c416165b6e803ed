#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What is to be seen of a collected heap, that of sample_tree: the file gc, the tool, the
# kernel log.
# Tests are called by their names.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/ktap.sh"

dir=/sys/kernel/debug/sample_tree
gctrace=/sys/module/kspan/parameters/gctrace

# gc KEY: of the file gc
gc()
{
	awk -v key="$1" '$1 == key { print $2 }' "$HEAPS/sample_tree/gc"
}

# A node that is garbage when this ends.
make_garbage()
{
	printf 'add 0 1\ncut 1\n' >"$dir/do"
}

# Cleanups run after the cycle: one for each node that has died.
settle()
{
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ "$(gc cleanups_total)" -lt "$(gc freed_objects_total)" ] ||
			return 0
		usleep 100000
	done
	fail "$(gc cleanups_total) cleanups of $(gc freed_objects_total)"
}

test_file()
{
	[ ! -e "$HEAPS/default/gc" ] || fail "the default heap is collected"
	is 0 "$(gc cycles_total)" cycles_total
	is 4194304 "$(gc goal_bytes)" goal_bytes
	make_garbage
	echo 1 >"$dir/collect"
	settle
	is 1 "$(gc cycles_total)" cycles_total
	is 1 "$(gc cycles_forced_total)" cycles_forced_total
	is 1 "$(gc freed_objects_total)" freed_objects_total
	is 1 "$(gc cleanups_total)" cleanups_total
	is 0 "$(gc zombies_total)" zombies_total
	[ "$(gc marked_bytes)" -gt 0 ]
	[ "$(gc swept_bytes)" -gt 0 ]
	[ "$(gc cycle_ns)" -ge 1000 ]
	is 0 "$(grep -vc '^[a-z0-9_]* [0-9]*$' "$HEAPS/sample_tree/gc")" lines
	verify sample_tree
}

test_tool()
{
	make_garbage
	before=$(gc cycles_total)
	kspan gc sample_tree >/tmp/gc
	is "$before" "$(awk '$1 == "cycles_total" { print $2 }' /tmp/gc)" cycles
	kspan gc sample_tree --collect >/tmp/gc
	is $((before + 1)) \
		"$(awk '$1 == "cycles_total" { print $2 }' /tmp/gc)" cycles
	settle
	kspan gc sample_tree >/tmp/gc
	# the file has the same keys and, as nothing happens, the same numbers
	grep -v '^pauses' "$HEAPS/sample_tree/gc" | while read -r key number; do
		grep -q "^$key  *$number$" /tmp/gc ||
			fail "no line for $key $number"
	done
	kspan gc sample_tree --json >/tmp/json
	awk -f "$HERE/json.awk" /tmp/json >/dev/null || fail "not JSON"
	status=0
	kspan gc default 2>/tmp/error || status=$?
	is 1 "$status" "status of a heap that is not collected"
	has "$(cat /tmp/error)" "not collected"
}

test_gctrace()
{
	echo 1 >"$gctrace"
	dmesg -c >/dev/null
	make_garbage
	kspan gc sample_tree --collect >/dev/null
	echo 0 >"$gctrace"
	kspan gc sample_tree --collect >/dev/null
	dmesg | grep 'kspan: gc' >/tmp/lines || fail "no line"
	cat /tmp/lines
	is 1 "$(wc -l </tmp/lines)" lines
	ms='[0-9]*\.[0-9][0-9][0-9]'
	grep -q "kspan: gc sample_tree [0-9]* @${ms}ms: $ms+$ms+$ms ms, [0-9]*->[0-9]* B, 1 freed, goal 4194304 B, [0-9]*\.[0-9]% CPU, [0-9]* pauses, forced$" \
		/tmp/lines || fail "not a line as it should be"
}

load sample_tree
trap 'rmmod sample_tree' EXIT
ktap_run file tool gctrace
