#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# memory.sh FILE: what allocators hold for what is asked of them. Objects of the
# sizes and lifetimes of fleet/mean.txt come and go, so many megabytes of them
# live; then nine of ten are freed at random. Beside these, what the kernel
# itself allocates under the demo's workload, recorded and replayed, and the most
# that a storm of frees after a grace period takes. One boot for each kernel. Results go to FILE, one JSON object per line; the size of the
# former is the number of live bytes aimed at.
#
# Narrowed down by BENCH_KERNELS and BENCH_MEGABYTES, separated by spaces;
# BENCH_EVENTS_PER_MB is the number of births and deaths per live megabyte:
# 16000 are two for each object. BENCH_STORM is the number of frees in a storm.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/../vm/lib.sh"
# shellcheck source=../vm/kernels.sh
source "$vm_dir/kernels.sh"

file=${1:?FILE}
logs=$build/bench/log
megabytes=${BENCH_MEGABYTES:-64 256}
workload="$top/tools/demo/workload.sh $build/bench/load"
cpus=2

# boot KERNEL
boot()
{
	local log=$logs/memory-$1
	local append="init_on_alloc=0"

	append+=" BENCH_EVENTS_PER_MB=${BENCH_EVENTS_PER_MB:-16000}"
	append+=" BENCH_STORM=${BENCH_STORM:-3000000}"
	# the kernel's command line has no spaces within a word
	append+=" BENCH_MEGABYTES=${megabytes// /,}"
	KERNEL=$1 CPUS=$cpus MEM=${MEM:-1536M} MODULES=kspan_bench.ko \
		APPEND=$append RUN=$top/tools/bench/memory-guest.sh \
		FILES="$top/tools/bench/fleet/mean.txt $workload" \
		CAPTURE=$log.txt OUT=$log PREBUILT=1 TIMEOUT=${TIMEOUT:-900} \
		"$vm_dir/vm.sh" >"$log.log" 2>&1 || {
		tail -n 20 "$log.log" >&2
		return 1
	}
	"$top/tools/bench/memory.pl" "$1" "$cpus" "$log.txt" \
		"$log/replay.json" >>"$file"
}

mkdir -p "$logs"
${CC:-cc} -static -O2 -o "$build/bench/load" "$top/tools/demo/load.c" ||
	die "the workload does not build"
: >"$file"
for kernel in ${BENCH_KERNELS:-6.12 7.2}; do
	kernel_names | grep -qxF "$kernel" || continue
	"$vm_dir/modules.sh" "$kernel" >"$logs/modules-$kernel.log" 2>&1 ||
		die "no modules for $kernel, see $logs/modules-$kernel.log"
	say "memory: $kernel"
	boot "$kernel" || die "$kernel"
done
