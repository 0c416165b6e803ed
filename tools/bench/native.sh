#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# native.sh FILE: cycles at this machine's own speed, on user-mode Linux: one
# CPU, no preemption count and no %gs there, and no cmpxchg16b in SLUB's fast
# paths. Each series is measured BENCH_ROUNDS times, 15 by default, in one boot.
# Results go to FILE.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/../vm/lib.sh"
# shellcheck source=../vm/kernels.sh
source "$vm_dir/kernels.sh"

file=${1:?FILE}
logs=$build/bench/log
log=$logs/native
series=${BENCH_SERIES:-pair half zeroed bulk burst cold tails}

mkdir -p "$logs"
"$vm_dir/modules.sh" uml >"$logs/modules-uml.log" 2>&1 ||
	die "no modules for uml, see $logs/modules-uml.log"
say "native: user-mode Linux $(kernel_release uml)"
# the kernel's command line has no spaces within a word
KERNEL=uml MODULES=kspan_bench.ko PREBUILT=1 \
	APPEND="init_on_alloc=0 BENCH_ROUNDS=${BENCH_ROUNDS:-15} BENCH_SERIES=${series// /,}" \
	RUN=$top/tools/bench/guest.sh CAPTURE=$log.txt \
	TIMEOUT=${TIMEOUT:-1200} "$vm_dir/vm.sh" >"$log.log" 2>&1 || {
	tail -n 20 "$log.log" >&2
	die "see $log.log"
}
"$top/tools/bench/collect.pl" uml "$(kernel_builddir uml)/.config" \
	"$log.txt" native cycles >"$file"
