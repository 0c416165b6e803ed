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

# attribute NAME FILE: its value
attribute()
{
	program getfattr --absolute-names --only-values -n "$1" "$2"
}

# Blocks of attributes are copied when they are changed, and shared by files that
# have the same.
test_ext2_attributes()
{
	mount -t ext2 -o loop,user_xattr,acl "$IMAGE" "$MNT"
	mkdir "$MNT/attributes"
	long=$(yes abcdefgh | head -n 90 | tr -d '\n')
	for i in $(seq 40); do
		file=$MNT/attributes/file$i
		touch "$file"
		program setfattr -n user.same -v "the same" "$file"
		program setfattr -n trusted.long -v "$long" "$file"
	done
	heap_is_sound ext2
	# one of those who share changes its own, another has none any more
	program setfattr -n user.same -v "another" "$MNT/attributes/file7"
	program setfattr -n trusted.own -v "own" "$MNT/attributes/file8"
	program setfattr -x trusted.long "$MNT/attributes/file9"
	program setfattr -x user.same "$MNT/attributes/file9"
	fails 1 program setfattr -n user.much -v "$long$long" \
		"$MNT/attributes/file1"
	program setfacl -m u:1234:rw,g:77:r "$MNT/attributes/file3"
	program setfacl -d -m u:99:rwx "$MNT/attributes"
	touch "$MNT/attributes/heir"
	umount "$MNT"
	echo 3 >/proc/sys/vm/drop_caches
	mount -t ext2 -o loop,user_xattr,acl "$IMAGE" "$MNT"
	for i in 1 3 6 8 10 40; do
		is "the same" "$(attribute user.same "$MNT/attributes/file$i")"
		is "$long" "$(attribute trusted.long "$MNT/attributes/file$i")"
	done
	is another "$(attribute user.same "$MNT/attributes/file7")"
	is own "$(attribute trusted.own "$MNT/attributes/file8")"
	fails 1 attribute user.same "$MNT/attributes/file9"
	has "$(program getfacl -n "$MNT/attributes/file3")" "^user:1234:rw-"
	has "$(program getfacl -n "$MNT/attributes/file3")" "^group:77:r--"
	has "$(program getfacl -n "$MNT/attributes/heir")" "^user:99:rwx"
	rm -r "$MNT/attributes"
	heap_is_sound ext2
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
	# inodes are freed after a grace period
	for _ in $(seq 100); do
		[ "$(heap_value ext2 live_objects)" -ge "$before" ] || break
		usleep 100000
	done
	[ "$(heap_value ext2 live_objects)" -lt "$before" ]
	rm -r "$MNT/many"
	umount "$MNT"
}

test_ext2_leaves_nothing()
{
	leaves_nothing ext2
}

ktap_run ext2_keeps_a_tree ext2_links ext2_attributes ext2_many_inodes \
	ext2_leaves_nothing
