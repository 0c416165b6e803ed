#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# What the plugin says of each file here, held against what the file wants. A comment
# at the end of a line has what is to be said of that line, several parted by "; ":
#
#	p = kmalloc(64, GFP_KERNEL);	/* want: kmalloc(64) does not escape */
#
# Nothing else may be said. "options: NAME ..." in a file are options of the plugin.
# "chain: TEXT" is in the chain of the verdict above it.
#
#	run.sh [FILE.c ...]
# There may be no /dev/fd, as in a root directory that nothing is mounted in.
set -u
cd "$(dirname "$0")" || exit
export LC_ALL=C
CC=${CC:-gcc}

skip()
{
	echo "KTAP version 1"
	echo "1..0 # SKIP $*"
	exit 0
}

major=$($CC -dumpversion)
[[ -e $($CC -print-file-name=plugin)/include/gcc-plugin.h ]] ||
	skip "gcc-${major%%.*}-plugin-dev is not installed"
make -s -C .. CC="$CC" >&2 || {
	echo "not ok 1 plugin"
	exit 1
}
plugin=$(make -s -C .. CC="$CC" path)

files=("$@")
((${#files[@]})) || files=(*.c place/slots.c place/regions.c)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# wanted FILE: "line: text", as the comments have it
wanted()
{
	awk '{
		n = $0
		if (!sub(/.*\/\* want: /, "", n))
			next
		sub(/ *\*\/.*/, "", n)
		count = split(n, part, "; ")
		for (i = 1; i <= count; i++)
			print NR ": " part[i]
	}' "$1" | sort
}

# chains FILE: texts that have to be in some chain
chains()
{
	sed -n 's|.*/\* chain: \(.*\) \*/.*|\1|p' "$1"
}

options()
{
	sed -n 's|.*/\* options: \(.*\) \*/.*|\1|p' "$1"
}

# said FILE: "line: text", as the plugin has it
said()
{
	grep -v '^    ' "$scratch/lines" | sed -E "s/^[^:]*:([0-9]+):[0-9]+: /\1: /" | sort
}

check_file()
{
	local file=$1 args=() option text failed=0

	for option in $(options "$file"); do
		args+=("-fplugin-arg-kspan_escape-$option")
	done
	: >"$scratch/lines"
	$CC -std=gnu11 -O2 -w -c -o "$scratch/object.o" -fplugin="$plugin" \
		-fplugin-arg-kspan_escape-lines="$scratch/lines" "${args[@]}" "$file" \
		>"$scratch/errors" 2>&1 || failed=1
	sed 's/^/# /' "$scratch/errors"
	[[ ! -s $scratch/errors ]] || failed=1
	wanted "$file" >"$scratch/wanted"
	said >"$scratch/said"
	diff -U0 "$scratch/wanted" "$scratch/said" >"$scratch/diff" || failed=1
	sed '1,2d; /^@@/d; s/^/# /' "$scratch/diff"
	chains "$file" >"$scratch/chains"
	while read -r text; do
		grep -qF -- "$text" "$scratch/lines" && continue
		echo "# no chain has: $text"
		failed=1
	done <"$scratch/chains"
	return $failed
}

echo "KTAP version 1"
echo "1..${#files[@]}"
status=0
for i in "${!files[@]}"; do
	name=${files[i]%.c}
	if check_file "${files[i]}"; then
		echo "ok $((i + 1)) $name"
	else
		echo "not ok $((i + 1)) $name"
		status=1
	fi
done
exit $status
