#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Frees after a grace period: RCU_FREES of them (from the kernel command line), by as
# many threads as there are CPUs and a timer in hard interrupts.
# Tests are called by their names.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/ktap.sh"

frees=${RCU_FREES:-500000}

# most_bytes PARAMETER...: what the heap held at most in a storm of $frees
most_bytes()
{
	dmesg -c >/dev/null
	load kspan_storm "$@" frees="$frees"
	sed -n 's/.*kspan_storm: .* \([0-9]*\) bytes at most/\1/p' <<-END
	$(dmesg)
	END
}

test_a_storm_holds_at_most_half_of_what_it_frees()
{
	for size in 64 256; do
		most=$(most_bytes size=$size)
		echo "$size: $most of $((frees * size)) bytes"
		at_most $((frees * size / 2)) "$most" "bytes at most"
		verify storm
		rmmod kspan_storm
	done
	verify default
}

test_at_a_limit_nothing_fails()
{
	limit=$((4 << 20))
	at_most $limit "$(most_bytes limit_bytes=$limit)" "bytes at most"
	verify storm
	rmmod kspan_storm
}

test_a_heap_left_behind_waits_for_its_frees()
{
	load kspan_storm frees=1000 leave=1
	dmesg -c >/dev/null
	expect_report begin
	rmmod kspan_storm
	expect_report end
	has "$(dmesg)" "kspan_storm leaves its heap storm behind"
	[ ! -e "$HEAPS/storm" ]
	verify default
}

ktap_run a_storm_holds_at_most_half_of_what_it_frees at_a_limit_nothing_fails \
	a_heap_left_behind_waits_for_its_frees
