#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# neighbour.sh FILE: what is there for everybody else beside a load on kspan, and
# beside the same on kmalloc(): free blocks of 2 MB, huge pages, page blocks that
# cannot be moved. Each has boots of its own, of equal guests. Tables go to FILE.
#
# Narrowed down by BENCH_KERNELS and BENCH_SIZES, separated by spaces, and
# BENCH_REPEATS; BENCH_MEGABYTES is the load's peak, half of which stays.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/../vm/lib.sh"
# shellcheck source=../vm/kernels.sh
source "$vm_dir/kernels.sh"

file=${1:?FILE}
logs=$build/bench/log
huge=$build/bench/huge
repeats=${BENCH_REPEATS:-3}

# boot KERNEL SIZES BACKEND NUMBER
boot()
{
	local log=$logs/neighbour-$1-$2-$3-$4
	local append="init_on_alloc=0 BENCH_BACKEND=$3 BENCH_SIZES=$2"

	append+=" BENCH_MEGABYTES=${BENCH_MEGABYTES:-128} BENCH_SECONDS=15"
	append+=" BENCH_CACHE=512M BENCH_REST=10 BENCH_HUGE=64"
	KERNEL=$1 CPUS=2 MEM=${MEM:-512M} MODULES=kspan_bench.ko \
		APPEND=$append RUN=$top/tools/bench/neighbour-guest.sh \
		FILES="$top/tools/bench/fleet/mean.txt $huge" \
		CAPTURE=$log.txt PREBUILT=1 TIMEOUT=${TIMEOUT:-600} \
		"$vm_dir/vm.sh" >"$log.log" 2>&1 || {
		tail -n 20 "$log.log" >&2
		return 1
	}
}

# Both at once, so that what else the machine does is the same for both.
boot_both()
{
	local backend pids=() pid status=0

	for backend in kspan kmalloc; do
		boot "$1" "$2" "$backend" "$3" &
		pids+=($!)
	done
	for pid in "${pids[@]}"; do
		wait "$pid" || status=1
	done
	return $status
}

mkdir -p "$logs"
rm -f "$logs"/neighbour-*
${CC:-cc} -static -O2 -o "$huge" "$top/tools/bench/neighbour/huge.c" ||
	die "huge does not build"
: >"$file"
for kernel in ${BENCH_KERNELS:-6.12}; do
	need_kernel_name "$kernel"
	"$vm_dir/modules.sh" "$kernel" >"$logs/modules-$kernel.log" 2>&1 ||
		die "no modules for $kernel, see $logs/modules-$kernel.log"
	for sizes in ${BENCH_SIZES:-fleet pages}; do
		say "neighbour: $kernel, $sizes"
		for ((number = 1; number <= repeats; number++)); do
			boot_both "$kernel" "$sizes" "$number" || die "$kernel"
		done
		"$top/tools/bench/neighbour.pl" "$kernel" "$sizes" \
			"$logs/neighbour-$kernel-$sizes" >>"$file"
	done
done
