#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The files of /sys/kernel/debug/kspan.
# Tests are called by their names.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/ktap.sh"

readable="stats classes spans arenas percpu verify fragmentation ages occupancy unreachable"

mode_of()
{
	stat -c '%a %u %g' "$1"
}

test_files_and_modes()
{
	for heap in default dbg; do
		for file in $readable; do
			is "400 0 0" "$(mode_of "$HEAPS/$heap/$file")" "$file"
		done
		for file in scavenge drain limit soft_limit reserve; do
			is "200 0 0" "$(mode_of "$HEAPS/$heap/$file")" "$file"
		done
		is 15 "$(find "$HEAPS/$heap" -type f | wc -l)" "files of $heap"
	done
}

test_a_heap_has_its_directory_while_it_lives()
{
	kspan create shortlived
	[ -d "$HEAPS/shortlived" ]
	kspan destroy shortlived
	[ ! -e "$HEAPS/shortlived" ]
}

keys="backing_bytes live_bytes cached_bytes span_free_bytes tail_bytes \
page_free_bytes metadata_bytes live_objects allocs_total frees_total \
released_bytes_total grown_bytes_total limit_bytes limit_hits_total \
bad_frees_total refills_total flushes_total spans arenas large_objects \
large_bytes soft_limit_bytes soft_limit_hits_total reserve_bytes \
reserve_free_bytes ready_bytes released_background_bytes_total \
released_pressure_bytes_total released_explicit_bytes_total \
released_limit_bytes_total retaken_bytes_total \
stack_overflows_total member_frees_total"

test_stats_have_every_key_once()
{
	for key in $keys; do
		is 1 "$(grep -c "^$key [0-9][0-9]*$" "$HEAPS/dbg/stats")" "$key"
	done
	# no key that is not a word, no value that is not a number
	is 0 "$(grep -cv '^[a-z_][a-z_]* [0-9][0-9]*$' "$HEAPS/dbg/stats")" \
		"odd lines"
}

# Each read of the file is one sheet; every one adds up.
sheets_add_up()
{
	awk '
	$1 == "backing_bytes" { sheets++ }
	{ v[$1] = $2 }
	$1 == "large_bytes" {
		if (v["backing_bytes"] != v["live_bytes"] + v["cached_bytes"] +
		    v["span_free_bytes"] + v["tail_bytes"] +
		    v["page_free_bytes"])
			bad = bad " backing_bytes"
		if (v["live_objects"] != v["allocs_total"] - v["frees_total"])
			bad = bad " live_objects"
		if (v["backing_bytes"] != v["grown_bytes_total"] -
		    v["released_bytes_total"])
			bad = bad " grown_bytes_total"
		for (key in v) {
			if (key ~ /_total$/ && v[key] < last[key])
				bad = bad " " key "(ran backwards)"
			last[key] = v[key]
		}
	}
	END {
		print sheets " sheets"
		if (bad != "")
			print "wrong:" bad
		exit !(sheets > 0 && bad == "")
	}'
}

test_the_balance_sheet_adds_up_under_load()
{
	in_background "$USER/objects" churn dbg 4
	first=$!
	in_background "$USER/objects" churn dbg 4
	second=$!
	i=0
	while kill -0 "$first" 2>/dev/null && [ "$i" -lt 300 ]; do
		cat "$HEAPS/dbg/stats"
		[ $((i % 20)) -ne 0 ] || echo all >"$HEAPS/dbg/scavenge"
		[ $((i % 7)) -ne 0 ] || echo 1 >"$HEAPS/dbg/drain"
		i=$((i + 1))
	done >/tmp/sheets
	wait "$first" "$second"
	sheets_add_up </tmp/sheets
}

test_the_balance_sheet_is_exact_at_rest()
{
	is 0 "$(stat_of dbg live_objects)" live_objects
	is 0 "$(stat_of dbg live_bytes)" live_bytes
	is 0 "$(stat_of dbg large_bytes)" large_bytes
	kspan create exact
	holding exact 1000 300
	is 300 "$(stat_of exact live_objects)" live_objects
	is $((300 * 1024)) "$(stat_of exact live_bytes)" live_bytes
	echo 1 >"$HEAPS/exact/drain"
	is 0 "$(stat_of exact cached_bytes)" cached_bytes
	sheets_add_up <"$HEAPS/exact/stats"
	verify exact
	let_go $!
	is 0 "$(stat_of exact live_bytes)" live_bytes
	kspan destroy exact
}

