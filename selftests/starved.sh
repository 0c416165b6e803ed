#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A guest with little memory, in which a program and the page cache want as much
# of it as they can get: a load allocates until there is no more, frees, and does
# it again. It gets as much as the same load on kmalloc(), and nobody is killed.
# Tests are called by their names.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/ktap.sh"

BENCH=/sys/kernel/debug/kspan_bench
ROUNDS=8
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

# A program that wants the memory as well, and has what it needs.
compete()
{
	[ -e $BENCH ] || load kspan_bench || skip "no bench module"
	sizes >$BENCH/fleet
	killed=$(oom_kills)
	: >/tmp/competitor
	in_background "$USER/compete" 12 >/tmp/competitor
	competitor=$!
	while ! grep -q ready /tmp/competitor; do
		kill -0 $competitor || fail "no competitor"
		usleep 10000
	done
}

# And one that reads more than there is memory for.
read_files()
{
	mkdir -p /tmp/cache
	grep -q /tmp/cache /proc/mounts ||
		mount -t kspan_bench none /tmp/cache
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

# starve BACKEND GFP: bytes got, held and idle in each round go to $rounds
starve()
{
	echo "$1 fleet $2 $ROUNDS" >$BENCH/starve || fail "$1 $2: cut short"
	rounds=$(cat $BENCH/starve)
	echo "$1 $2: got, held, idle"
	echo "$rounds" | sed 's/^/    /'
}

# What the best quarter of the rounds got. Others ask for memory as well, and
# often it is for them that the OOM killer would be called: that comes sooner.
best()
{
	echo "$1" | sort -n -r | awk '{ got[NR] = $1 }
		END { printf "%d", got[int((NR + 3) / 4)] }'
}

# The bench's heap after its load has freed everything.
at_rest()
{
	verify $HEAP
	is 0 "$(stat_of $HEAP live_objects)" "live objects"
	echo drop >$BENCH/starve
}

# Who comes first has the emptier page cache: both do.
test_as_much_as_kmalloc()
{
	compete
	read_files
	kspan=
	kmalloc=
	for _ in 1 2; do
		starve kmalloc kernel
		kmalloc=$(printf '%s\n' "$kmalloc" "$rounds" | sed '/^$/d')
		echo drop >$BENCH/starve
		starve kspan kernel
		kspan=$(printf '%s\n' "$kspan" "$rounds" | sed '/^$/d')
		at_rest
	done
	kspan=$(best "$kspan")
	kmalloc=$(best "$kmalloc")
	echo "kspan $kspan, kmalloc $kmalloc: $((100 * kspan / kmalloc)) : 100"
	# and still it differs by some hundredths from run to run
	[ $((100 * kspan)) -ge $((95 * kmalloc)) ] ||
		fail "memory ran out earlier than with kmalloc()"
	competed
}

test_every_way_of_asking()
{
	compete
	read_files
	for gfp in retry noretry nofs; do
		starve kspan $gfp
		[ "$(best "$rounds")" -gt 0 ] || fail "$gfp: nothing"
		at_rest
	done
	competed
}

# They take what is left for those who cannot wait; so nobody else asks.
test_without_waiting()
{
	compete
	for gfp in nowait atomic; do
		starve kspan $gfp
		[ "$(best "$rounds")" -gt 0 ] || fail "$gfp: nothing"
		at_rest
	done
	competed
}

ktap_run as_much_as_kmalloc every_way_of_asking without_waiting
