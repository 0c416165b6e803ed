#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# What modules may know of the kernel's own functions: analyses the files of core/list,
# out of Debian's linux-source-VERSION, and writes the summaries of what they export to
# core/VERSION.txt, which is kept in the repository.
#
#	core.sh [KERNEL]	6.12, or 6.1; JOBS=N at a time
#
# shellcheck source-path=SCRIPTDIR source=../vm/lib.sh
source "$(dirname "$0")/../vm/lib.sh"
# shellcheck source=../vm/kernels.sh
source "$vm_dir/kernels.sh"

here=$top/tools/escape
kernel=${1:-6.12}
version=${kernel%-rt}
work=$build/escape/core-$version

need_packages build-essential python3 \
	"gcc-$(gcc -dumpversion | sed 's/\..*//')-plugin-dev"
provide_kernel "$kernel"
! kernel_has_root "$kernel" ||
	die "$kernel has a compiler of its own, for which there is no plugin here"
# of this kernel, not of that which others are built from
source_package=linux-source-$version
source_tree=$build/linux/$source_package
need_packages "$source_package"
provide_source

# kbuild says how a file of the kernel itself is compiled
rm -rf "$work"
mkdir -p "$work"
echo 'obj-y := probe.o' >"$work/Kbuild"
echo 'int kspan_probe;' >"$work/probe.c"
make -s -C "$(kernel_builddir "$kernel")" M="$work" probe.o >&2

make -s -C "$here"
"$here/core/core.py" --jobs "${JOBS:-$(nproc)}" \
	--plugin "$(make -s -C "$here" path)" --command "$work/.probe.o.cmd" \
	--headers "$(kernel_builddir "$kernel")" --tree "$source_tree" --work "$work" \
	--name "$kernel" "$here/core/list" >"$work/database"
mv "$work/database" "$here/core/$version.txt"
wc "$here/core/$version.txt"
