#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The selftests, and then what they have left behind: for a kernel with kmemleak.
# Tests are called by their names.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/ktap.sh"

leaks=/sys/kernel/debug/kmemleak

test_selftests()
{
	"$HERE/run.sh" consumer heap object race badfree load
}

test_nothing_is_left_behind()
{
	rmmod kspan_consumer 2>/dev/null || true
	rmmod kspan
	# what is young, or on its way through RCU, is not a leak yet
	sleep 6
	echo scan >"$leaks"
	sleep 6
	echo scan >"$leaks"
	cat "$leaks"
	is 0 "$(grep -c '^unreferenced' "$leaks")" leaks
	load kspan
}

[ -e "$leaks" ] || {
	echo "TAP version 13"
	echo "1..0 # SKIP no kmemleak in this kernel"
	exit $EXIT_SKIP
}
# what the boot has left is not ours
echo clear >"$leaks"
ktap_run selftests nothing_is_left_behind