test_classes()
{
	header="class size_bytes span_pages span_objects spans live_objects"
	header="$header cached_objects free_objects tail_bytes allocs_total"
	header="$header frees_total refills_total flushes_total"
	is "$header" "$(head -n 1 "$HEAPS/dbg/classes")" header
	is 68 "$(wc -l <"$HEAPS/dbg/classes")" lines
	is 67 "$(awk 'NR > 1 && NF == 13 && $1 == NR - 1' \
		"$HEAPS/dbg/classes" | wc -l)" rows
	is "8 32768" "$(awk 'NR == 2 { first = $2 }
		END { print first, $2 }' "$HEAPS/dbg/classes")" sizes
}

test_spans()
{
	holding dbg 3000 100
	is "arena page npages class size_bytes nelems alloc_count free_index node needzero" \
		"$(head -n 1 "$HEAPS/dbg/spans")" header
	is "$(stat_of dbg spans)" "$(($(wc -l <"$HEAPS/dbg/spans") - 1))" spans
	is 0 "$(awk 'NF != 10' "$HEAPS/dbg/spans" | wc -l)" "odd lines"
	# as a reader with a small buffer has it
	cat "$HEAPS/dbg/spans" >/tmp/whole
	dd if="$HEAPS/dbg/spans" of=/tmp/pieces bs=100 2>/dev/null
	cmp /tmp/whole /tmp/pieces
	is 0 "$(sort /tmp/whole | uniq -d | wc -l)" "spans told twice"
}

test_arenas()
{
	holding dbg 100000 20
	is "arena chunks owned_pages free_pages longest_free_pages" \
		"$(head -n 1 "$HEAPS/dbg/arenas")" header
	is "$(stat_of dbg backing_bytes)" \
		"$(awk 'NR > 1 { n += $3 } END { print n * 8192 }' \
		"$HEAPS/dbg/arenas")" "owned bytes"
}

test_percpu()
{
	holding dbg 64 50
	is "cpu class capacity_objects cached_objects allocs_total frees_total shelved_objects" \
		"$(head -n 1 "$HEAPS/dbg/percpu")" header
	is 0 "$(awk 'NR > 1 && (NF != 7 || $4 > $3)' "$HEAPS/dbg/percpu" |
		wc -l)" "odd lines"
	# what CPUs have cached is what the class has
	echo 1 >"$HEAPS/dbg/drain"
	is 0 "$(awk 'NR > 1 { n += $4 + $7 } END { print n + 0 }' \
		"$HEAPS/dbg/percpu")" "cached objects after a drain"
}

# part_of HEAP KEY: of the file fragmentation
part_of()
{
	awk -v key="fragmentation_$2" '$1 == key { print $2 }' \
		"$HEAPS/$1/fragmentation"
}

parts="now_backing_bytes now_live_bytes now_bytes now_per_mille \
now_held_per_mille realised_backing_bytes realised_live_bytes realised_bytes \
realised_per_mille realised_held_per_mille cached_bytes cached_per_mille \
span_free_bytes span_free_per_mille tail_bytes tail_per_mille page_free_bytes \
page_free_per_mille metadata_bytes metadata_per_mille free_runs \
longest_free_run_pages free_2mb_blocks free_chunks"

test_fragmentation()
{
	kspan create frag
	for part in $parts; do
		is 1 "$(grep -c "^fragmentation_$part [0-9][0-9]*$" \
			"$HEAPS/frag/fragmentation")" "$part"
	done
	is "$(echo "$parts" | wc -w)" "$(wc -l <"$HEAPS/frag/fragmentation")" \
		lines
	# nothing is held: nothing is lost
	is 0 "$(part_of frag now_per_mille)" "share of nothing"

	holding frag 3000 1000
	echo 1 >"$HEAPS/frag/drain"
	for key in backing live; do
		is "$(stat_of frag "${key}_bytes")" \
			"$(part_of frag "now_${key}_bytes")" "$key"
	done
	live=$(part_of frag now_live_bytes)
	for part in cached span_free tail page_free metadata; do
		is "$(stat_of frag "${part}_bytes")" \
			"$(part_of frag "${part}_bytes")" "$part"
		is $(($(stat_of frag "${part}_bytes") * 1000 /
		      $(stat_of frag backing_bytes))) \
			"$(part_of frag "${part}_per_mille")" "share of $part"
	done
	is $(($(stat_of frag backing_bytes) - live)) \
		"$(part_of frag now_bytes)" "not live"
	is $(($(stat_of frag backing_bytes) * 1000 / live)) \
		"$(part_of frag now_held_per_mille)" "held for what is live"
	backing=$(part_of frag realised_backing_bytes)
	let_go $!

	# the peak stays
	echo 1 >"$HEAPS/frag/drain"
	echo all >"$HEAPS/frag/scavenge"
	is 0 "$(part_of frag now_backing_bytes)" "held now"
	is "$live" "$(part_of frag realised_live_bytes)" "live at the peak"
	is "$backing" "$(part_of frag realised_backing_bytes)" \
		"held at the peak"
	is $(((backing - live) * 1000 / backing)) \
		"$(part_of frag realised_per_mille)" "realised"
	kspan destroy frag
}

