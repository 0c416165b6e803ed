#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Frees that must be refused: the test module's own results, from the log.
# Tests are called by their names.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/ktap.sh"

dmesg -c >/dev/null
load kspan_badfree 2>/dev/null
loaded=$?
verified=none
if [ $loaded -eq 0 ]; then
	verified=$(tail -n 1 "$HEAPS/badfree/verify")
fi

# The module's lines, and in place of its plan one more test.
echo "TAP version 13"
dmesg | sed -n 's/^\[[^]]*\]\(\[[^]]*\]\)\{0,1\} *kspan_badfree: \(\(not \)\{0,1\}ok .*\|# .*\|1\.\..*\)$/\2/p' |
awk -v verified="$verified" '
	# insmod may try a second time
	/^1\.\./ && plan { exit }
	/^1\.\./ { plan = substr($0, 4) + 1; print "1.." plan; next }
	{ print }
	END {
		if (verified != "verify ok")
			printf "not "
		print "ok " plan " heap_verifies_after_all"
	}'
if [ $loaded -eq 0 ]; then
	rmmod kspan_badfree
fi
[ $loaded -eq 0 ] && [ "$verified" = "verify ok" ]
