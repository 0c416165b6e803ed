#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The file slabinfo, and slabtop that reads it in place of the kernel's.
# Tests are called by their names.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/ktap.sh"

file=$DEBUGFS/slabinfo
top=$(cd "$HERE" && pwd)/bin

# This machine's slabtop, or the one that came here with what it is linked to.
slabtop_once()
{
	if [ -e "$top/slabtop" ]; then
		"$(find "$top" -name 'ld-*.so*')" --library-path "$top" \
			"$top/slabtop" -o "$@"
	else
		slabtop -o "$@"
	fi
}

# line_of HEAP KIND: the numbers
line_of()
{
	awk -v name="kspan-$1-$2" '$1 == name { $1 = ""; print }' "$file"
}

test_it_has_the_kernels_format()
{
	is 400 "$(stat -c %a "$file")" mode
	head -n 2 "$file" >/tmp/header
	cat >/tmp/expected <<-EOF
	slabinfo - version: 2.1
	# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : slabdata <active_slabs> <num_slabs> <sharedavail>
	EOF
	diff /tmp/expected /tmp/header
	n='[0-9][0-9]*'
	"$USER/objects" leave slabs 100 100
	[ "$(wc -l <"$file")" -gt 2 ]
	is 0 "$(sed 1,2d "$file" | grep -vc "^kspan-[^ ]* $n $n $n $n $n : tunables $n $n 0 : slabdata $n $n 0$")" \
		"odd lines"
	kspan destroy slabs
}

test_counts()
{
	kspan create slabs
	is 0 "$(grep -c '^kspan-slabs-' "$file")" "lines of an empty heap"
	holding slabs 1024 800
	small=$!
	holding slabs 100000 3
	large=$!
	holding slabs 5000000 1
	huge=$!
	echo 1 >"$HEAPS/slabs/drain"
	# empty spans that are kept for the next refill would count as slabs
	echo all >"$HEAPS/slabs/scavenge"
	# 8 to a span, but for what each CPU had cached that it ran on
	slabs=$(line_of slabs 1024 | awk '{ print $13 }')
	[ "$slabs" -ge 100 ]
	[ "$slabs" -le $((100 + $(nproc))) ]
	is " 800 $((slabs * 8)) 1024 8 2 : tunables 16 8 0 : slabdata $slabs $slabs 0" \
		"$(line_of slabs 1024)" "1 KB"
	# in pages: 13 for each, and of 4 KB
	is " 39 39 8192 1 2 : tunables 0 0 0 : slabdata 39 39 0" \
		"$(line_of slabs large)" large
	is " 1221 1221 4096 1 1 : tunables 0 0 0 : slabdata 1221 1221 0" \
		"$(line_of slabs huge)" huge
	# active_slabs num_slabs pagesperslab: all that the heap holds
	is "$(stat_of slabs backing_bytes)" \
		"$(awk '/^kspan-slabs-/ { n += $15 * $6 * 4096 }
		END { print n }' "$file")" "bytes of all slabs"
	let_go "$huge"
	let_go "$large"
	let_go "$small"
	echo 1 >"$HEAPS/slabs/drain"
	is 0 "$(awk '/^kspan-slabs-/ { n += $2 } END { print n + 0 }' \
		"$file")" "objects in use"
	kspan destroy slabs
}

test_names_are_unique()
{
	kspan create a
	kspan create a-64
	for heap in a a-64; do
		for bytes in 8 64; do
			"$USER/objects" leave "$heap" "$bytes" 10
		done
	done
	is 0 "$(awk '{ print $1 }' "$file" | sort | uniq -d | wc -l)" \
		"names told twice"
	for name in kspan-a-8 kspan-a-64 kspan-a-64-8 kspan-a-64-64; do
		is 1 "$(grep -c "^$name " "$file")" "$name"
	done
	kspan destroy a
	kspan destroy a-64
}

# In a mount namespace of its own, which goes with the test.
in_place()
{
	mount --bind "$file" /proc/slabinfo
	slabtop_once -s c
}

test_slabtop_reads_it()
{
	[ -e "$top/slabtop" ] || command -v slabtop || skip "no slabtop here"
	[ -e /proc/slabinfo ] || skip "this kernel has no slabinfo"
	kspan create top
	holding top 1024 800
	echo 1 >"$HEAPS/top/drain"
	export TERM=dumb
	# the functions of this script, in a shell of the namespace
	unshare -m sh -c ". $HERE/slabinfo.sh in_place" >/tmp/top
	cat /tmp/top
	# Objects, active, used, size, slabs, objects in a slab, bytes, name. The
	# holder leaves a span on each of two CPUs if it moves.
	has "$(cat /tmp/top)" \
		'^ *8\(00\|08\) *800 *\(100\|99\)% *1.00K *10[01] *8 *8\(00\|08\)K kspan-top-1024 *$'
	has "$(cat /tmp/top)" "^ Active / Total Objects (% used) .* : $(awk '
		/^kspan/ { active += $2; all += $3 }
		END { print active " / " all }' "$file") ("
	let_go $!
	kspan destroy top
	# what has nothing is nothing to stumble over
	unshare -m sh -c ". $HERE/slabinfo.sh in_place" >/tmp/top
	has "$(cat /tmp/top)" '^ Active / Total Objects'
	# and the kernel's own file is where it was
	is 0 "$(grep -c '^kspan-' /proc/slabinfo)" "lines of ours"
}

if [ "$1" = in_place ]; then
	in_place
	exit
fi
ktap_run it_has_the_kernels_format counts names_are_unique slabtop_reads_it