# column_sum FILE N
column_sum()
{
	awk -v n="$2" 'NR > 1 { sum += $n } END { print sum + 0 }' "$1"
}

test_ages()
{
	holding dbg 100000 20
	echo 1 >"$HEAPS/dbg/drain"
	ages=$HEAPS/dbg/ages
	is "from_seconds below_seconds free_pages spans span_pages" \
		"$(head -n 1 "$ages")" header
	is "0-1 1-10 10-60 60-600 600-3600 3600-28800 28800-inf" \
		"$(awk 'NR > 1 && NF == 5 { printf "%s%s-%s", sep, $1, $2
			sep = " " }' "$ages")" rows
	is $(($(stat_of dbg page_free_bytes) / 8192)) \
		"$(column_sum "$ages" 3)" "free pages"
	is "$(stat_of dbg spans)" "$(column_sum "$ages" 4)" spans
	is $((($(stat_of dbg backing_bytes) -
	       $(stat_of dbg page_free_bytes)) / 8192)) \
		"$(column_sum "$ages" 5)" "pages of spans"
	# 20 spans of 13 pages, the newest there are
	[ "$(awk '$2 <= 10 { n += $5 } END { print n }' "$ages")" -ge 260 ]
	sleep 2
	is 0 "$(awk 'NR == 2 { print $5 }' "$ages")" "pages of young spans"
}

test_occupancy()
{
	kspan create occ
	holding occ 1024 800
	echo 1 >"$HEAPS/occ/drain"
	header="class size_bytes spans_0_percent spans_below_25_percent"
	header="$header spans_below_50_percent spans_below_75_percent"
	header="$header spans_below_100_percent spans_100_percent"
	is "$header" "$(head -n 1 "$HEAPS/occ/occupancy")" header
	is 67 "$(awk 'NR > 1 && NF == 8 && $1 == NR - 1' \
		"$HEAPS/occ/occupancy" | wc -l)" rows
	# 8 to a span, but for what each CPU had cached that it ran on
	full=$(awk '$2 == 1024 { print $8 }' "$HEAPS/occ/occupancy")
	echo "$full spans are full"
	[ "$full" -le 100 ]
	[ "$full" -ge $((100 - $(nproc))) ]
	awk 'NR > 1 { print $1, $5 }' "$HEAPS/occ/classes" >/tmp/spans
	awk 'NR > 1 { print $1, $3 + $4 + $5 + $6 + $7 + $8 }' \
		"$HEAPS/occ/occupancy" >/tmp/found
	diff /tmp/spans /tmp/found
	let_go $!
	kspan destroy occ
}

test_verify()
{
	verify default
	verify dbg
	is 0 "$(grep -v '^verify ok$' "$HEAPS/dbg/verify" |
		awk 'NF != 4 || $2 != $3 || $4 != "ok"' | wc -l)" "odd lines"
}

test_verify_under_load()
{
	in_background "$USER/objects" churn dbg 2
	for _ in 1 2 3 4 5; do
		has "$(tail -n 1 "$HEAPS/dbg/verify")" '^verify \(ok\|busy\)$'
	done
	wait $!
}

test_scavenge()
{
	kspan create scav
	"$USER/objects" leave scav 8192 512
	echo 1 >"$HEAPS/scav/drain"
	before=$(stat_of scav backing_bytes)
	[ "$before" -ge $((512 * 8192)) ]
	echo 64K >"$HEAPS/scav/scavenge"
	after=$(stat_of scav backing_bytes)
	[ "$after" -lt "$before" ]
	is $((before - after)) "$(stat_of scav released_bytes_total)" released
	echo all >"$HEAPS/scav/scavenge"
	is 0 "$(stat_of scav backing_bytes)" backing_bytes
	kspan destroy scav
}

