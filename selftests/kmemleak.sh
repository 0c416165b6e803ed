#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What the tests before have left behind, on a kernel with kmemleak.
# Tests are called by their names.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/ktap.sh"

leaks=/sys/kernel/debug/kmemleak

test_nothing_is_left_behind()
{
	rmmod kspan_consumer 2>/dev/null || true
	rmmod kspan
	# What is young, or on its way through RCU, is not a leak yet. A scan is
	# refused where kmemleak has met what it takes for its own error.
	for _ in 1 2 3; do
		sleep 6
		echo scan >"$leaks"
	done
	load kspan
	cat "$leaks"
	is 0 "$(grep -c '^unreferenced' "$leaks")" leaks
}

[ -e "$leaks" ] || {
	echo "TAP version 13"
	echo "1..0 # SKIP no kmemleak in this kernel"
	exit $EXIT_SKIP
}
ktap_run nothing_is_left_behind
