#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The sample of a hash table read under RCU, on kspan and on the kernel's allocators.
# Tests are called by their names.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/ktap.sh"
. "$(dirname "$0")/sample.sh"

LIMIT=65536

# Threads at work finish what they are at.
quiet()
{
	echo 0 >"/sys/module/$1/parameters/churn"
	usleep 500000
}

ends()
{
	rmmod "$1"
	[ ! -e "/sys/kernel/debug/$1" ]
	[ ! -e "$HEAPS/sample_rcuhash" ]
}

# churns MODULE KEYS [PARAMETER=VALUE CHANGED]: until so many entries have changed, too
churns()
{
	load "$1" keys="$2" ${3:+"$3"}
	reaches "$1" changed "${4:-0}"
	reaches "$1" removed 20000
	reaches "$1" found 20000
	reaches "$1" missed 20000
	is 0 "$(count "$1" bad)" bad
	is 0 "$(count "$1" nomem)" nomem
	quiet "$1"
	is "$(count "$1" entries)" \
		$(($(count "$1" added) - $(count "$1" removed))) entries
	at_most "$2" "$(count "$1" entries)" entries
}

runs_out()
{
	load "$1" keys=100000 limit_bytes="$LIMIT"
	reaches "$1" nomem 1000
	reaches "$1" removed 1000
	quiet "$1"
	is 0 "$(count "$1" bad)" bad
	at_most $((LIMIT / 32)) "$(count "$1" entries)" entries
	[ "$(count "$1" entries)" -gt 0 ]
}

test_readers_find_what_they_look_for()
{
	churns sample_rcuhash 1000
	dmesg -c >/dev/null
	is "$(count sample_rcuhash entries)" \
		"$(stat_of sample_rcuhash live_objects)" live_objects
	verify sample_rcuhash
	ends sample_rcuhash
	# nothing was left in the cache
	is 0 "$(dmesg | grep -c "kspan.*\(leaves\|an object\)")" reports
}

# changes MODULE: few keys and slow readers, so that objects become other entries under
# the readers' eyes, which takes another CPU
changes()
{
	churns "$1" 3 dawdle_us=20 $(($(nproc) > 1 ? 10 : 0))
}

test_entries_that_change_are_told_apart()
{
	changes sample_rcuhash
	is "$(count sample_rcuhash entries)" \
		"$(stat_of sample_rcuhash live_objects)" live_objects
	verify sample_rcuhash
	ends sample_rcuhash
}

test_the_heaps_limit_holds()
{
	runs_out sample_rcuhash
	at_most "$LIMIT" "$(stat_of sample_rcuhash backing_bytes)" backing_bytes
	verify sample_rcuhash
	ends sample_rcuhash
}

test_the_same_works_on_kmem_cache()
{
	churns sample_rcuhash_kmalloc 1000
	ends sample_rcuhash_kmalloc
	# KASAN keeps what kmem_cache_free() gets for a while: no entry changes
	if ! grep -q __asan_ /proc/kallsyms; then
		changes sample_rcuhash_kmalloc
		ends sample_rcuhash_kmalloc
	fi
	runs_out sample_rcuhash_kmalloc
	ends sample_rcuhash_kmalloc
}

ktap_run readers_find_what_they_look_for entries_that_change_are_told_apart \
	the_heaps_limit_holds the_same_works_on_kmem_cache
