#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A random graph that all CPUs change while it is collected: GC_SECONDS (from the kernel
# command line) and GC_CHANGES at least, GC_SEED.
# Tests are called by their names.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/ktap.sh"

test_graph()
{
	load kspan_graph seconds="${GC_SECONDS:-10}" \
		changes="${GC_CHANGES:-0}" seed="${GC_SEED:-0}"
	dmesg | grep kspan_graph: | tail -n 2
	rmmod kspan_graph
	verify default
}

ktap_run graph
