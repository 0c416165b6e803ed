#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What KUnit found where the clock counts instructions, so that an interrupt
# comes at each of them; see kmod/tests/api/contexts_test.c.
results=/sys/kernel/debug/kunit/kspan_contexts/results

if grep -q SKIP $results; then
	echo "TAP version 13"
	echo "1..1"
	echo "# the clock does not count instructions"
	echo "not ok 1 contexts"
	exit 1
fi
cat $results
