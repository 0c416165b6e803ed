#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A guest with little memory, in which a program and the page cache want as much
# of it as they can get: a load allocates until there is no more, frees, and does
# it again. It gets as much as the same load on kmalloc(), and nobody is killed.
# Tests are called by their names.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/ktap.sh"

BENCH=/sys/kernel/debug/kspan_bench
ROUNDS=3
# The bench's heap.
HEAP=replay

# Sizes as the kernel's own: bytes, births (not used here), live objects.
sizes()
{
	cat <<-END
	16 1 100
	64 1 800
	200 1 1000
	300 1 800
	512 1 800
	1000 1 400
	2048 1 200
	4096 1 100
	7000 1 50
	END
}

oom_kills()
{
	awk '$1 == "oom_kill" { print $2 }' /proc/vmstat
}

# Those who want the memory as well.
compete()
{
	[ -e $BENCH ] || load kspan_bench || skip "no bench module"
	sizes >$BENCH/fleet
	mkdir -p /tmp/cache
	grep -q /tmp/cache /proc/mounts ||
		mount -t kspan_bench none /tmp/cache
	killed=$(oom_kills)
	: >/tmp/competitor
	in_background "$USER/compete" 12 >/tmp/competitor
	competitor=$!
	while ! grep -q ready /tmp/competitor; do
		kill -0 $competitor || fail "no competitor"
		usleep 10000
	done
	in_background sh -c 'while cat /tmp/cache/64M; do :; done' >/dev/null
}

# They are all there, and have all they had.
competed()
{
	is "$killed" "$(oom_kills)" "processes killed"
	kill $competitor
	wait $competitor || fail "the competitor has lost its memory"
	tail -n 1 /tmp/competitor
}

# starve BACKEND GFP ROUNDS: bytes got in each go to $got, added up to $sum
starve()
{
	echo "$1 fleet $2 $3" >$BENCH/starve || fail "$1 $2: cut short"
	got=$(awk '{ print $1 }' $BENCH/starve | xargs)
	sum=$(awk '{ sum += $1 } END { printf "%d", sum }' $BENCH/starve)
	echo "$1 $2: $got ($(awk '{ print $3 }' $BENCH/starve | xargs))"
}

# The bench's heap after its load has freed everything.
at_rest()
{
	verify $HEAP
	is 0 "$(stat_of $HEAP live_objects)" "live objects"
	echo drop >$BENCH/starve
}

test_as_much_as_kmalloc()
{
	compete
	kspan=0
	kmalloc=0
	for _ in 1 2; do
		starve kmalloc kernel $ROUNDS
		kmalloc=$((kmalloc + sum))
		echo drop >$BENCH/starve
		starve kspan kernel $ROUNDS
		kspan=$((kspan + sum))
		at_rest
	done
	echo "kspan : kmalloc = $((100 * kspan / kmalloc)) : 100"
	# they differ by some hundredths from round to round
	[ $((100 * kspan)) -ge $((97 * kmalloc)) ] ||
		fail "memory ran out earlier than with kmalloc()"
	competed
}

test_every_way_of_asking()
{
	compete
	for gfp in retry noretry nofs nowait atomic; do
		starve kspan $gfp $ROUNDS
		[ "$sum" -gt 0 ] || fail "$gfp: nothing"
		at_rest
	done
	competed
}

ktap_run as_much_as_kmalloc every_way_of_asking
