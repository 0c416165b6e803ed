#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# tools/layers.sh finds what it is there to find, in small trees made for it;
# and nothing in this tree.
set -uo pipefail
cd "$(dirname "$0")" || exit

layers=$(realpath ../../layers.sh)
n=0
status=0

# tree: an empty tree with two floors and a file on each
tree()
{
	rm -rf "$dir"
	mkdir -p "$dir"/{Documentation,kmod/{base,pages}}
	cat >"$dir/Documentation/design.rst" <<-'EOF'
	.. floors-begin

	========== ====
	Floor      What
	========== ====
	``pages/`` a
	``base/``  b
	========== ====

	.. floors-end
	EOF
	echo '#include "base/low.h"' >"$dir/kmod/pages/high.c"
	: >"$dir/kmod/pages/high.h"
	: >"$dir/kmod/base/low.h"
	: >"$dir/kmod/base/other.h"
}

# expect NAME STATUS PATTERN [TREE]
expect()
{
	local output got=0

	output=$("$layers" "${4:-$dir}" 2>&1) || got=$?
	((n++))
	if ((got == $2)) && grep -q -- "$3" <<<"$output"; then
		echo "ok $n - layers: $1"
	else
		sed 's/^/# /' <<<"$output"
		echo "not ok $n - layers: $1"
		status=1
	fi
}

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
echo "TAP version 13"
echo "1..8"

expect "this tree" 0 "nothing found" ../../..
tree
expect "an arrow that points down" 0 "nothing found"
echo '#include "pages/high.h"' >"$dir/kmod/base/low.c"
expect "an arrow that points up" 1 "low.c:1: base/ includes kmod/pages/high.h"
tree
echo '#include "base/other.h"' >"$dir/kmod/base/low.c"
echo '#include "base/low.h"' >"$dir/kmod/base/other.c"
expect "a circle" 1 "in a circle"
tree
mkdir -p "$dir/tools/x"
echo '#include "b.h"' >"$dir/tools/x/a.c"
echo '#include "a.h"' >"$dir/tools/x/b.c"
touch "$dir/tools/x/"{a,b}.h
expect "a circle in tools/" 1 "tools/x/a"
tree
yes '' | head -n 601 >"$dir/kmod/base/low.c"
expect "a file over the limit" 1 "low.c: 601 lines"
tree
mkdir "$dir/kmod/attic"
echo '#include "base/low.h"' >"$dir/kmod/attic/old.c"
expect "a folder that is no floor" 1 "kmod/attic/ is no floor"
tree
: >"$dir/Documentation/design.rst"
expect "no table" 1 "no table of floors"
exit "$status"
