#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# curves.sh FILE: how much kspan and kmalloc() hold while a load goes up and
# down. Tables go to FILE, a picture of each load beside it. One boot for each
# kernel.
#
# Narrowed down by BENCH_KERNELS and BENCH_CURVES, separated by spaces. A load is
# SIZES:SHAPE:MEGABYTES:SECONDS, see kmod/bench/curve.c; the seconds are those
# for which it rests after it has freed, or swings.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/../vm/lib.sh"
# shellcheck source=../vm/kernels.sh
source "$vm_dir/kernels.sh"

file=${1:?FILE}
logs=$build/bench/log
default=(
	pages:random:256:10 pages:age:256:10 fleet:random:256:10
	fleet:age:256:10 pages:cheese:256:10 fleet:cheese:128:10
	pages:swing1:256:16 pages:swing2:256:16 pages:swing4:256:24
	pages:swing8:256:32
)
loads=${BENCH_CURVES:-${default[*]}}

# boot KERNEL
boot()
{
	local log=$logs/curves-$1

	# the kernel's command line has no spaces within a word
	KERNEL=$1 CPUS=2 MEM=${MEM:-1G} MODULES=kspan_bench.ko \
		APPEND="init_on_alloc=0 BENCH_CURVES=${loads// /,}" \
		RUN=$top/tools/bench/curves-guest.sh \
		FILES=$top/tools/bench/fleet/mean.txt \
		CAPTURE=$log.txt PREBUILT=1 TIMEOUT=${TIMEOUT:-1800} \
		"$vm_dir/vm.sh" >"$log.log" 2>&1 || {
		tail -n 20 "$log.log" >&2
		return 1
	}
	"$top/tools/bench/curves.pl" "$1" "$log.txt" "${file%/*}" \
		>>"$file"
}

mkdir -p "$logs"
: >"$file"
for kernel in ${BENCH_KERNELS:-6.12}; do
	need_kernel_name "$kernel"
	"$vm_dir/modules.sh" "$kernel" >"$logs/modules-$kernel.log" 2>&1 ||
		die "no modules for $kernel, see $logs/modules-$kernel.log"
	say "curves: $kernel"
	boot "$kernel" || die "$kernel"
done
