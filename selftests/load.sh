#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Loading and unloading kspan, again and again.
# Tests are called by their names.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/ktap.sh"

# Kernel pages in use, those of caches that can be dropped not counted. The
# lists of free pages that each CPU keeps are free pages, too. A page table that
# the kernel needs where it splits a 2 MB page of the direct map, as it does to
# protect a module's text, stays: such a page is not counted either.
pages_used()
{
	sync
	echo 3 >/proc/sys/vm/drop_caches
	# what RCU and work queues have yet to free
	usleep 200000
	# counters of all CPUs are folded
	cat /proc/sys/vm/stat_refresh >/dev/null
	awk '
	$1 == "managed" { managed += $2 }
	$1 == "count:" || $1 == "nr_free_pages" { free += $2 }
	$1 == "DirectMap4k:" { tables = int($2 / 2048) }
	END { print managed - free - tables }' /proc/zoneinfo /proc/meminfo
}

kb_of()
{
	awk -v key="$1:" '$1 == key { print $2 }' /proc/meminfo
}

# One life of the module. A heap holds memory when it ends.
cycle()
{
	load kspan
	[ -c /dev/kspan ]
	# 4 MB in 8 KB objects, 1 MB in large ones, 5 MB of vmalloc memory
	"$USER/objects" leave cycle 8192 512 >/dev/null
	"$USER/objects" leave cycle 500000 2 >/dev/null
	"$USER/objects" leave cycle 5000000 1 >/dev/null
	rmmod kspan
}

test_it_comes_and_goes()
{
	rmmod kspan
	[ ! -e /dev/kspan ]
	[ ! -e "$DEBUGFS" ]
	fails 1 loaded kspan
	load kspan
	[ -c /dev/kspan ]
	[ -d "$HEAPS/default" ]
	is 1 "$(kspan heaps | sed 1d | wc -l)" heaps
	verify default
	fails 17 load kspan
}

test_a_consumer_keeps_it()
{
	load kspan_consumer
	fails 1 rmmod kspan
	has "$output" "\(in use\|busy\|temporarily unavailable\)"
	loaded kspan
	has "$(cat /proc/modules)" '^kspan [0-9]* [1-9][0-9]* kspan_consumer,'
	rmmod kspan_consumer
	rmmod kspan
	load kspan
}

test_an_open_device_keeps_it()
{
	holding opened 1000 100
	fails 1 rmmod kspan
	has "$output" "\(in use\|busy\|temporarily unavailable\)"
	is 100 "$(stat_of opened live_objects)" live_objects
	let_go $!
	rmmod kspan
	load kspan
}

test_an_open_debugfs_file_keeps_it()
{
	kspan create read
	in_background sh -c "exec 3<$HEAPS/read/stats; usleep 500000; cat <&3"
	usleep 200000
	# its heap goes all the same, and then there is nothing to read
	kspan destroy read
	fails 1 rmmod kspan
	if wait $!; then
		fail "a heap that has gone was read"
	fi
	rmmod kspan
	load kspan
}

test_user_heaps_go_with_it()
{
	# what goes by itself shall not go before
	echo 0 >/sys/module/kspan/parameters/background
	before=$(pages_used)
	"$USER/objects" leave gone 8192 1000 >/dev/null
	[ "$(stat_of gone backing_bytes)" -ge 8192000 ]
	rmmod kspan
	left=$(($(pages_used) - before))
	load kspan
	echo "$left pages more than before"
	at_most 500 "$left" "pages left"
	fails 1 kspan stat gone
}

test_a_heap_left_behind_is_freed()
{
	load kspan_consumer objects=20000 leave_heap=1
	held=$(($(stat_of consumer backing_bytes) / 4096))
	used=$(pages_used)
	expect_report begin
	rmmod kspan_consumer
	expect_report end
	freed=$((used - $(pages_used)))
	echo "$freed pages freed of $held"
	# a debug kernel keeps some of what is freed for a while
	[ "$freed" -ge $((held * 3 / 4)) ]
	rmmod kspan
	load kspan
}

test_cycles_leak_no_page()
{
	cycles=100
	rmmod kspan
	# slabs, page tables and CPU lists take what they need once
	for _ in $(seq 10); do
		cycle
	done
	before=$(pages_used)
	slab_before=$(kb_of SUnreclaim)
	for _ in $(seq "$cycles"); do
		cycle
	done
	leaked=$(($(pages_used) - before))
	slab=$(($(kb_of SUnreclaim) - slab_before))
	echo "$leaked pages, $slab KB of slabs more after $cycles cycles"
	load kspan
	# One page a cycle would be $cycles. The guest's own doings come and go
	# within half of that; a slab object a cycle of 1 KB and more is seen.
	at_most $((cycles / 2)) "$leaked" "pages leaked"
	at_most "$cycles" "$slab" "KB of slabs leaked"
}

ktap_run it_comes_and_goes a_consumer_keeps_it an_open_device_keeps_it \
	an_open_debugfs_file_keeps_it user_heaps_go_with_it \
	a_heap_left_behind_is_freed cycles_leak_no_page
