#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Out of memory: what is said of the heaps. For a guest with little memory, as it
# takes all there is.
# Tests are called by their names.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/ktap.sh"

# Somebody takes all memory, and is killed for it. The log goes to /tmp/log.
run_out_of_memory()
{
	dmesg -c >/dev/null
	expect_report begin
	fails 137 sh -c "echo 1000 >/proc/self/oom_score_adj; exec $USER/hog"
	expect_report end
	dmesg | sed 's/^\[[^]]*\]\(\[[^]]*\]\)\{0,1\} *//' >/tmp/log
	has "$(cat /tmp/log)" '^Out of memory: Killed process [0-9]* (hog)'
}

# said_of HEAP: the numbers of its first line, or nothing
said_of()
{
	n='[0-9][0-9]*'
	sed -n "s/^kspan: heap $1: backing \($n\) live \($n\) free \($n\) limit \($n\) kB$/\1 \2 \3 \4/p" \
		/tmp/log | head -n 1
}

test_a_line_for_each_heap()
{
	for heap in one limited empty; do
		kspan create "$heap"
	done
	echo 16M >"$HEAPS/limited/limit"
	holding one 1024 4000
	holding limited 8192 100
	for heap in one limited; do
		echo 1 >"$HEAPS/$heap/drain"
	done
	run_out_of_memory
	grep '^kspan: ' /tmp/log

	# what somebody holds is there, whatever has gone back meanwhile
	said_of one >/tmp/said
	read -r backing live free limit </tmp/said
	is 4000 "$live" "live kB"
	is 0 "$limit" "limit"
	[ "$backing" -ge $((live + free)) ]
	said_of limited >/tmp/said
	read -r backing live free limit </tmp/said
	is 800 "$live" "live kB"
	is 16384 "$limit" "limit"
	is "" "$(said_of empty)" "said of an empty heap"

	# before the kernel's own report
	is one "$(sed -n 's/^kspan: heap one:.*/one/p
		s/.* invoked oom-killer: .*/kernel/p' /tmp/log | head -n 1)" \
		"what comes first"
	verify one
	verify limited
}

test_many_heaps_are_summed_up()
{
	: >/tmp/holding
	in_background "$USER/objects" spread many 110 >/tmp/holding
	while ! grep -q ready /tmp/holding; do
		usleep 10000
	done
	# reports of the test before may have used up their number
	sleep 6
	run_out_of_memory
	grep '^kspan: ' /tmp/log | tail -n 3
	is many0 "$(sed -n 's/^kspan: heap \(many0\): .*/\1/p' /tmp/log |
		head -n 1)" "first of many"
	has "$(cat /tmp/log)" '^kspan: 1[0-9] more heaps: backing [0-9]* kB$'
}

ktap_run a_line_for_each_heap many_heaps_are_summed_up
