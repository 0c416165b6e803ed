#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# What modules may know of the kernel's own functions: analyses the files of core/list,
# out of Debian's linux-source-VERSION, and writes the summaries of what they export to
# core/VERSION.txt, which is kept in the repository.
#
#	core.sh KERNEL
#
# shellcheck source-path=SCRIPTDIR source=../vm/lib.sh
source "$(dirname "$0")/../vm/lib.sh"
# shellcheck source=../vm/kernels.sh
source "$vm_dir/kernels.sh"

here=$top/tools/escape
kernel=${1:-6.12}
version=${kernel%-rt}
tree=$build/linux/linux-source-$version
work=$build/escape/core-$version

need_packages build-essential rsync python3 \
	"gcc-$(gcc -dumpversion | sed 's/\..*//')-plugin-dev"
provide_kernel "$kernel"
[[ $version != 6.12 ]] || provide_source
[[ -d $tree ]] || die "no source of $version in $tree"

mkdir -p "$work"
mapfile -t files < <(sed '/^#/d' "$here/core/list" | while read -r file; do
	[[ ! -e $tree/$file ]] || echo "$file"
done)
((${#files[@]})) || die "core/list names no file of $tree"
# with the headers that they include by a path
mapfile -t folders < <(printf '%s\n' "${files[@]}" | sed 's|/[^/]*$||' | sort -u)
(cd "$tree" && rsync -rlptR --include='*/' --include='*.[ch]' --exclude='*' \
	--prune-empty-dirs "${folders[@]/%//}" "$work/")

# Not of a module: kbuild is asked for files that no obj-m names. What cannot be built
# outside of the kernel's own tree is left out, and said.
# shellcheck disable=SC2016 # make's variables
{
	echo 'ccflags-y = -fplugin-arg-kspan_escape-analyse-only -I$(dir $*)' \
		"$(printf -- '-I$(src)/%s ' fs mm block kernel)"
} >"$work/Kbuild"
"$here/kspan-escape" --jobs "${JOBS:-$(nproc)}" --json \
	--write-summaries "$work/summaries" -- \
	bash -c 'make "$@" || :' make -k -C "$(kernel_builddir "$kernel")" \
	--no-print-directory -j"${JOBS:-$(nproc)}" M="$work" \
	"${files[@]/%.c/.o}" >"$work/verdicts" 2>"$work/log" || (($? == 1))
sed -n 's/.* \(.*\.o\)\] Error.*/core.sh: not built: \1/p' "$work/log" >&2
"$here/core/core.py" "$work/summaries" \
	"$(kernel_builddir "$kernel")/Module.symvers" "$kernel" \
	>"$work/database"
mv "$work/database" "$here/core/$version.txt"
wc "$here/core/$version.txt"
