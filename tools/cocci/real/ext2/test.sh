#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# ext2 on kspan: files, links, attributes and lists of access.
# shellcheck disable=SC2317 source=../guest.sh
. "$(dirname "$0")/guest.sh"

test_ext2_keeps_a_tree()
{
	works_as_filesystem ext2
}

# The kernel reads a link through inode->i_link, which is never kspan's.
test_ext2_links()
{
	mount -t ext2 -o loop "$IMAGE" "$MNT"
	echo text >"$MNT/target"
	ln -s target "$MNT/short"
	long=$(yes abcdefgh/../ | head -n 20 | tr -d '\n')
	mkdir "$MNT/abcdefgh"
	ln -s "${long}target" "$MNT/long"
	[ "$(cat "$MNT/short")" = text ]
	[ "$(cat "$MNT/long")" = text ]
	umount "$MNT"
	mount -t ext2 -o loop "$IMAGE" "$MNT"
	[ "$(readlink "$MNT/short")" = target ]
	[ "$(readlink "$MNT/long")" = "${long}target" ]
	umount "$MNT"
}

# More inodes than fit in a span come and go under memory's pressure.
test_ext2_many_inodes()
{
	mount -t ext2 -o loop "$IMAGE" "$MNT"
	mkdir "$MNT/many"
	seq 1500 | (cd "$MNT/many" && xargs touch)
	[ "$(find "$MNT/many" -type f | wc -l)" -eq 1500 ]
	before=$(heap_value ext2 live_objects)
	heap_is_sound ext2
	sync
	echo 3 >/proc/sys/vm/drop_caches
	[ "$(heap_value ext2 live_objects)" -lt "$before" ]
	rm -r "$MNT/many"
	umount "$MNT"
}

test_ext2_leaves_nothing()
{
	leaves_nothing ext2
}

ktap_run ext2_keeps_a_tree ext2_links ext2_many_inodes ext2_leaves_nothing
