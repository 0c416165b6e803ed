#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The stress module: STRESS_OPS operations (from the kernel command line), one
# thread for each CPU, a seed that is told.
# Tests are called by their names.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/ktap.sh"

ops=${STRESS_OPS:-1000000}
seed=${STRESS_SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}

test_stress()
{
	[ -n "$(find "$HERE" -name kspan_stress.ko)" ] ||
		skip "no stress module"
	threads=$(nproc)
	echo "ops=$ops seed=$seed threads=$threads"
	start=$(cut -d. -f1 /proc/uptime)
	load kspan_stress ops="$ops" seed="$seed" threads="$threads"
	echo "$(($(cut -d. -f1 /proc/uptime) - start)) s"
	for heap in "$HEAPS"/*; do
		verify "${heap##*/}"
	done
	rmmod kspan_stress
	verify default
}

ktap_run stress
