#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# A compiler without a plugin, or with one that is not its own: one line says so, and
# the build goes on without. Prints KTAP.
set -u
cd "$(dirname "$0")" || exit
export LC_ALL=C
top=$(cd ../../.. && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch" "$top"/build/escape/gcc-9[89].0.0' EXIT
number=0
status=0

# compiler VERSION HEADERS: gcc, as if it were of that version
compiler()
{
	cat >"$scratch/cc" <<-END
	#!/bin/sh
	case \$* in
	-dumpfullversion) echo $1 ;;
	-print-file-name=plugin) echo $2 ;;
	*) exec gcc "\$@" ;;
	esac
	END
	chmod +x "$scratch/cc"
}

# builds_without NAME PATTERN
builds_without()
{
	local word=ok

	((number++))
	rm -f "$scratch/object.o"
	../kspan-escape --compiler "$scratch/cc" -- sh -c \
		"gcc \$KCFLAGS -w -c -o $scratch/object.o assign.c" \
		>"$scratch/out" 2>"$scratch/err" || word="not ok"
	[[ -s $scratch/object.o && ! -s $scratch/out ]] || word="not ok"
	[[ $(wc -l <"$scratch/err") == 1 ]] && grep -q "$2" "$scratch/err" ||
		word="not ok"
	sed 's/^/# /' "$scratch/err"
	[[ $word == ok ]] || status=1
	echo "$word $number $1"
}

echo "KTAP version 1"
echo "1..2"
compiler 98.0.0 /nowhere
builds_without "no plugin" "no plugin for .*, building without it"

# one that looks up to date, and is something else
compiler 99.0.0 "$(gcc -print-file-name=plugin)"
mkdir -p "$top/build/escape/gcc-99.0.0"
for source in ../*.cc; do
	touch "$top/build/escape/gcc-99.0.0/$(basename "${source%.cc}").o"
done
cp ../models.txt "$top/build/escape/gcc-99.0.0/"
echo "no plugin" >"$top/build/escape/gcc-99.0.0/kspan_escape.so"
builds_without "not its own plugin" "does not load the plugin, building without it"
exit $status
