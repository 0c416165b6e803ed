#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Moves modules of Debian's linux-source-6.12 to kspan by port.sh and puts them to work
# in a guest with kernel 6.12, one after the other:
#
#	check-port.sh [NAME...]		the modules of real/list (all)
#
# Each has a folder in real/ with the guest's test. What a test needs beside the
# module (images, programs, Debian's own modules) is brought along. KTAP, kernel logs in
# build/check-port/; the last line is the sum.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/../vm/lib.sh"
# shellcheck source=../vm/kernels.sh
source "$vm_dir/kernels.sh"

kernel=6.12
# shellcheck disable=SC2034 # of host.sh
work=$build/check-port
# shellcheck source=real/host.sh
source "$top/tools/cocci/real/host.sh"

# check NAME SOURCE
check()
{
	local name=$1 source=$2 dir=$work/$1 modules

	say "$name: moving, building, running"
	mkdir -p "$dir/guest"
	move "$name" "$source" "$dir" || return
	if ! "$vm_dir/modules.sh" "$kernel" M="$dir/moved" >"$dir/build" 2>&1; then
		tail -n 30 "$dir/build" >&2
		return 1
	fi
	sed 's/^/# /' "$dir/port"

	mapfile -t modules < <(loaded_before "$name" "$dir/moved/$name.ko")
	cp "$real/$name/test.sh" "$real/guest.sh" "$top/selftests/ktap.sh" "$dir/guest/"
	bring "$name" "$dir/guest" || return
	printf '#!/bin/sh\ncd /root/guest && exec sh ./test.sh\n' >"$dir/run"
	KERNEL=$kernel MEM=1G MODULES="${modules[*]} $dir/moved/$name.ko" \
		FILES=$dir/guest RUN=$dir/run CAPTURE=$dir/ktap TIMEOUT=600 \
		PREBUILT=1 "$vm_dir/vm.sh" >"$dir/log" 2>&1
}

need_packages "${vm_packages[@]}" "${real_packages[@]}"
provide_kernel "$kernel"
provide_source
"$vm_dir/modules.sh" "$kernel" >/dev/null || die "the modules do not build"
need_packages "linux-image-$(kernel_release "$kernel")"

passed=0
failed=0
rm -rf "$work"
while read -r name source; do
	[[ $name && $name != \#* ]] || continue
	(($# == 0)) || [[ " $* " == *" $name "* ]] || continue
	echo "# $name"
	status=0
	check "$name" "$source" || status=$?
	touch "$work/$name/ktap" "$work/$name/log"
	tr -d '\r' <"$work/$name/ktap" | tee "$work/$name/results"
	read -r p f _ < <("$vm_dir/ktap.pl" <"$work/$name/results" | tail -n 1)
	reports=$("$vm_dir/klog.pl" "$work/$name/log" | tail -n 1)
	if ((status && !f)) || ((reports)) || ((p + f == 0)); then
		echo "FAILED $name: exit status $status, $reports reports in $work/$name/log"
		((++f))
	fi
	((passed += p, failed += f)) || true
done <"$real/list"
echo "$passed passed, $failed failed"
((failed == 0 && passed > 0))
