#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Stacks and regions in a consumer: copies to user space, and a module that leaves
# without a word.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/ktap.sh"

test_copies_to_user_space()
{
	dmesg -c >/dev/null
	# what it says when all has been well
	fails 11 load kspan_bumped
	is 0 "$(dmesg | grep -c "usercopy\|live objects")" "lines in the log"
}

test_what_a_module_leaves_is_told_and_goes()
{
	load kspan_bumped leave=1
	is 2 "$(stat_of bumped live_objects)" live_objects
	is 2 "$(stat_of bumped large_objects)" large_objects
	verify bumped
	dmesg -c >/dev/null
	expect_report begin
	rmmod kspan_bumped
	expect_report end
	has "$(dmesg)" "leaves its heap bumped behind"
	has "$(dmesg)" "is destroyed with 2 live objects"
	[ ! -e "$HEAPS/bumped" ] || fail "the heap is still there"
}

ktap_run copies_to_user_space what_a_module_leaves_is_told_and_goes
