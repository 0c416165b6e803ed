#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A module with typed caches: what the files, the tool and the log say of them.
# Tests are called by their names.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/ktap.sh"

# column_of CACHE COLUMN: of its line in the classes file
column_of()
{
	awk -v name="$1" -v column="$2" '
		NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
		$1 == name { print $at[column] }' "$HEAPS/default/classes"
}

test_caches_are_listed_by_name()
{
	load kspan_typed objects=100
	is 88 "$(column_of typed_plain size_bytes)" size
	is 100 "$(column_of typed_plain live_objects)" live
	is 40 "$(column_of typed_made size_bytes)" size
	is 100 "$(column_of typed_made live_objects)" live
	is 0 "$(awk 'NF != 13' "$HEAPS/default/classes" | wc -l)" "odd lines"
	is "88 100" "$(kspan classes default |
		awk '$NF == "typed_plain" { print $2, $6 }')" "the tool's"
	is 1 "$(grep -c "^kspan-default-typed_plain 100 " \
		/sys/kernel/debug/kspan/slabinfo)" slabinfo
	is 1 "$(awk '$2 == "typed_plain"' "$HEAPS/default/percpu" |
		head -n 1 | wc -l)" percpu
	is 1 "$(awk '$1 == "typed_made"' "$HEAPS/default/occupancy" |
		wc -l)" occupancy
	[ "$(awk '$4 >= 68' "$HEAPS/default/spans" | wc -l)" -ge 2 ]
	verify default
	rmmod kspan_typed
	is 68 "$(wc -l <"$HEAPS/default/classes")" lines
	verify default
}

test_caches_left_behind_are_reported_and_destroyed()
{
	load kspan_typed objects=10 leave=1
	dmesg -c >/dev/null
	expect_report begin
	rmmod kspan_typed
	expect_report end
	dmesg -c >/tmp/typed.log
	has "$(cat /tmp/typed.log)" "kspan_typed leaves its cache typed_plain"
	has "$(cat /tmp/typed.log)" "kspan_typed leaves its cache typed made"
	has "$(cat /tmp/typed.log)" "typed_plain: an object of 88 bytes"
	# they stay, and the names are free
	is 1 "$(column_of typed_plain live_objects)" live
	verify default
	load kspan_typed objects=10
	rmmod kspan_typed
	is 1 "$(column_of typed_made live_objects)" live
	verify default
}

ktap_run caches_are_listed_by_name caches_left_behind_are_reported_and_destroyed
