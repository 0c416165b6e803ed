#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# gc-stress.sh: a random graph that four CPUs change while it is collected, for MINUTES
# (30) on KERNEL (6.12); SEED repeats one. The kernel log is in build/check/gc-stress-KERNEL/.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/vm/lib.sh"

kernel=${KERNEL:-6.12}
minutes=${MINUTES:-30}
out=$build/check/gc-stress-$kernel
modules=$build/modules/$kernel-selftests

need_packages "${vm_packages[@]}" build-essential rsync
"$vm_dir/modules.sh" "$kernel"
mkdir -p "$modules" "$out/selftests"
mirror_sources "$modules" "$top/selftests/"
"$vm_dir/modules.sh" "$kernel" M="$modules"
cp "$modules/gc/kspan_graph.ko" "$top"/selftests/{gc,ktap}.sh "$out/selftests"
printf '#!/bin/sh\ncd /root/selftests && exec ./gc.sh\n' >"$out/run"

status=0
KERNEL=$kernel PREBUILT=1 FILES=$out/selftests RUN=$out/run CAPTURE=$out/ktap \
	CPUS=${CPUS:-4} MEM=${MEM:-2G} TIMEOUT=$((minutes * 60 + 600)) \
	APPEND="GC_SECONDS=$((minutes * 60)) GC_SEED=${SEED:-0}" \
	"$vm_dir/vm.sh" >"$out/log" 2>&1 || status=$?
cat "$out/ktap"
reports=$("$vm_dir/klog.pl" "$out/log") || status=1
sed '$d' <<<"$reports"
(($(tail -n 1 <<<"$reports") == 0)) || status=1
exit $status
