# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What the guests' tests of "make check-port" share. Sourced by NAME/test.sh, which
# defines test_* functions; the module NAME is loaded by the first of them.

HERE=$(dirname "$0")
# shellcheck source=/dev/null
. "$HERE/ktap.sh"
IMAGE=$HERE/image
MNT=/tmp/mnt

# heap_value HEAP KEY
heap_value()
{
	awk -v key="$2" '$1 == key { print $2 }' "$HEAPS/$1/stats"
}

# heap_is_sound HEAP: it holds objects, and its books are right
heap_is_sound()
{
	echo "$1: $(heap_value "$1" live_objects) live objects," \
		"$(heap_value "$1" allocs_total) allocations"
	[ "$(heap_value "$1" live_objects)" -gt 0 ]
	[ "$(heap_value "$1" bad_frees_total)" -eq 0 ]
	verdict=$(tail -n 1 "$HEAPS/$1/verify")
	echo "$verdict"
	[ "$verdict" = "verify ok" ]
}

# leaves_nothing MODULE: it goes, with its heap, and no word of complaint
leaves_nothing()
{
	rmmod "$1"
	[ ! -e "$HEAPS/$1" ]
	! dmesg | grep -E "kspan: BUG|objects are left in the heap"
	! dmesg | grep -E "BUG:|WARNING:|Oops"
}

# program NAME ARGUMENT...: one of the host's, with what it is linked to
program()
{
	name=$1
	shift
	"$(find "$HERE/bin" -name 'ld-*.so*')" --library-path "$HERE/bin" \
		"$HERE/bin/$name" "$@"
}

# tree DIR: files of many sizes, links, folders; the same for every caller
tree()
{
	i=0
	while [ $i -lt "${FILES_IN_TREE:-60}" ]; do
		mkdir -p "$1/d$((i % 7))/e$((i % 3))"
		yes "line $i of a file of its own" | head -c $((i * i * 37)) \
			>"$1/d$((i % 7))/e$((i % 3))/file$i"
		i=$((i + 1))
	done
}

# sums DIR: of all files in it, by name
sums()
{
	(cd "$1" && find . -type f | sort | xargs sha256sum)
}

# works_as_filesystem TYPE: what is written is read again, also after a remount
works_as_filesystem()
{
	mkdir -p "$MNT" /tmp/model
	mount -t "$1" -o loop "$IMAGE" "$MNT"
	tree /tmp/model
	tree "$MNT"
	sums /tmp/model >/tmp/want
	sums "$MNT" >/tmp/got
	cmp /tmp/want /tmp/got
	echo "checksum: $1 $(sha256sum </tmp/got)"
	heap_is_sound "$1"
	umount "$MNT"
	echo 3 >/proc/sys/vm/drop_caches
	mount -t "$1" -o loop "$IMAGE" "$MNT"
	sums "$MNT" >/tmp/got
	cmp /tmp/want /tmp/got
	find "$MNT" | wc -l
	rm -rf "$MNT"/d1 "$MNT"/d2
	mv "$MNT/d3" "$MNT/moved"
	[ "$(find "$MNT" -type f | wc -l)" -lt "$(wc -l </tmp/want)" ]
	(cd /tmp/model && find d3 -type f | sort | xargs sha256sum) |
		sed 's| d3/| moved/|' >/tmp/want
	(cd "$MNT" && find moved -type f | sort | xargs sha256sum) >/tmp/got
	cmp /tmp/want /tmp/got
	echo "checksum: $1 moved $(sha256sum </tmp/got)"
	heap_is_sound "$1"
	umount "$MNT"
}
