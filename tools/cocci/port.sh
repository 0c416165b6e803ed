#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Moves an out-of-tree module's source to kspan, and lists what it left alone:
#
#	port.sh DIR [OUT]
#
# DIR has a Kbuild or Makefile that builds one module. With OUT, which must not exist,
# DIR is copied there and the copy converted. Without, DIR is converted in place: it
# has to be clean in git, so that there is a way back, or FORCE=1 be set. The list
# goes to stdout and to kspan-port.txt beside the source. A source that includes
# linux/kspan.h is refused. See Documentation/porting.rst.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/../vm/lib.sh"

cocci=$top/tools/cocci
export PYTHONPATH=$cocci PYTHONDONTWRITEBYTECODE=1

[[ ${1-} ]] || die "make port M=dir [OUT=dir]"
dir=$(realpath -e -- "$1") || die "no directory $1"
out=${2-}
need_packages coccinelle python3

in_git()
{
	git -C "$dir" rev-parse --is-inside-work-tree >/dev/null 2>&1 &&
		[[ -n $(git -C "$dir" ls-files .) ]]
}

! grep -rlE --include='*.[ch]' '#include.*kspan' "$dir" >&2 ||
	die "these have moved already"
name=$(python3 "$cocci/frame.py" name "$dir")
if [[ $out ]]; then
	[[ ! -e $out ]] || die "$out exists"
	mkdir -p "$(dirname "$out")"
	cp -r -- "$dir" "$out"
	dir=$(realpath -e -- "$out")
elif [[ ! ${FORCE-} ]]; then
	in_git || die "$dir is not in git: set OUT=newdir, or FORCE=1 to convert it in place"
	[[ -z $(git -C "$dir" status --porcelain .) ]] ||
		die "$dir has changes that are not committed: commit them, or set OUT=newdir, or FORCE=1"
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$dir"
mapfile -t files < <(find . -name '*.[ch]' ! -name '*.mod.c' -printf '%P\n' | sort)
((${#files[@]})) || die "no C files in $dir"

# run_spatch SEMANTIC-PATCH OPTION...
run_spatch()
{
	spatch --very-quiet --no-includes \
		--sp-file "$@" "${files[@]}" >"$scratch/log" 2>&1 || {
		cat "$scratch/log" >&2
		die "spatch failed"
	}
}

: >"$scratch/facts"
python3 "$cocci/frame.py" hide "${files[@]}"
run_spatch "$cocci/facts.cocci" -D out="$scratch/facts"
python3 "$cocci/origins.py" "$scratch/facts" "$scratch/moves" \
	"$scratch/report" "${files[@]}"
moved=$(python3 -c 'import json,sys; print(len(json.load(open(sys.argv[1]))))' \
	"$scratch/moves")
if ((!moved)); then
	python3 "$cocci/frame.py" show "${files[@]}"
else
	typed=()
	! grep -qE '"(kmem_cache_create|KMEM_CACHE)' "$scratch/moves" ||
		typed=(-D typed)
	python3 "$cocci/frame.py" mark "$scratch/moves"
	run_spatch "$cocci/convert.cocci" --in-place -D heap="${name}_heap" \
		"${typed[@]}"
	python3 "$cocci/frame.py" show "${files[@]}"
	python3 "$cocci/frame.py" heap . "$name" "${files[@]}"
	if grep -nE '\bport_[a-zK]' "${files[@]}" | grep -E 'port_(k|v|strn|memd|alloc_inode|mempool|KMEM)' >&2; then
		die "these were not converted: the source is in between"
	fi
fi

{
	echo "$name: $moved calls moved, $(grep -c ^left "$scratch/report" || true) left"
	cat "$scratch/report"
} | tee kspan-port.txt
