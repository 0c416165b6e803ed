#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# samples.sh FILE: the modules of kmod/samples/, on kspan and on the kernel's own
# allocators from the same source, beside each other in one boot: what each gets done
# in a second. On emulated CPUs, where only the ratio means anything, and at the
# machine's own speed on user-mode Linux. Results go to FILE, one JSON object per line.
#
# Narrowed down by BENCH_KERNELS and BENCH_SAMPLES, separated by spaces; BENCH_RUNS and
# BENCH_SECONDS are the number and length of the runs.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/../vm/lib.sh"
# shellcheck source=../vm/kernels.sh
source "$vm_dir/kernels.sh"

file=${1:?FILE}
logs=$build/bench/log
samples=${BENCH_SAMPLES-}
cpus=${BENCH_CPUS:-2}

# boot KERNEL MODE
boot()
{
	local log=$logs/samples-$1
	local append="init_on_alloc=0"

	append+=" BENCH_RUNS=${BENCH_RUNS:-5} BENCH_SECONDS=${BENCH_SECONDS:-2}"
	# the kernel's command line has no spaces within a word
	[[ -z $samples ]] || append+=" BENCH_SAMPLES=${samples// /,}"
	KERNEL=$1 CPUS=$cpus MODULES='' PREBUILT=1 APPEND=$append \
		RUN=$top/tools/bench/samples-guest.sh CAPTURE=$log.txt \
		TIMEOUT=${TIMEOUT:-900} "$vm_dir/vm.sh" >"$log.log" 2>&1 || {
		tail -n 20 "$log.log" >&2
		return 1
	}
	"$top/tools/bench/median.pl" "$1" ops_per_s "$log.txt" "$2" samples \
		>>"$file"
}

mkdir -p "$logs"
: >"$file"
for kernel in ${BENCH_KERNELS:-6.12 uml-smp}; do
	if kernel_is_uml "$kernel"; then
		mode=native-smp
		provide_kernel "$kernel"
	else
		mode=smp
		kernel_names | grep -qxF "$kernel" || continue
	fi
	"$vm_dir/modules.sh" "$kernel" >"$logs/modules-$kernel.log" 2>&1 ||
		die "no modules for $kernel, see $logs/modules-$kernel.log"
	say "samples: $kernel, $cpus CPUs"
	boot "$kernel" "$mode" || die "$kernel"
done
