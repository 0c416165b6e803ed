#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# latency.sh FILE: how long a sleeping allocation takes while the heap gives
# memory back, and while it does not, in one boot of two CPUs for each kernel. The
# table goes to FILE.
#
# Narrowed down by BENCH_KERNELS and BENCH_MODES, separated by spaces, and
# BENCH_REPEATS.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/../vm/lib.sh"
# shellcheck source=../vm/kernels.sh
source "$vm_dir/kernels.sh"

file=${1:?FILE}
logs=$build/bench/log
modes=${BENCH_MODES:-rest background explicit}

# boot KERNEL
boot()
{
	local log=$logs/latency-$1
	local append="init_on_alloc=0 BENCH_ROUNDS=${BENCH_REPEATS:-7}"

	# the kernel's command line has no spaces within a word
	append+=" BENCH_SECONDS=3 BENCH_MODES=${modes// /,}"
	KERNEL=$1 CPUS=2 MEM=${MEM:-1G} MODULES=kspan_bench.ko APPEND=$append \
		RUN=$top/tools/bench/latency-guest.sh \
		CAPTURE=$log.txt PREBUILT=1 TIMEOUT=${TIMEOUT:-900} \
		"$vm_dir/vm.sh" >"$log.log" 2>&1 || {
		tail -n 20 "$log.log" >&2
		return 1
	}
	"$top/tools/bench/latency.pl" "$1" "$log.txt"
}

mkdir -p "$logs"
for kernel in ${BENCH_KERNELS:-6.12}; do
	need_kernel_name "$kernel"
	"$vm_dir/modules.sh" "$kernel" >"$logs/modules-$kernel.log" 2>&1 ||
		die "no modules for $kernel, see $logs/modules-$kernel.log"
	say "latency: $kernel"
	boot "$kernel" || die "$kernel"
done >"$file"
