#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# What the analysis says of real modules, those in real/list, out of Debian's
# linux-source-6.12:
#
#	real.sh [NAME...]		a table of the verdicts, and the self-check
#
# NOCORE=1: without what is known of the kernel's own functions. MISSED=20: also the
# unknown functions that the most objects went to. DRAW=12 SEED=1: so many verdicts drawn
# at random, to be read by hand.
#
# An object that does not escape and is never freed is a leak in the module, or a fault
# of the analysis. Those in real/never-freed have been looked at; any other one is a
# failure. Sources and verdicts are left in build/escape/real/.
# shellcheck source-path=SCRIPTDIR source=../vm/lib.sh
source "$(dirname "$0")/../vm/lib.sh"
# shellcheck source=../vm/kernels.sh
source "$vm_dir/kernels.sh"

here=$top/tools/escape
work=$build/escape/real
kernel=6.12

# kbuild_file WORD...: of the files, each a module, as nothing is linked
kbuild_file()
{
	local word objects=() flags=()

	for word; do
		case $word in
		*.c)	objects+=("${word%.c}.o") ;;
		*)	flags+=("$word") ;;
		esac
	done
	printf 'real_source := %s\n' "$source_tree"
	printf 'obj-m := %s\n' "${objects[*]}"
	# no code is made; behind the option that names the plugin
	# shellcheck disable=SC2016 # make's variable
	printf 'ccflags-y := -I$(src) -fplugin-arg-kspan_escape-analyse-only %s\n' \
		"${flags[*]-}"
}

has_file()
{
	local word

	for word; do
		[[ $word != *.c ]] || return 0
	done
	return 1
}

# look NAME SOURCE [WORD...]
look()
{
	local name=$1 source=$2 dir=$work/$1 words=("${@:3}") objects file databases=()

	mkdir -p "$dir"
	rsync -rlpc "$source_tree/$source/" "$dir/" --include='*.[ch]' --exclude='*'
	if ! has_file "${words[@]}"; then
		for file in "$dir"/*.c; do
			[[ $file == *.mod.c ]] || words+=("${file##*/}")
		done
	fi
	kbuild_file "${words[@]}" >"$dir/Kbuild"
	mapfile -t objects < <(sed -n 's/^obj-m := //p' "$dir/Kbuild" | tr ' ' '\n')
	file=$here/core/$kernel.txt
	[[ ! -e $file || ${NOCORE-} ]] || databases+=(--database "$file")
	"$here/kspan-escape" --json ${JOBS:+--jobs "$JOBS"} "${databases[@]}" \
		-- make -C "$(kernel_builddir "$kernel")" --no-print-directory \
		-j"${JOBS:-$(nproc)}" M="$dir" "${objects[@]}" \
		>"$dir/verdicts.new" 2>"$dir/log" || (($? == 1)) || return
	mv "$dir/verdicts.new" "$dir/verdicts"
}

need_packages build-essential rsync python3 \
	"gcc-$(gcc -dumpversion | sed 's/\..*//')-plugin-dev"
provide_kernel "$kernel"
provide_source
mkdir -p "$work"

names=()
status=0
while read -ra fields; do
	[[ ${fields[0]-} && ${fields[0]} != \#* ]] || continue
	(($# == 0)) || [[ " $* " == *" ${fields[0]} "* ]] || continue
	say "${fields[0]}"
	names+=("${fields[0]}")
	if ! look "${fields[@]}"; then
		tail -n 20 "$work/${fields[0]}/log" >&2
		status=1
	fi
done <"$here/real/list"
((${#names[@]})) || die "none of these is in real/list: $*"
"$here/real/table.py" "$work" "$here/real/never-freed" "${names[@]}" || status=1
exit $status
