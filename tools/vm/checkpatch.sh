#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# checkpatch.sh [FILE...]: the kernel's own style checker on every C file.
# Any finding makes it fail.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"
# shellcheck source=kernels.sh
source "$vm_dir/kernels.sh"

# What it says of a patch, or of a kernel tree's own needs, is not for us.
ignored=(
	FILE_PATH_CHANGES	# MAINTAINERS is the kernel's
	EMBEDDED_FILENAME	# says nothing about the code
)
# What is right for some files.
ignored_in()
{
	case $1 in
	*/compat.h)
		# its purpose; how the kernel writes such tests; empty shims
		echo LINUX_VERSION_CODE,CONSTANT_COMPARISON,EXPORT_SYMBOL,MACRO_ARG_UNUSED
		;;
	*/kspan_sizeclass.h)
		# a list macro, which is no expression
		echo COMPLEX_MACRO,MACRO_ARG_REUSE
		;;
	kmod/base/sizeclass.c|kmod/user/chardev.c)
		# tables of constants
		echo MACRO_ARG_REUSE,MACRO_ARG_UNUSED
		;;
	kmod/spans/stores.h)
		# loops
		echo MACRO_ARG_REUSE
		;;
	kmod/api/object.c)
		# a function named ..._for_each_object is no loop
		echo OPEN_BRACE
		;;
	kmod/base/trace.h)
		# events are written as the kernel writes them; a path is no division
		echo PARENTHESIS_ALIGNMENT,OPEN_ENDED_LINE,COMPLEX_MACRO,SPACING
		;;
	uapi/*)
		# BIT() is not for user space
		echo BIT_MACRO
		;;
	kmod/include/linux/kspan.h)
		# the kernel's macro takes no arguments; a field's name, a type's tag
		echo PREFER_DEFINED_ATTRIBUTE_MACRO,MACRO_ARG_REUSE
		;;
	kmod/include/linux/kspan_escape.h)
		# annotations that are empty
		echo MACRO_ARG_UNUSED
		;;
	kmod/include/linux/kspan_bump.h)
		# a number that only means something to the stack it is of
		echo NEW_TYPEDEFS
		;;
	kmod/bench/queue.c)
		# defines a function and its entry; its arguments are constants
		echo MACRO_ARG_PRECEDENCE,MACRO_ARG_REUSE
		;;
	kmod/tests/*)
		# waits where nothing may sleep; names of heaps, which are no functions
		echo USLEEP_RANGE,EMBEDDED_FUNCTION_NAME
		;;
	selftests/compile/*)
		# cases by the name of a constant
		echo CONSTANT_COMPARISON,PARENTHESIS_ALIGNMENT
		;;
	tools/escape/tests/*)
		# what is wanted of a line is at its end, however long; a small copy of
		# the kernel's headers, and faults on purpose
		echo LONG_LINE_COMMENT,AVOID_EXTERNS,NEEDLESS_IF,MULTIPLE_ASSIGNMENTS
		echo PREFER_DEFINED_ATTRIBUTE_MACRO,NEW_TYPEDEFS,CAMELCASE,COMPLEX_MACRO
		echo VOLATILE,MEMORY_BARRIER,MACRO_ARG_REUSE,MACRO_ARG_PRECEDENCE,ALLOC_SIZEOF_STRUCT
		;;
	tools/*|selftests/*)
		# advice to use what only the kernel has; usage texts
		echo ARRAY_SIZE,BIT_MACRO,PREFER_DEFINED_ATTRIBUTE_MACRO,STRCPY,STRNCPY,AVOID_EXTERNS,SPLIT_STRING,MISSING_SPACE,CAMELCASE
		;;
	esac
}

provide_source
cd "$top"
if (($#)); then
	files=("$@")
else
	mapfile -t files < <(find . -path ./build -prune -o -type f \
			     -name '*.[ch]' -print | sed 's|^\./||' | sort)
fi

status=0
for file in "${files[@]}"; do
	types=$(IFS=,; echo "${ignored[*]}")
	extra=$(ignored_in "$file" | paste -sd,)
	"$source_tree/scripts/checkpatch.pl" --strict --no-tree --quiet \
		--no-summary --show-types --ignore "$types${extra:+,$extra}" \
		-f "$file" || status=1
done
# Its cache of names.
rm -f .checkpatch-camelcase.*
((status)) || say "checkpatch: ${#files[@]} files, nothing found"
exit "$status"
