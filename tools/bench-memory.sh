#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Memory that comes back, and what the rest of the machine notices of it:
#
#	bench-memory.sh [PART...]
#
# Each part, tools/bench/PART.sh, leaves its tables in build/bench/PART.txt and
# its pictures beside it; all tables are printed.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/vm/lib.sh"

parts=(curves neighbour latency)
if (($#)); then
	parts=("$@")
fi

out=$build/bench
mkdir -p "$out"
need_packages "${vm_packages[@]}" gnuplot-nox

status=0
for part in "${parts[@]}"; do
	[[ -x $top/tools/bench/$part.sh ]] || die "no part $part"
	"$top/tools/bench/$part.sh" "$out/$part.txt" || {
		say "bench-memory: $part failed"
		status=1
	}
done
for part in "${parts[@]}"; do
	cat "$out/$part.txt"
done
say "bench-memory: tables and pictures are in ${out#"$top/"}/, $SECONDS s"
exit "$status"
