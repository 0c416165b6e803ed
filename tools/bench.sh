#!/usr/bin/env bash
# Compares kspan with the kernel's own allocators in QEMU:
#
#	bench.sh		all of it
#	bench.sh --quick	one pair of allocation and free, in instructions
#
# Each part of it, tools/bench/PART.sh, leaves its results in
# build/bench/PART.jsonl, one object per line. Together they become
# build/bench/results.json, from which the tables and their pictures are made.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/vm/lib.sh"

parts=(icount smp memory)
if [[ ${1-} == --quick ]]; then
	parts=(icount)
	export BENCH_SERIES=pair BENCH_QUICK=1
elif (($#)); then
	die "usage: $0 [--quick]"
fi

out=$build/bench
bench_dir=$top/tools/bench
rm -rf "$out"
mkdir -p "$out"
need_packages "${vm_packages[@]}" gnuplot-nox

status=0
for part in "${parts[@]}"; do
	[[ -x $bench_dir/$part.sh ]] || continue
	"$bench_dir/$part.sh" "$out/$part.jsonl" || {
		say "bench: $part failed"
		status=1
	}
done
cat "$out"/*.jsonl | "$bench_dir/merge.pl" >"$out/results.json"
"$bench_dir/tables.pl" "$out/results.json"
"$bench_dir/goals.pl" "$out/results.json"
"$bench_dir/plot.pl" "$out/results.json" "$out"
say "bench: ${out#"$top/"}/results.json, $SECONDS s"
exit "$status"
