#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The guest's part of neighbour.sh: a load on BENCH_BACKEND moves while others
# read files and make them; what is there for everybody else once it rests.
# Prints "KEY VALUE" lines.
bench=/sys/kernel/debug/kspan_bench

vmstat()
{
	awk -v key="$1" '$1 == key { print $2 }' /proc/vmstat
}

# Of order 9. A guest of less than 4 GB has all but 16 MB of it in this zone.
index()
{
	awk -v name="$1" '$4 == "DMA32" { print name, $14 }' \
		"/sys/kernel/debug/extfrag/$1"
}

mkdir -p /tmp/small /mnt
mount -t kspan_bench none /mnt || exit 1
echo madvise >/sys/kernel/mm/transparent_hugepage/enabled
dd if=mean.txt of=$bench/fleet bs=64k 2>/dev/null || exit 1
sleep 3

while :; do cat "/mnt/$BENCH_CACHE"; done >/dev/null &
reader=$!
while :; do
	for i in 0 1 2 3 4 5 6 7 8 9; do
		: >/tmp/small/$i$i
		mkdir -p /tmp/small/dir$i
		rm -rf /tmp/small/dir$((i * 7 % 10))
	done
	ls -lR /sys/kernel >/dev/null
done &
maker=$!
echo "$BENCH_BACKEND $BENCH_SIZES $BENCH_MEGABYTES $BENCH_SECONDS" \
	>$bench/hold || exit 1
kill $reader $maker
wait $reader $maker 2>/dev/null
sleep "$BENCH_REST"

awk '{ print "requested_bytes", $1; print "held_bytes", $2
       print "failures", $3 }' $bench/hold
sed -n '/^Number of blocks/,$p' /proc/pagetypeinfo | awk '
	NR == 1 { for (i = 5; i <= NF; i++) name[i] = $i; next }
	{ for (i = 5; i <= NF; i++) sum[name[i]] += $i }
	END { for (i in name) print "blocks_" tolower(name[i]), sum[name[i]] }'
index unusable_index
index extfrag_index

# as a sleeping caller that gives up soon would get them
echo 9 >$bench/order || exit 1
awk '{ print "order9_blocks", $2; print "order9_free_bytes", $3 }' $bench/order

# touched by a program, a good part of what is there
served=$(vmstat thp_fault_alloc)
refused=$(vmstat thp_fault_fallback)
./huge "$BENCH_HUGE" || exit 1
echo "huge_megabytes $BENCH_HUGE"
echo "huge_served $(($(vmstat thp_fault_alloc) - served))"
echo "huge_refused $(($(vmstat thp_fault_fallback) - refused))"
awk '$1 == "MemFree:" || $1 == "MemAvailable:" || $1 == "KReclaimable:" ||
     $1 == "SUnreclaim:" { sub(":", "", $1); print tolower($1) "_bytes", $2 * 1024 }' \
	/proc/meminfo
