#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A page that the kernel has marked as broken never comes back into use.
# Tests are called by their names.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/ktap.sh"

HARD_OFFLINE=/sys/devices/system/memory/hard_offline_page
KPF_BUDDY=$((1 << 10))
KPF_HWPOISON=$((1 << 19))

# The last span of a heap: its arena, its first page there, its physical address.
last_span()
{
	awk 'END { printf "%d %d %.0f\n", $1, $2, $1 * 67108864 + $2 * 8192 }' \
		"$HEAPS/$1/spans"
}

# covers HEAP ARENA PAGE: spans that have the page
covers()
{
	awk -v arena="$2" -v page="$3" '
		NR > 1 && $1 == arena && $2 <= page && page < $2 + $3 { n++ }
		END { print n + 0 }' "$HEAPS/$1/spans"
}

# flags PHYSICAL: as in include/uapi/linux/kernel-page-flags.h
flags()
{
	dd if=/proc/kpageflags bs=8 skip=$(($1 / 4096)) count=1 2>/dev/null |
		od -An -tu8 | tr -d ' '
}

poisoned()
{
	awk '$1 == "poisoned_pages" { print $2 }' "$HEAPS/$1/verify"
}

settle()
{
	while [ "$(stat_of "$1" live_objects)" -gt 0 ]; do
		usleep 10000
	done
	echo 1 >"$HEAPS/$1/drain"
	echo all >"$HEAPS/$1/scavenge"
}

# BYTES COUNT: objects, of which one's page is found to be broken
comes_back_never()
{
	kspan create broken
	holding broken "$1" "$2"
	# shellcheck disable=SC2046
	set -- "$1" "$2" $(last_span broken)
	is 1 "$(covers broken "$3" "$4")" "spans on the page"
	# the kernel cannot take it from us, and says so
	echo "$5" >"$HARD_OFFLINE" || true
	[ $(($(flags "$5") & KPF_HWPOISON)) -ne 0 ] || fail "it is not marked"
	verify broken
	is 0 "$(poisoned broken)" "poisoned pages in use"

	let_go $!
	settle broken
	is 1 "$(poisoned broken)" "poisoned pages"
	is 8192 "$(stat_of broken backing_bytes)" backing_bytes
	holding broken "$1" $(($2 * 2))
	is 0 "$(covers broken "$3" "$4")" "spans on the page"
	verify broken
	let_go $!
	settle broken
	kspan destroy broken
	[ $(($(flags "$5") & KPF_HWPOISON)) -ne 0 ]
	is 0 $(($(flags "$5") & KPF_BUDDY)) "in the kernel's free lists"
}

test_a_page_of_small_objects()
{
	comes_back_never 1000 500
}

test_a_page_of_a_large_object()
{
	comes_back_never 300000 4
}

if ! [ -e $HARD_OFFLINE ] || ! [ -e /proc/kpageflags ]; then
	echo "TAP version 13"
	echo "1..0 # SKIP no pages can be marked"
	exit "$EXIT_SKIP"
fi
ktap_run a_page_of_small_objects a_page_of_a_large_object
