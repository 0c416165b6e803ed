#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The sample of a tree with pointers in circles, in a collected heap and with counters.
# Tests are called by their names.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/ktap.sh"

# of MODULE: its files are in $dir
of()
{
	dir=/sys/kernel/debug/$1
}

count()
{
	awk -v key="$1" '$1 == key { print $2 }' "$dir/stats"
}

# counts KEY VALUE
counts()
{
	counts_got=$(count "$1")
	[ "$counts_got" = "$2" ] || fail "$1 is $counts_got, not $2"
}

# grow FIRST: a branch of 100 nodes below the root. They go down in pairs, each
# subscribes to the one above, and the first to the last.
grow()
{
	awk -v first="$1" 'BEGIN {
		print "add 0", first
		for (i = 1; i < 100; i++) {
			print "add", first + int((i - 1) / 2), first + i
			print "subscribe", first + i, first + int((i - 1) / 2)
		}
		print "subscribe", first, first + 99
	}' >/tmp/tree.lines
	# a write takes a page
	while read -r line; do
		echo "$line" >"$dir/do"
	done </tmp/tree.lines
}

# grow_and_cut MODULE: ten branches come and go, and one stays
grow_and_cut()
{
	load "$1"
	of "$1"
	grow 1000
	for branch in 1 2 3 4 5 6 7 8 9 10; do
		grow $((2000 + 100 * branch))
		echo "publish $((2000 + 100 * branch))" >"$dir/do"
		echo "cut $((2000 + 100 * branch))" >"$dir/do"
	done
	echo 1 >"$dir/collect"
	counts nodes 101
	counts delivered 20
}

test_what_is_cut_off_is_collected()
{
	grow_and_cut sample_tree
	# the root, the branch, and its subscriptions
	counts live_objects 201
	counts died 1000
	verify sample_tree
	rmmod sample_tree
}

test_a_weak_reference_does_not_hold()
{
	load sample_tree
	of sample_tree
	grow 1000
	echo "watch 1099" >"$dir/do"
	echo 1 >"$dir/collect"
	counts watched 1099
	echo "cut 1000" >"$dir/do"
	echo 1 >"$dir/collect"
	counts watched -2
	counts live_objects 1
	rmmod sample_tree
}

test_counters_lose_it()
{
	dmesg -c >/dev/null
	grow_and_cut sample_tree_kmalloc
	counts live_objects 2201
	counts died 0
	rmmod sample_tree_kmalloc
	dmesg | grep -q 'objects are lost'
}

ktap_run what_is_cut_off_is_collected a_weak_reference_does_not_hold \
	counters_lose_it
