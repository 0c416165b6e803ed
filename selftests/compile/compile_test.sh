#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Compiles each case of cases.h as a consumer's file against a stock kernel, with
# warnings as errors: the first must pass, the others must not, for the reason
# that is named.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/../../tools/vm/lib.sh"
# shellcheck source=../../tools/vm/kernels.sh
source "$vm_dir/kernels.sh"

# what the compiler says, and the case's name
cases=(
	"|correct code compiles"
	"detected write beyond size|a write beyond an object"
	"detected write beyond size|a write beyond a zeroed object"
	"with nonzero offset|kspan_free() of an interior pointer"
	"unallocated object|kspan_free() of a variable"
	"ignoring return value|an object that nobody keeps"
	"detected write beyond size|a write beyond a type"
	"detected write beyond size|a write beyond a copy"
	"with nonzero offset|kspan_free() inside a string"
	"ignoring return value|a string that nobody keeps"
	"expects argument of type|an argument that does not fit its format"
	"BUILD_BUG_ON failed|a head that is too far from the start"
)

for kernel in 6.12 6.1 ""; do
	[[ -z $kernel || ! -e $(kernel_image "$kernel") ]] || break
done
echo "TAP version 13"
if [[ -z $kernel ]]; then
	echo "1..0 # SKIP no stock kernel has been made yet"
	exit 0
fi

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
for i in "${!cases[@]}"; do
	printf '#define CASE %d\n#include "%s/selftests/compile/cases.h"\n' \
		"$i" "$top" >"$dir/case_$i.c"
done
mapfile -t objects < <(printf 'case_%d.o\n' "${!cases[@]}")
echo "obj-m := ${objects[*]}" >"$dir/Kbuild"
make -k -C "$(kernel_builddir "$kernel")" M="$dir" \
	KCPPFLAGS="-I$top/kmod/include -I$top" KCFLAGS=-Werror \
	"${objects[@]}" >"$dir/log" 2>&1 || true

echo "1..${#cases[@]}"
status=0
for i in "${!cases[@]}"; do
	IFS='|' read -r said name <<<"${cases[i]}"
	found=$(sed -n "/case_$i\.[co]/,/case_$((i + 1))\.[co]/p" "$dir/log")
	if { [[ -z $said && -e $dir/case_$i.o ]] ||
	     [[ $said && ! -e $dir/case_$i.o && $found == *"$said"* ]]; }; then
		echo "ok $((i + 1)) - compile: $name"
	else
		sed 's/^/# /' <<<"$found"
		echo "not ok $((i + 1)) - compile: $name"
		status=1
	fi
done
exit "$status"
