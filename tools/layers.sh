#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# The floors of kmod/, held against its includes:
#
#	layers.sh [DIR]		DIR is a tree like this one (this one)
#
# A noun is a path without its ending: a .c and its .h are one. Findings are
#
#   - an include that points to a floor above, or to no floor;
#   - nouns that include each other in a circle, also in kmod/bench, kmod/tests,
#     tools/ and selftests/;
#   - a file that is over the limit of lines.
#
# The order of the floors is that of the table in Documentation/design.rst,
# between the comments "floors-begin" and "floors-end".
set -euo pipefail
export LC_ALL=C

top=$(cd "${1:-$(dirname "$0")/..}" && pwd)
max_lines=600
cd "$top"

# The floors, uppermost first: the name in each row's first column.
mapfile -t floors < <(
	sed -n '/floors-begin/,/floors-end/p' Documentation/design.rst |
	sed -n 's/^ *\(\* - \)\{0,1\}``\([a-z]*\)\/``.*/\2/p')
if ((${#floors[@]} < 2)); then
	echo "layers.sh: no table of floors in Documentation/design.rst"
	exit 1
fi

sources()
{
	find . -path ./build -prune -o -type f -name '*.[ch]' \
		! -name '*.mod.c' -print | sed 's|^\./||' | sort
}

# Each include of another file of this tree: "file line path-from-top".
includes()
{
	sources | xargs -r grep -Hn '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' |
	sed 's/^\([^:]*\):\([0-9]*\):[^"]*"\([^"]*\)".*/\1 \2 \3/' |
	while read -r file line path; do
		for from in "$(dirname "$file")" kmod kmod/tests . selftests; do
			if [[ -e $from/$path ]]; then
				echo "$file $line $(realpath -m \
					--relative-to=. "$from/$path")"
				break
			fi
		done
	done
}

status=0
list=$(mktemp)
trap 'rm -f "$list"' EXIT
includes >"$list"

awk -v floors="${floors[*]}" '
	BEGIN {
		n = split(floors, names, " ")
		for (i = 1; i <= n; i++)
			height[names[i]] = n - i + 1
	}
	function floor_of(path,    part) {
		if (split(path, part, "/") < 3 || part[1] != "kmod")
			return ""
		return part[2]
	}
	{
		from = floor_of($1)
		to = floor_of($3)
		# what stands beside the floors may look into all of them
		if (from == "" || from ~ /^(tests|bench|samples|include)$/)
			next
		if (to == "include")
			next
		if (!(from in height)) {
			printf "%s: kmod/%s/ is no floor of the table\n", $1, from
			bad = 1
		} else if (!(to in height)) {
			printf "%s:%d: includes %s, which is on no floor\n", $1, $2, $3
			bad = 1
		} else if (height[to] > height[from]) {
			printf "%s:%d: %s/ includes %s, of a floor above it\n", $1, $2, from, $3
			bad = 1
		}
	}
	END { exit bad }' "$list" || status=1

# tsort names the members of each circle on its error output.
circles=$(awk '
	function noun(path) { sub(/\.[ch]$/, "", path); return path }
	{ a = noun($1); b = noun($3); if (a != b) print a, b }' "$list" |
	sort -u | tsort 2>&1 >/dev/null | sed 's/^tsort: //') || true
if [[ $circles ]]; then
	echo "nouns that include each other in a circle:"
	sed '/input contains a loop/d;s/^/    /' <<<"$circles"
	status=1
fi

while read -r lines file; do
	echo "$file: $lines lines, more than $max_lines"
	status=1
done < <(sources | xargs -r wc -l |
	 awk -v most="$max_lines" '$2 != "total" && $1 > most')

((status)) ||
	echo "layers.sh: ${#floors[@]} floors, $(wc -l <"$list") includes, nothing found"
exit "$status"
