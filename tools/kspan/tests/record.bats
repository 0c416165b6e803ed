#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0
# What record does on a machine without tracefs: its command line, its file and
# its command. Cases that name no command are functions of record_test.c.

load common

setup_file() {
	local dir=$BATS_TEST_DIRNAME

	export RECORD_TEST=$BATS_FILE_TMPDIR/record_test
	"${CC:-cc}" -std=gnu11 -O1 -g -Wall -Wextra -Werror \
		-fsanitize=address,undefined -fno-sanitize-recover=all \
		-D_GNU_SOURCE -D__SANE_USERSPACE_TYPES__ -I"$dir/../../../uapi" \
		-o "$RECORD_TEST" "$dir/record_test.c" "$dir"/../child.c \
		"$dir"/../outfile.c "$dir"/../report.c "$dir"/../libkspan.c
}

run_case() {
	cd "$BATS_TEST_TMPDIR" && "$RECORD_TEST" "$1"
}

@test "record: the old file stays until the trace is whole" {
	run_case the_old_file_stays
}

@test "record: the path is checked first" {
	run_case the_path_is_checked_first
}

@test "record: how the command ended" {
	run_case how_it_ended
}

@test "record: a command that is not found, and none" {
	run_case it_is_not_found
}

@test "record: a command that does not listen is ended" {
	run_case a_deaf_one_is_ended
}

@test "record: where it cannot write, the command does not start" {
	kspan "" 1 record "$BATS_TEST_TMPDIR/none/x" -- \
		touch "$BATS_TEST_TMPDIR/started"
	is "kspan: cannot write $BATS_TEST_TMPDIR/none/x: No such file or directory" \
		"$stderr"
	kspan "" 1 record "$BATS_TEST_TMPDIR" -- \
		touch "$BATS_TEST_TMPDIR/started"
	[ ! -e "$BATS_TEST_TMPDIR/started" ]
}

@test "record: no buffer and no name are wrong usage" {
	kspan "" 2 record --buffer-kb 0 x -- true
	has "$stderr" "--buffer-kb 0: the kernel needs a buffer"
	kspan "" 2 record "" -- true
	has "$stderr" "the name of the file is empty"
}
