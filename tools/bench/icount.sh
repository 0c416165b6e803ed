#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# icount.sh FILE: instructions, on a machine whose clock counts them. One boot
# for each kernel with init_on_alloc=0 and 1. Results go to FILE.
#
# BENCH_KERNELS and BENCH_SERIES, both separated by spaces, narrow it down.
# With BENCH_QUICK a kernel that is not there yet is left out.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/../vm/lib.sh"
# shellcheck source=../vm/kernels.sh
source "$vm_dir/kernels.sh"

file=${1:?FILE}
logs=$build/bench/log
series=${BENCH_SERIES:-pair half zeroed bulk burst context rcu stack region gc large tails}
kernels=()
for name in ${BENCH_KERNELS:-6.1 6.12 7.2}; do
	kernel_names | grep -qxF "$name" || continue
	[[ -z ${BENCH_QUICK-} || -e $(kernel_image "$name") ]] || continue
	kernels+=("$name")
done

kernel_config()
{
	local root=

	! kernel_has_root "$1" || root=$(root_dir "$1")
	echo "$root$(kernel_builddir "$1")/.config"
}

# boot KERNEL INIT_ON_ALLOC
boot()
{
	local log=$logs/icount-$1-init$2

	# the kernel's command line has no spaces within a word
	KERNEL=$1 ICOUNT=1 MODULES=kspan_bench.ko PREBUILT=1 \
		APPEND="init_on_alloc=$2 BENCH_SERIES=${series// /,}" \
		RUN=$top/tools/bench/guest.sh CAPTURE=$log.txt \
		TIMEOUT=${TIMEOUT:-900} "$vm_dir/vm.sh" >"$log.log" 2>&1 || {
		tail -n 20 "$log.log" >&2
		return 1
	}
	"$top/tools/bench/collect.pl" "$1" "$(kernel_config "$1")" \
		"$log.txt" >>"$file"
}

mkdir -p "$logs"
: >"$file"
for kernel in "${kernels[@]}"; do
	"$vm_dir/modules.sh" "$kernel" >"$logs/modules-$kernel.log" 2>&1 ||
		die "no modules for $kernel, see $logs/modules-$kernel.log"
	for init in 0 1; do
		say "icount: $kernel, init_on_alloc=$init"
		boot "$kernel" "$init" || die "$kernel, init_on_alloc=$init"
	done
done
