#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A module that uses kspan as any consumer does.
# Tests are called by their names.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/ktap.sh"

test_its_heap_holds_what_it_put_there()
{
	load kspan_consumer objects=1000
	is 2000 "$(stat_of consumer live_objects)" live_objects
	is 1 "$(kspan heaps | awk '$1 == "consumer" && $8 == "module" &&
		$9 == "kspan_consumer"' | wc -l)" "heaps of the module"
	verify consumer
	rmmod kspan_consumer
	[ ! -e "$HEAPS/consumer" ]
}

test_its_limit_holds()
{
	fails 12 load kspan_consumer objects=100000 limit_bytes=1048576
	has "$output" "annot allocate memory"
	[ ! -e "$HEAPS/consumer" ]
	load kspan_consumer objects=1000 limit_bytes=1048576
	at_most 1048576 "$(stat_of consumer backing_bytes)" backing_bytes
	rmmod kspan_consumer
}

test_a_name_is_for_one()
{
	kspan create consumer
	# Since 7.0 EEXIST is for modules that are loaded twice; an init that
	# returns it is busy.
	case $(uname -r) in
	[1-6].*) fails 17 load kspan_consumer ;;
	*)	fails 16 load kspan_consumer ;;
	esac
	kspan destroy consumer
	load kspan_consumer
	fails 1 kspan create consumer
	fails 1 kspan destroy consumer
	rmmod kspan_consumer
}

test_the_kernel_can_look_at_it_from_outside()
{
	load kspan_consumer objects=500
	echo 1 >"$HEAPS/consumer/drain"
	echo all >"$HEAPS/consumer/scavenge"
	is 1000 "$(stat_of consumer live_objects)" live_objects
	verify consumer
	rmmod kspan_consumer
}

test_a_heap_left_behind_is_reported_and_torn_down()
{
	load kspan_consumer objects=3000 leave_heap=1
	[ "$(stat_of consumer backing_bytes)" -gt 0 ]
	dmesg -c >/dev/null
	expect_report begin
	rmmod kspan_consumer
	expect_report end
	has "$(dmesg)" "kspan_consumer leaves its heap consumer behind"
	[ ! -e "$HEAPS/consumer" ]
	fails 1 kspan stat consumer
	# its name is free, and kspan works on
	load kspan_consumer objects=10
	rmmod kspan_consumer
	verify default
}

ktap_run its_heap_holds_what_it_put_there its_limit_holds a_name_is_for_one \
	the_kernel_can_look_at_it_from_outside \
	a_heap_left_behind_is_reported_and_torn_down
