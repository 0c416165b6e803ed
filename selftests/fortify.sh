#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# FORTIFY_SOURCE knows how large kspan's objects are: a thread that writes one
# byte too many dies, and one that fills its object does not.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/ktap.sh"

calls="0 1 2 3 4 5 6 7 8 9 10 11 12 13"
# From 6.2 on the kernel asks for sizes that are only known at run time.
[ "$(uname -r | cut -d. -f1,2)" != 6.1 ] || calls="0 1 13"

# of the case $1, with $2 bytes too many
outcome()
{
	dmesg -c >/dev/null
	load kspan_fortify how="$1" over="$2"
	rmmod kspan_fortify
	dmesg | sed -n 's/.*kspan_fortify: [0-9]* \(survived\|died\)$/\1/p'
}

test_whole_objects_may_be_written()
{
	for call in $calls; do
		is survived "$(outcome "$call" 0)" "case $call"
	done
}

test_a_byte_more_is_stopped()
{
	grep -qwE '__fortify_panic|fortify_panic' /proc/kallsyms ||
		skip "a kernel without FORTIFY_SOURCE"
	for call in $calls; do
		is died "$(outcome "$call" 1)" "case $call"
	done
	expect_report end
}

# What dies is one thread.
echo 0 >/proc/sys/kernel/panic_on_oops
expect_report begin
ktap_run whole_objects_may_be_written a_byte_more_is_stopped
