#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The demo's part in the guest. The figures for the last line go to
# /out/result as shell assignments; "finished" is there if every step succeeded.
# shellcheck disable=SC3040 # busybox has it
set -e -o pipefail

heap=/sys/kernel/debug/kspan/heaps/replay

step()
{
	echo
	echo "==== $*"
}

result()
{
	echo "$1='$2'" >>/out/result
}

# replayed FIGURE COLUMN: from the table of `kspan replay'
replayed()
{
	awk -v name="$1" -v column="$2" '$1 == name { print $column }' \
		/tmp/replay
}

release=$(uname -r)
version=$(kspan version | awk '$1 == "version" { print $2 }')
result release "$release"
result version "$version"
step "Linux $release, kspan $version, $(nproc) CPUs"
kspan heaps

step "kspan record: what the kernel allocates under a workload"
kspan record /tmp/trace -- ./workload.sh | tee /tmp/record
result events "$(awk '$1 == "trace" { print $3 }' /tmp/record)"
result lost "$(awk '$1 == "lost" { print $2 }' /tmp/record)"

step "kspan replay: what kmalloc() gave of that"
kspan replay /tmp/trace --only kmalloc --repeat 5 | grep '^Compared with'

step "kspan replay: all of it on kspan, and on kmalloc and slab caches as recorded"
kspan replay /tmp/trace --backend all --repeat 5 --keep | tee /tmp/replay
result kspan_waste "$(replayed peak.held_bytes 3)"
result slab_waste "$(replayed peak.held_bytes 5)"
result verdict "$(grep '^Compared with kmalloc,' /tmp/replay)"
result kspan_ns "$(replayed ns_per_operation 2)"
result kmalloc_ns "$(replayed ns_per_operation 3)"

step "kspan stat: what was live at the end is in the heap 'replay'"
kspan stat replay

step "kspan classes: the fullest"
kspan classes replay --sort live --top 10

step "verify: every span walked and recounted"
tail -n 1 $heap/verify | tee /tmp/verify
result verify "$(cat /tmp/verify)"

step "kspan scavenge: free pages go back to the kernel"
# as it is, and once every object is freed
kspan drain replay
kspan scavenge replay
kspan replay --empty
kspan drain replay
kspan scavenge replay
awk '/^(live|cached|page_free|backing|released)_bytes/' $heap/stats
result left_bytes "$(awk '$1 == "backing_bytes" { print $2 }' $heap/stats)"
result freed_bytes "$(awk '$1 == "released_bytes_total" { print $2 }' $heap/stats)"
tail -n 1 $heap/verify | tee /tmp/verify
result verify_after "$(cat /tmp/verify)"

step "the heap is destroyed, the modules are unloaded"
kspan replay --drop
kspan heaps
rmmod kspan_bench
rmmod kspan
result finished yes
