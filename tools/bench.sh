#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Compares kspan with the kernel's own allocators in QEMU:
#
#	bench.sh		all of it
#	bench.sh --quick	one pair of allocation and free, in instructions
#	bench.sh PART...	these parts
#
# Each part of it, tools/bench/PART.sh, leaves its results in
# build/bench/PART.jsonl, one object per line. Together they become
# build/bench/results.json, from which the tables and their pictures are made.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/vm/lib.sh"

parts=(icount uml-smp smp samples gc memory)
if [[ ${1-} == --quick ]]; then
	parts=(icount)
	export BENCH_SERIES=pair BENCH_QUICK=1
elif (($#)); then
	parts=("$@")
fi

out=$build/bench
bench_dir=$top/tools/bench
rm -rf "$out"
mkdir -p "$out"
need_packages "${vm_packages[@]}" gnuplot-nox

status=0
for part in "${parts[@]}"; do
	if [[ ! -x $bench_dir/$part.sh ]]; then
		(($# == 0)) || die "no part $part"
		continue
	fi
	"$bench_dir/$part.sh" "$out/$part.jsonl" || {
		say "bench: $part failed"
		status=1
	}
done
cat "$out"/*.jsonl >"$out/lines"
[[ -s $out/lines ]] || die "nothing was measured"
"$bench_dir/merge.pl" <"$out/lines" >"$out/results.json"
rm "$out/lines"
"$bench_dir/tables.pl" "$out/results.json"
"$bench_dir/goals.pl" "$out/results.json"
"$bench_dir/plot.pl" "$out/results.json" "$out"
say "bench: ${out#"$top/"}/results.json, $SECONDS s"
exit "$status"
