#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# wiped.sh SUITE: what KUnit found where freed objects are wiped, and new ones zeroed;
# see kmod/tests/api/owner_test.c and wiped_test.c.
results=/sys/kernel/debug/kunit/$1/results

if grep -q "SKIP nothing is \(wiped\|zeroed\)" "$results"; then
	echo "TAP version 13"
	echo "1..1"
	echo "# this kernel does not wipe"
	echo "not ok 1 wiped"
	exit 1
fi
cat "$results"
