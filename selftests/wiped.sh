#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# wiped.sh SUITE wiped|zeroed: what KUnit found where freed objects are wiped, or new
# ones zeroed; see kmod/tests/api/owner_test.c and wiped_test.c.
results=/sys/kernel/debug/kunit/$1/results

if grep -q "SKIP nothing is $2" "$results"; then
	echo "TAP version 13"
	echo "1..1"
	echo "# nothing is $2 in this kernel"
	echo "not ok 1 $1"
	exit 1
fi
cat "$results"