test_limit_below_what_lives()
{
	kspan create fat
	holding fat 8192 100
	dmesg -c >/dev/null
	echo 8192 >"$HEAPS/fat/limit"
	is 8192 "$(stat_of fat limit_bytes)" limit_bytes
	has "$(dmesg)" "heap fat is over its limit by [0-9]* bytes"
	over=$(dmesg | sed -n 's/.*heap fat is over its limit by \([0-9]*\) bytes.*/\1/p')
	[ "$over" -ge $((99 * 8192)) ]
	fails 1 "$USER/objects" leave fat 100000 1
	let_go $!
	verify fat
	# with nothing above it there is nothing to tell
	dmesg -c >/dev/null
	echo 1G >"$HEAPS/fat/limit"
	[ -z "$(dmesg | grep 'over its limit')" ]
	kspan destroy fat
}

test_reserve_that_no_machine_has()
{
	kspan create modest
	echo 64K >"$HEAPS/modest/reserve"
	echo 1M >"$HEAPS/modest/soft_limit"
	for bytes in 18446744073709551615 18446744073709543424 1125899906842624; do
		fails 1 sh -c "echo $bytes >$HEAPS/modest/reserve"
		is 65536 "$(stat_of modest reserve_bytes)" reserve_bytes
		is $((1 << 20)) "$(stat_of modest soft_limit_bytes)" soft_limit_bytes
		is 0 "$(stat_of modest limit_bytes)" limit_bytes
	done
	verify modest
	kspan destroy modest
}

test_limit()
{
	kspan create limited
	echo 2M >"$HEAPS/limited/limit"
	is $((2 << 20)) "$(stat_of limited limit_bytes)" limit_bytes
	fails 1 "$USER/objects" leave limited 8192 1000
	has "$output" "Cannot allocate memory"
	[ "$(stat_of limited limit_hits_total)" -ge 1 ]
	at_most $((2 << 20)) "$(stat_of limited backing_bytes)" backing_bytes
	for limit in 8192 0 1G none; do
		echo "$limit" >"$HEAPS/limited/limit"
	done
	is 0 "$(stat_of limited limit_bytes)" limit_bytes
	"$USER/objects" leave limited 8192 1000 >/dev/null
	kspan destroy limited
}

# "EINVAL" as echo says it
test_garbage_is_refused()
{
	for file in limit scavenge; do
		for text in x 1x 12MB 1.5M "1 2" -1 -- 1K2 \
			123456789012345678901234567890123456789012; do
			fails 1 sh -c "echo '$text' >$HEAPS/dbg/$file"
			has "$output" "nvalid argument"
		done
		fails 1 sh -c "printf '' | dd of=$HEAPS/dbg/$file bs=1 count=1 && echo >$HEAPS/dbg/$file"
	done
	is 0 "$(stat_of dbg limit_bytes)" limit_bytes
}

test_numbers_that_do_not_fit_are_refused()
{
	for text in 18446744073709551616 99999999999999999999 16777216T \
		18446744073709551615G; do
		fails 1 sh -c "echo $text >$HEAPS/dbg/limit"
		has "$output" "nvalid argument\|out of range"
	done
	is 0 "$(stat_of dbg limit_bytes)" limit_bytes
}

test_files_are_for_one_direction()
{
	# root may open any file: the files themselves have no such operation
	for file in scavenge drain limit; do
		fails 1 cat "$HEAPS/dbg/$file"
	done
	for file in $readable; do
		fails 1 sh -c "echo 1 >$HEAPS/dbg/$file"
	done
}

test_nobody_may_look_or_write()
{
	for file in $readable; do
		fails 1 "$USER/without" root cat "$HEAPS/dbg/$file"
		has "$output" "ermission denied"
	done
	for file in scavenge drain limit; do
		fails 1 "$USER/without" root sh -c "echo 1 >$HEAPS/dbg/$file"
		has "$output" "ermission denied"
	done
	# not even where debugfs itself is open to all
	chmod 755 /sys/kernel/debug
	ok=0
	"$USER/without" root cat "$HEAPS/dbg/stats" 2>/dev/null || ok=1
	chmod 700 /sys/kernel/debug
	is 1 "$ok" "denied"
}

kspan create dbg || exit 1
# Heaps at rest, which the scavenger would not leave alone.
echo 0 >/sys/module/kspan/parameters/background
(ktap_run files_and_modes a_heap_has_its_directory_while_it_lives \
	stats_have_every_key_once the_balance_sheet_adds_up_under_load \
	the_balance_sheet_is_exact_at_rest classes spans arenas percpu \
	fragmentation ages occupancy verify verify_under_load scavenge limit \
	limit_below_what_lives reserve_that_no_machine_has \
	garbage_is_refused \
	numbers_that_do_not_fit_are_refused files_are_for_one_direction \
	nobody_may_look_or_write)
status=$?
echo 1 >/sys/module/kspan/parameters/background
kspan destroy dbg
exit $status
