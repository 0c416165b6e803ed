#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The sample of an LRU cache, on kspan and on the kernel's allocators.
# Tests are called by their names.
# shellcheck source-path=SCRIPTDIR disable=SC2317,SC3045
. "$(dirname "$0")/ktap.sh"

LIMIT=1048576

# of MODULE: its files are in $dir
of()
{
	dir=/sys/kernel/debug/$1
}

# count KEY: of the statistics
count()
{
	awk -v key="$1" '$1 == key { print $2 }' "$dir/stats"
}

# get KEY: its text
get()
{
	exec 3<>"$dir/get"
	get_status=0
	echo "$1" >&3 || get_status=1
	[ "$get_status" -ne 0 ] || cat <&3
	exec 3>&-
	return "$get_status"
}

# texts FIRST LAST: lines for "put", of 1 to 300 bytes
texts()
{
	awk -v first="$1" -v last="$2" 'BEGIN {
		for (key = first; key <= last; key++) {
			text = "text of " key " "
			n = key * 7919 % 150
			for (i = 0; i < n; i++)
				text = text "ab"
			print key, text key
		}
	}' >/tmp/sample.texts
}

# put FIRST LAST
put()
{
	texts "$1" "$2"
	dd if=/tmp/sample.texts of="$dir/put" bs=16M 2>/dev/null
}

# Every text that is there is that of its key, of FIRST .. LAST.
check_contents()
{
	texts "$1" "$2"
	awk 'NR == FNR { text[$1] = $0; next }
	     text[$1] != $0 { bad++ }
	     seen[$1]++ { bad++ }
	     END { exit bad != 0 }' /tmp/sample.texts "$dir/list"
	is "$(count entries)" "$(wc -l <"$dir/list")" "entries listed"
}

works()
{
	load "$1"
	of "$1"
	echo "7 seven and more" >"$dir/put"
	is "seven and more" "$(get 7)" "text of 7"
	fails 1 get 8
	echo "7 other" >"$dir/put"
	is "other" "$(get 7)" "text of 7"
	is 1 "$(count entries)" entries
	is "2 1" "$(count hits) $(count misses)" "hits and misses"
	fails 1 sh -c "echo nothing >$dir/put"
	fails 1 sh -c "echo x nothing >$dir/put"
	put 1 1000
	is 1000 "$(count entries)" entries
	is 0 "$(count evicted)" evicted
	check_contents 1 1000
}

# Thrice what fits: what was used stays, what was not goes.
evicts()
{
	load "$1" limit_bytes="$LIMIT"
	of "$1"
	put 1 1000
	key=1001
	while [ "$key" -le 16001 ]; do
		get 1 >/dev/null
		put "$key" $((key + 499))
		key=$((key + 500))
	done
	[ "$(count evicted)" -gt 5000 ] || fail "$(cat "$dir/stats")"
	is 0 "$(count refused)" refused
	is 16500 "$(($(count entries) + $(count evicted)))" "entries and evicted"
	check_contents 1 16500
	get 1 >/dev/null
	fails 1 get 2
	get 16500 >/dev/null
}

shrinks()
{
	load "$1"
	of "$1"
	put 1 2000
	before=$(count entries)
	echo 2 >/proc/sys/vm/drop_caches
	[ "$(count shrunk)" -gt 0 ] || fail "nothing shrunk"
	is "$before" "$(($(count entries) + $(count shrunk)))" \
		"entries and shrunk"
	check_contents 1 2000
	put 1 1000
	check_contents 1 2000
}

ends()
{
	rmmod "$1"
	[ ! -e "$dir" ]
	[ ! -e "$HEAPS/sample_lru" ]
}

test_texts_are_found()
{
	works sample_lru
	is 1000 "$(stat_of sample_lru live_objects)" live_objects
	verify sample_lru
	ends sample_lru
}

test_the_heaps_limit_evicts()
{
	evicts sample_lru
	at_most "$LIMIT" "$(stat_of sample_lru backing_bytes)" backing_bytes
	is "$(count entries)" "$(stat_of sample_lru live_objects)" live_objects
	verify sample_lru
	ends sample_lru
}

test_a_text_that_fits_nowhere_is_refused()
{
	load sample_lru limit_bytes=4096
	of sample_lru
	fails 1 sh -c "echo 1 text >$dir/put"
	is "0 1" "$(count entries) $(count refused)" "entries and refused"
	verify sample_lru
	ends sample_lru
}

test_pressure_evicts_and_memory_goes_back()
{
	shrinks sample_lru
	echo 2 >/proc/sys/vm/drop_caches
	is "$(count entries)" "$(stat_of sample_lru live_objects)" live_objects
	verify sample_lru
	ends sample_lru
}

test_the_same_works_on_kmalloc()
{
	works sample_lru_kmalloc
	ends sample_lru_kmalloc
	evicts sample_lru_kmalloc
	ends sample_lru_kmalloc
	shrinks sample_lru_kmalloc
	ends sample_lru_kmalloc
}

ktap_run texts_are_found the_heaps_limit_evicts \
	a_text_that_fits_nowhere_is_refused \
	pressure_evicts_and_memory_goes_back the_same_works_on_kmalloc
