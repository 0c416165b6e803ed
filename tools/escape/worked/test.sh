#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2317
# shellcheck source=/dev/null
. "$(dirname "$0")/ktap.sh"

# The sums, which are to be the same wherever the objects are.
test_worked_computes()
{
	load escape_worked
	cat /sys/kernel/debug/escape_worked >/tmp/worked
	awk '{ print "checksum: worked " $1 " " $3 }' /tmp/worked
	[ "$(wc -l </tmp/worked)" -ge 8 ]
}

test_worked_leaves_nothing()
{
	is 0 "$(stat_of escape_worked live_objects)" live_objects
	rmmod escape_worked
	[ ! -e "$HEAPS/escape_worked" ]
	! dmesg | grep -E "kspan: BUG|objects are left in the heap"
	! dmesg | grep -E "BUG:|WARNING:|Oops"
}

ktap_run worked_computes worked_leaves_nothing
