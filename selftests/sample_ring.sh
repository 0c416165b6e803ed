#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The sample of a packet ring, on kspan and on the kernel's allocators.
# Tests are called by their names.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/ktap.sh"
. "$(dirname "$0")/sample.sh"

LIMIT=262144

# consume MODULE 0|1
consume()
{
	echo "$2" >"/sys/module/$1/parameters/consume"
}

# No more packets come.
silence()
{
	echo 0 >"/sys/module/$1/parameters/burst"
	usleep 100000
}

# empties MODULE: all packets were taken or dropped, and freed
empties()
{
	silence "$1"
	reaches "$1" taken $(($(count "$1" made) - $(count "$1" dropped)))
}

ends()
{
	rmmod "$1"
	[ ! -e "/sys/kernel/debug/$1" ]
	[ ! -e "$HEAPS/sample_ring" ]
}

flows()
{
	load "$1"
	reaches "$1" taken 20000
	is 0 "$(count "$1" bad)" bad
	is 0 "$(count "$1" nomem)" nomem
	cpus=$(nproc)
	is $((cpus > 1 ? cpus - 1 : 1)) "$(count "$1" consumers)" consumers
}

# Nobody takes packets: the rings fill up, the rest is dropped.
overflows()
{
	load "$1" ring_packets=64
	consume "$1" 0
	reaches "$1" dropped 2000
	before=$(count "$1" taken)
	usleep 300000
	is "$before" "$(count "$1" taken)" taken
	consume "$1" 1
	reaches "$1" taken $((before + 2000))
	is 0 "$(count "$1" bad)" bad
}

# The rings have room, the heap has none.
runs_out()
{
	load "$1" limit_bytes="$LIMIT" ring_packets=4096 consume=0
	reaches "$1" nomem 2000
	is 0 "$(count "$1" taken)" taken
	is 0 "$(count "$1" dropped)" dropped
	consume "$1" 1
	reaches "$1" taken 5000
	is 0 "$(count "$1" bad)" bad
}

test_packets_flow()
{
	flows sample_ring
	empties sample_ring
	usleep 100000
	is 0 "$(stat_of sample_ring live_objects)" live_objects
	verify sample_ring
	ends sample_ring
}

test_full_rings_drop()
{
	overflows sample_ring
	silence sample_ring
	verify sample_ring
	ends sample_ring
}

test_the_heaps_limit_holds()
{
	runs_out sample_ring
	at_most "$LIMIT" "$(stat_of sample_ring backing_bytes)" backing_bytes
	consume sample_ring 0
	before=$(count sample_ring nomem)
	reaches sample_ring nomem $((before + 100))
	at_most "$LIMIT" "$(stat_of sample_ring backing_bytes)" backing_bytes
	silence sample_ring
	verify sample_ring
	# it goes with full rings
	ends sample_ring
}

test_the_same_works_on_kmalloc()
{
	for way in flows overflows runs_out; do
		$way sample_ring_kmalloc
		ends sample_ring_kmalloc
	done
}

ktap_run packets_flow full_rings_drop the_heaps_limit_holds \
	the_same_works_on_kmalloc
