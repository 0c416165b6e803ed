#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# uml-smp.sh FILE: cycles at this machine's own speed, and what several of its CPUs
# get done at once, on user-mode Linux made fit for that: see vm/uml/smp.patch.
# First the kernel's own primitives are timed: where these cost more than on bare
# hardware, nothing is measured. Then the series on one CPU, BENCH_ROUNDS times, and
# every pattern of smp.sh on one CPU, two, and so on up to all. Results go to FILE.
#
# Narrowed down by BENCH_SERIES, BENCH_CPUS and BENCH_PATTERNS, separated by spaces;
# BENCH_RUNS and BENCH_MS are the number and length of the runs of a pattern.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/../vm/lib.sh"
# shellcheck source=../vm/kernels.sh
source "$vm_dir/kernels.sh"

file=${1:?FILE}
kernel=uml-smp
logs=$build/bench/log
series=${BENCH_SERIES-pair half zeroed bulk burst cold tails anchor}
patterns=${BENCH_PATTERNS-}
cpus=${BENCH_CPUS:-$(nproc)}

# boot LOG CPUS SCRIPT APPEND
boot()
{
	local log=$logs/$1

	# the kernel's command line has no spaces within a word
	KERNEL=$kernel CPUS=$2 MODULES=kspan_bench.ko PREBUILT=1 \
		APPEND="init_on_alloc=0 $4" RUN=$top/tools/bench/$3 \
		CAPTURE=$log.txt TIMEOUT=${TIMEOUT:-1800} \
		"$vm_dir/vm.sh" >"$log.log" 2>&1 || {
		tail -n 20 "$log.log" >&2
		die "see $log.log"
	}
}

mkdir -p "$logs"
provide_kernel "$kernel"
"$vm_dir/modules.sh" "$kernel" >"$logs/modules-$kernel.log" 2>&1 ||
	die "no modules for $kernel, see $logs/modules-$kernel.log"
say "uml-smp: user-mode Linux $(kernel_release "$kernel")"
boot uml-smp-ruler 1 guest.sh "BENCH_SERIES=ruler"
"$top/tools/bench/ruler.pl" "$logs/uml-smp-ruler.txt" >&2 ||
	die "that kernel is not fit for measuring on this machine"
if [[ $series ]]; then
	say "uml-smp: one CPU, ${BENCH_ROUNDS:-15} rounds"
	boot uml-smp-series 1 guest.sh \
		"BENCH_ROUNDS=${BENCH_ROUNDS:-15} BENCH_SERIES=${series// /,}"
fi
if [[ $patterns != none ]]; then
	say "uml-smp: up to $cpus CPUs"
	boot uml-smp-patterns "$cpus" smp-guest.sh \
		"BENCH_RUNS=${BENCH_RUNS:-9} BENCH_MS=${BENCH_MS:-100} BENCH_SCALE=all BENCH_PAUSE=0.1${patterns:+ BENCH_PATTERNS=${patterns// /,}}"
fi
{
	[[ ! $series ]] ||
		"$top/tools/bench/collect.pl" "$kernel" \
			"$(kernel_builddir "$kernel")/.config" \
			"$logs/uml-smp-series.txt" native-smp cycles
	[[ $patterns == none ]] ||
		"$top/tools/bench/median.pl" "$kernel" ops_per_s \
			"$logs/uml-smp-patterns.txt" native-smp
} >"$file"
