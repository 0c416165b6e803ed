#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0
# The library; each case is a function of libkspan_test.c.

load common

@test "library: why the device does not open" {
	"$KSPAN_BIN/libkspan_test" open_fails
}

@test "library: a list that grows between the calls is read whole" {
	"$KSPAN_BIN/libkspan_test" list_grows
}

@test "library: a list that always grows gives EAGAIN" {
	"$KSPAN_BIN/libkspan_test" list_races
}

@test "library: more entries than fit are refused" {
	"$KSPAN_BIN/libkspan_test" list_overruns
}

@test "library: empty lists" {
	"$KSPAN_BIN/libkspan_test" lists_are_empty
}

@test "library: the cursor gives every span once" {
	"$KSPAN_BIN/libkspan_test" spans_in_batches
}

@test "library: an empty batch of spans is not the end" {
	"$KSPAN_BIN/libkspan_test" spans_in_short_batches
}

@test "library: a cursor that does not move ends the walk" {
	"$KSPAN_BIN/libkspan_test" cursor_sticks
}

@test "library: names that do not fit" {
	"$KSPAN_BIN/libkspan_test" names_are_checked
}

@test "library: a node is sent with its flag only" {
	"$KSPAN_BIN/libkspan_test" node_needs_its_flag
}

@test "library: scavenge, drain, limit, destroy" {
	"$KSPAN_BIN/libkspan_test" changes
}

@test "library: objects by handle" {
	"$KSPAN_BIN/libkspan_test" objects
}

@test "numbers are parsed strictly" {
	"$KSPAN_BIN/libkspan_test" numbers
}

@test "numbers for people" {
	"$KSPAN_BIN/libkspan_test" human_bytes
}
