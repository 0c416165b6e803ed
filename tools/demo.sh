#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# The main job: boots a stock Debian kernel in QEMU, records what it allocates
# under a real workload, replays that on kspan and on the kernel's own
# allocators, and shows what kspan can tell of it. Ends in one line, "demo: ok"
# with the figures that matter or "demo: FAILED" with the reason.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$top/build/demo
kernel=${KERNEL:-6.12}

failed()
{
	echo "demo: FAILED $*"
	exit 1
}

rm -rf "$build"
mkdir -p "$build/out"
${CC:-cc} -static -O2 -Wall -Wextra -Werror -o "$build/load" \
	"$top/tools/demo/load.c" || failed "the workload does not build"

# From the first step on; before it there is the kernel's boot.
status=0
KERNEL=$kernel MODULES=kspan_bench.ko RUN=$top/tools/demo/guest.sh \
	FILES="$top/tools/demo/workload.sh $build/load" OUT=$build/out \
	TIMEOUT=${TIMEOUT:-600} "$top/tools/vm/vm.sh" |
	tee "$build/log" | sed -n '/^==== /,$p' || status=$?
echo

release='' version='' events='' lost='' kspan_waste='' slab_waste=''
kspan_ns='' kmalloc_ns='' verdict='' verify='' verify_after='' freed_bytes=''
left_bytes='' finished=''
if [[ -e $build/out/result ]]; then
	# shellcheck source=/dev/null
	source "$build/out/result"
fi
if ((status)) || [[ $finished != yes ]]; then
	tail -n 25 "$build/log"
	failed "the guest ended with status $status; its log is $build/log"
fi
complaints=$("$top/tools/vm/klog.pl" "$build/log" | tail -n 1)
[[ $complaints =~ ^0( |$) ]] || {
	"$top/tools/vm/klog.pl" "$build/log" || true
	failed "the kernel complained: $complaints"
}
[[ $verify == "verify ok" && $verify_after == "verify ok" ]] ||
	failed "$verify; after the scavenge $verify_after"
((events > 0)) || failed "nothing was recorded"
((freed_bytes > 0 && left_bytes == 0)) ||
	failed "$left_bytes bytes stayed with the empty heap"

[[ $verdict ]] || failed "the replay came to no verdict"
echo "$verdict"
echo "demo: ok Linux $release, kspan $version: $events events ($lost lost)," \
	"held above requested at the peak $kspan_waste (kmalloc and slab caches" \
	"as recorded $slab_waste), $kspan_ns ns per operation (kmalloc $kmalloc_ns)," \
	"scavenge gave back all $freed_bytes bytes, verify ok"
