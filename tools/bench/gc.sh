#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# gc.sh FILE: how fast a collected heap is marked and how long it holds its mutators up,
# at this machine's own speed on user-mode Linux, on one CPU and on two. Beside it stand
# an ordinary heap, which shows what the machine holds up, and Go's own runtime on the
# same graph (bench/go/marking.go). A rate of marking is the slope between two sizes of
# heap, so what a cycle costs in any case is not part of it. Results go to FILE, one JSON
# object per line.
#
# Narrowed down by BENCH_CPUS, separated by spaces; BENCH_RUNS and BENCH_MS are the
# number and length of the runs, BENCH_MEGABYTES two sizes.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/../vm/lib.sh"
# shellcheck source=../vm/kernels.sh
source "$vm_dir/kernels.sh"

file=${1:?FILE}
kernel=uml-smp
logs=$build/bench/log
megabytes=${BENCH_MEGABYTES:-50 100}
runs=${BENCH_RUNS:-3}
ms=${BENCH_MS:-4000}

# on_kspan CPUS
on_kspan()
{
	local log=$logs/gc-$1

	# the kernel's command line has no spaces within a word
	KERNEL=$kernel CPUS=$1 MEM=${MEM:-1G} MODULES=kspan_bench.ko PREBUILT=1 \
		APPEND="init_on_alloc=0 BENCH_RUNS=$runs BENCH_MS=$ms BENCH_MEGABYTES=${megabytes// /,}" \
		RUN=$top/tools/bench/gc-guest.sh CAPTURE=$log.txt \
		TIMEOUT=${TIMEOUT:-900} "$vm_dir/vm.sh" >"$log.log" 2>&1 || {
		tail -n 20 "$log.log" >&2
		die "see $log.log"
	}
	"$top/tools/bench/gc.pl" "$kernel" "$1" "$log.txt"
}

# on_go CPUS
on_go()
{
	local log=$logs/gc-go-$1.txt size

	: >"$log"
	for size in $megabytes; do
		for _ in $(seq "$runs"); do
			echo "# run" >>"$log"
			GOMAXPROCS=$1 "$build/bench/marking" "$size" "$1" "$ms" >>"$log"
			echo "# run" >>"$log"
			GOMAXPROCS=$1 "$build/bench/marking" "$size" "$1" 0 \
				scattered >>"$log"
		done
	done
	"$top/tools/bench/gc.pl" "$kernel" "$1" "$log"
}

mkdir -p "$logs"
provide_kernel "$kernel"
"$vm_dir/modules.sh" "$kernel" >"$logs/modules-$kernel.log" 2>&1 ||
	die "no modules for $kernel, see $logs/modules-$kernel.log"
need_packages golang-go
# a cache of its own, as there may be no home
(cd "$top/tools/bench/go" && GO111MODULE=off GOCACHE=$build/go \
	go build -o "$build/bench/marking" marking.go)
: >"$file"
for cpus in ${BENCH_CPUS:-1 2}; do
	say "gc: user-mode Linux, CPUs: $cpus"
	on_kspan "$cpus" >>"$file"
	say "gc: Go, CPUs: $cpus"
	on_go "$cpus" >>"$file"
done
