#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Large objects are zeroed in pieces: for how long they keep the CPU from others,
# on one whose clock counts instructions. For a guest in which the kernel does not
# zero pages of its own, and tasks give way only where they say so.
# Tests are called by their names.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/ktap.sh"

BENCH=/sys/kernel/debug/kspan_bench
PIECE_KB=256
REPEATS=10

# stretch KILOBYTES [zeroed]: the least of some runs goes to $ns, as now and then
# the kernel has something else to do in between
stretch()
{
	: >/tmp/stretch
	for _ in $(seq $REPEATS); do
		echo "$*" >$BENCH/stretch
		cat $BENCH/stretch >>/tmp/stretch
	done
	ns=$(awk '{ print $3 }' /tmp/stretch | sort -n | head -n 1)
	echo "$*: $ns ns of $(awk '{ print $2 }' /tmp/stretch |
		sort -n | head -n 1) ns"
}

# in_pieces KILOBYTES: zeroing holds nobody up for longer than a piece takes,
# or than the kernel needs for the pages anyway
in_pieces()
{
	[ -e $BENCH ] || load kspan_bench || skip "no bench module"
	sleep 3
	stretch $PIECE_KB zeroed
	limit=$((2 * ns))
	stretch "$1"
	[ $limit -ge $((ns + ns / 4)) ] || limit=$((ns + ns / 4))
	stretch "$1" zeroed
	at_most $limit "$ns" "the longest stretch"
}

test_4_megabytes()
{
	in_pieces 4096
}

test_64_megabytes()
{
	in_pieces 65536
}

ktap_run 4_megabytes 64_megabytes
