#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# smp.sh FILE: what several CPUs get done at once, in allocations per second on
# multi-threaded emulation, where only the ratio of two allocators in one boot
# means anything. One boot for each kernel and number of CPUs. Results go to
# FILE, one JSON object per line.
#
# Narrowed down by BENCH_KERNELS, BENCH_CPUS and BENCH_PATTERNS, all separated
# by spaces; BENCH_RUNS and BENCH_MS are the number and length of the runs.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/../vm/lib.sh"
# shellcheck source=../vm/kernels.sh
source "$vm_dir/kernels.sh"

file=${1:?FILE}
logs=$build/bench/log
patterns=${BENCH_PATTERNS-}

# boot KERNEL CPUS
boot()
{
	local log=$logs/smp-$1-cpus$2
	local append="init_on_alloc=0"

	append+=" BENCH_RUNS=${BENCH_RUNS:-5} BENCH_MS=${BENCH_MS:-300}"
	# the kernel's command line has no spaces within a word
	[[ -z $patterns ]] || append+=" BENCH_PATTERNS=${patterns// /,}"
	KERNEL=$1 CPUS=$2 MEM=${MEM:-1536M} MODULES=kspan_bench.ko PREBUILT=1 \
		APPEND=$append RUN=$top/tools/bench/smp-guest.sh CAPTURE=$log.txt \
		TIMEOUT=${TIMEOUT:-900} "$vm_dir/vm.sh" >"$log.log" 2>&1 || {
		tail -n 20 "$log.log" >&2
		return 1
	}
	"$top/tools/bench/median.pl" "$1" ops_per_s "$log.txt" >>"$file"
}

mkdir -p "$logs"
: >"$file"
for kernel in ${BENCH_KERNELS:-6.12 7.2}; do
	kernel_names | grep -qxF "$kernel" || continue
	"$vm_dir/modules.sh" "$kernel" >"$logs/modules-$kernel.log" 2>&1 ||
		die "no modules for $kernel, see $logs/modules-$kernel.log"
	for cpus in ${BENCH_CPUS:-2 4}; do
		say "smp: $kernel, $cpus CPUs"
		boot "$kernel" "$cpus" || die "$kernel, $cpus CPUs"
	done
done
