#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# A compiler without a plugin, or with one that is not its own: one line says so, and
# the build goes on without. Prints KTAP.
set -u
cd "$(dirname "$0")" || exit
export LC_ALL=C
top=$(cd ../../.. && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch" "$top"/build/escape/gcc-9[789].0.0' EXIT
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

# stale VERSION: objects that look up to date, so that make makes nothing of them
stale()
{
	local source to=$top/build/escape/gcc-$1

	mkdir -p "$to"
	for source in ../*.cc; do
		touch "$to/$(basename "${source%.cc}").o"
	done
	cp ../models.txt "$to/"
}

echo "KTAP version 1"
if [[ ! -e $(gcc -print-file-name=plugin)/include/gcc-plugin.h ]]; then
	echo "1..0 # SKIP no gcc plugin headers"
	exit 0
fi
echo "1..3"
compiler 98.0.0 /nowhere
builds_without "no plugin" \
	"no plugin for .*, building without it: .* gcc-[0-9]*-plugin-dev, are not installed"

# one that looks up to date, and is something else
compiler 99.0.0 "$(gcc -print-file-name=plugin)"
stale 99.0.0
echo "no plugin" >"$top/build/escape/gcc-99.0.0/kspan_escape.so"
builds_without "not its own plugin" "does not load the plugin, building without it"

# one that was built for another version, and is in its place: the objects are real
version=$(gcc -dumpfullversion)
make -s -C .. >&2
stale 97.0.0
cp "$top/build/escape/gcc-$version"/*.o "$top/build/escape/gcc-97.0.0/"
rm "$top/build/escape/gcc-97.0.0/plugin.o"
cp -r "$(gcc -print-file-name=plugin)" "$scratch/plugin"
sed -i 's/^\(static char basever.* = "\)[^"]*/\197.0.0/' \
	"$scratch/plugin/include/plugin-version.h"
compiler 97.0.0 "$scratch/plugin"
builds_without "built for another version" \
	"building without it: .*built for gcc 97.0.0, not for $version: no escape analysis"
exit $status
