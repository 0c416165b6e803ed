#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Builds the documents: HTML into build/docs/html, and a manual page of section
# 9 for each function and struct of the kernel API into build/docs/man.
#
#	docs.sh		builds, and prints what is wrong
#	docs.sh ktap	the same, with one line of KTAP for each step
#
# Any warning of kernel-doc, Sphinx or groff is a failure. So is an exported
# function without a kernel-doc comment, a document in no toctree, a link that
# leads nowhere, and a script or document without a licence line.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/vm/lib.sh"
# shellcheck source=vm/kernels.sh
source "$vm_dir/kernels.sh"

ktap=${1-}
out=$build/docs
# Sphinx reads a copy of Documentation/. What is made from the code and from
# Documentation/ABI is put beside it, for reference.rst and abi.rst to include.
sources=$out/source
generated=$sources/generated
logs=$out/log

cd "$top"

# ---- what the code says of itself --------------------------------------------

# Files with kernel-doc comments.
commented_files()
{
	grep -rlE --include='*.[ch]' '^/\*\*$' kmod | sort
}

# The public headers, of which every comment is shown.
public_headers()
{
	grep -lE '^/\*\*$' kmod/include/linux/*.h
}

# Sources of which the exported functions are shown.
exporting_files()
{
	grep -rl --include='*.c' '^EXPORT_SYMBOL_GPL' kmod | sort
}

exported_functions()
{
	# not variables: "int name;"
	grep -rhoP --include='*.c' '^EXPORT_SYMBOL_GPL\(\K\w+' kmod |
		grep -vxFf <(grep -rhoP --include='*.c' '^\w+ \K\w+(?=;$)' kmod) |
		sort
}

kernel_doc()
{
	perl "$source_tree/scripts/kernel-doc" "$@"
}

# reference_as FORMAT: the public headers, then the exported functions
reference_as()
{
	local file

	for file in $(public_headers); do
		kernel_doc -Wall -Werror "-$1" "$file" || return
	done
	for file in $(exporting_files); do
		kernel_doc -Wall -Werror "-$1" -export "$file" || return
	done
}

# ---- the steps: each prints what it objects to ---------------------------------

check_kernel_doc()
{
	local status=0 function

	# shellcheck disable=SC2046
	kernel_doc -Werror -none $(commented_files) || status=1
	mkdir -p "$generated"
	reference_as rst >"$generated/reference.inc" || status=1
	while read -r function; do
		# kspan_heap_create() is a macro around a function with a prefix
		grep -qE "\b($function|${function#__}) \(" \
			"$generated/reference.inc" && continue
		echo "$function() is exported and has no kernel-doc comment"
		status=1
	done < <(exported_functions)
	return "$status"
}

check_abi()
{
	local dir=Documentation/ABI complaints

	mkdir -p "$generated"
	{
		perl "$source_tree/scripts/get_abi.pl" --dir "$dir" validate
		perl "$source_tree/scripts/get_abi.pl" --dir "$dir" rest \
			>"$generated/abi.inc"
	} >"$logs/get_abi" 2>&1
	complaints=$(<"$logs/get_abi")
	[[ -z $complaints && -s $generated/abi.inc ]] && return
	echo "$complaints"
	return 1
}

build_html()
{
	rsync -a --delete --exclude=generated Documentation/ "$sources/" ||
		return
	# From nothing each time: a document that did not change is not read
	# again, and its warnings would be lost.
	rm -rf "$out/html"
	sphinx-build -q -E -W --keep-going -j auto -b html \
		-d "$out/doctrees" "$sources" "$out/html"
}

build_man()
{
	local page status=0 warnings

	rm -rf "$out/man"
	mkdir -p "$out/man"
	reference_as man >"$out/man.all" || return
	# .TH "name" 9 "name" or .TH "Kernel API" 9 "struct name"
	awk -F '"' -v dir="$out/man" '
		/^\.TH / {
			if (page)
				close(page)
			page = $4
			sub(/.* /, "", page)
			page = dir "/" page ".9"
		}
		{ print >page }' "$out/man.all"
	for page in "$out/man"/*.9; do
		warnings=$(groff -ww -z -man -Tutf8 "$page" 2>&1)
		[[ -n $warnings ]] || continue
		echo "$warnings"
		status=1
	done
	return "$status"
}

# Links of the documents that are read as they are. Sphinx looks at its own.
check_links()
{
	local file target status=0

	for file in *.md; do
		while read -r target; do
			[[ $target != *://* && ! -e ${target%%#*} ]] || continue
			echo "$file: no $target"
			status=1
		done < <(grep -oP '\]\(\K[^)#][^)]*' "$file")
	done
	return "$status"
}

check_licences()
{
	local file status=0

	while read -r file; do
		# others are data, or text of somebody else's
		case $file in
		*.[ch]|*.sh|*.pl|*.pm|*.awk|*.py|*.bats|*.bash|*.rst|*.md|*.8) ;;
		Documentation/ABI/*|MAINTAINERS) ;;
		*.gitignore|.clang-format) ;;
		Makefile|*/Makefile|Kbuild|*/Kbuild) ;;
		*)	head -n 1 "$file" | grep -aq '^#!' || continue ;;
		esac
		head -n 3 "$file" | grep -q 'SPDX-License-Identifier: ' && continue
		echo "$file: no SPDX-License-Identifier in its first lines"
		status=1
	done < <(find . -path ./build -prune -o -path ./.git -prune -o \
		 -type f -name '*.mod.c' -prune -o -type f -print |
		 sed 's|^\./||' | sort)
	return "$status"
}

# ---- running them --------------------------------------------------------------

nsteps=0
status=0

# step NAME FUNCTION
step()
{
	local log=$logs/$1 verdict=ok

	((++nsteps))
	if ! "$2" >"$log" 2>&1; then
		verdict="not ok"
		status=1
	fi
	if [[ $ktap == ktap ]]; then
		sed 's/^/# /' "$log"
		echo "$verdict $nsteps $1"
	else
		cat "$log" >&2
	fi
}

need_packages python3-sphinx perl groff-base rsync
provide_source
run_steps()
{
	mkdir -p "$logs"
	[[ $ktap != ktap ]] || printf 'KTAP version 1\n1..6\n'
	step kernel-doc check_kernel_doc
	step abi check_abi
	step html build_html
	step man build_man
	step links check_links
	step licences check_licences
	[[ $ktap == ktap ]] || ((status)) ||
		say "HTML is in ${out#"$top/"}/html, manual pages in ${out#"$top/"}/man"
	return "$status"
}
run_locked "$build/.docs.lock" run_steps
