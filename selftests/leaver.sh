#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Modules that leave their heaps behind: they are named, and their heaps destroyed.
# Tests are called by their names.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/ktap.sh"

ECANCELED=125

# references that keep kspan loaded
references()
{
	cat /sys/module/kspan/refcnt
}

# leave COMMAND...: its module leaves something behind, as the log is to tell
leave()
{
	dmesg -c >/dev/null
	expect_report begin
	"$@"
	expect_report end
	log=$(dmesg)
}

# left_behind HEAP LIVE: it was named, with what was in it, and is no more
left_behind()
{
	has "$log" "kspan_leaver leaves its heap $1 behind"
	has "$log" "heap $1 of kspan_leaver is destroyed with $2 live objects"
	[ ! -e "$HEAPS/$1" ]
	fails 1 kspan stat "$1"
}

test_heaps_go_with_their_module()
{
	load kspan_leaver heaps=5
	is 3 "$(stat_of leaver4 live_objects)" live_objects
	leave rmmod kspan_leaver
	for heap in leaver0 leaver1 leaver2 leaver3 leaver4; do
		left_behind $heap 3
	done
	is 5 "$(echo "$log" | grep -c "leaves its heap")" reports
	verify default
}

test_a_module_that_does_not_load_has_no_heaps()
{
	leave fails $ECANCELED load kspan_leaver heaps=2 fail=1
	left_behind leaver0 3
	left_behind leaver1 3
	# their names are free
	load kspan_leaver heaps=2
	leave rmmod kspan_leaver
}

test_frees_that_wait_are_done_first()
{
	load kspan_leaver waiting=1
	leave rmmod kspan_leaver
	left_behind leaver0 3
	is 0 "$(echo "$log" | grep -c "BUG\|WARNING")" "complaints"
}

test_a_device_may_stay()
{
	before=$(references)
	load kspan_leaver heaps=0 device=1
	is 1 "$(stat_of leaver-device live_objects)" live_objects
	leave rmmod kspan_leaver
	left_behind leaver-device 1
	# it has to be told
	is $((before + 1)) "$(references)" references
	fails $ECANCELED load kspan_leaver end_device=1
	is "$before" "$(references)" references
}

ktap_run heaps_go_with_their_module a_module_that_does_not_load_has_no_heaps \
	frees_that_wait_are_done_first a_device_may_stay
