#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# In the guest: what KUnit found, then whether the modules go away cleanly.

cat /sys/kernel/debug/kunit/*/results

leaks=/sys/kernel/debug/kmemleak
echo "KTAP version 1"
if [ -e $leaks ]; then
	echo "1..2"
else
	echo "1..1"
fi

if rmmod kspan_kunit && rmmod kspan; then
	echo "ok 1 unload"
else
	echo "not ok 1 unload"
fi

[ -e $leaks ] || exit 0
# Only objects older than 5 s are reported, and only when seen twice. Where
# kmemleak has switched itself off, it refuses to scan.
sleep 6
found="no scan"
if echo scan >$leaks && sleep 1 && echo scan >$leaks; then
	found=$(cat $leaks)
fi
if [ "$found" ]; then
	echo "$found" | sed 's/^/# /'
	echo "not ok 2 kmemleak"
else
	echo "ok 2 kmemleak"
fi
