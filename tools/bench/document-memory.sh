#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# document-memory.sh: puts the tables of "make bench-memory" into
# Documentation/memory.rst, in place of those that are there.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/../vm/lib.sh"

document=$top/Documentation/memory.rst
first="Tables of curves"

# section TITLE PART
section()
{
	local file=$build/bench/$2.txt

	[[ -s $file ]] || die "no $file"
	printf '%s\n%s\n\n::\n\n' "$1" "${1//?/=}"
	sed 's/^./    &/' "$file"
	echo
}

{
	sed "/^$first\$/,\$d" "$document"
	section "$first" curves
	section "Tables of neighbours" neighbour
	section "Tables of latency" latency
} | cat -s | sed '${/^$/d}' >"$build/memory.rst"
mv "$build/memory.rst" "$document"
