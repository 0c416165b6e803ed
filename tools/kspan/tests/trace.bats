#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0
# Traces, and what record and replay say of wrong usage. Each case that names
# no command is a function of trace_test.c.

load common

setup_file() {
	local dir=$BATS_TEST_DIRNAME

	export TRACE_TEST=$BATS_FILE_TMPDIR/trace_test
	export PART_TEST=$BATS_FILE_TMPDIR/part_test
	for test in trace part; do
		"${CC:-cc}" -std=gnu11 -O1 -g -Wall -Wextra -Werror \
			-fsanitize=address,undefined \
			-fno-sanitize-recover=all -D_GNU_SOURCE \
			-D__SANE_USERSPACE_TYPES__ -I"$dir/../../../uapi" \
			-o "$BATS_FILE_TMPDIR/${test}_test" \
			"$dir/${test}_test.c" "$dir"/../{ring,slots,eventlog}.c \
			"$dir"/../{trace,origins,names,symbols}.c \
			"$dir"/../{caches,filter,verdict,number}.c
	done
}

run_case() {
	cd "$BATS_TEST_TMPDIR" && "$TRACE_TEST" "$1"
}

run_part() {
	cd "$BATS_TEST_TMPDIR" && "$PART_TEST" "$1"
}

@test "ring: fields are found in format files" {
	run_case fields_are_found
}

@test "ring: numbers of every size, none from beyond the event" {
	run_case numbers_stay_inside
}

@test "ring: a kernel with other formats is refused" {
	run_case formats_are_checked
}

@test "ring: events of every type, with their times" {
	run_case events_of_every_type
}

@test "ring: damaged pages are refused" {
	run_case damaged_pages
}

@test "ring: random pages" {
	run_case random_pages
}

@test "slots: are used again after a free" {
	run_case slots_are_used_again
}

@test "slots: older objects, failed allocations and missed frees" {
	run_case what_is_left_out
}

@test "slots: random objects against a model" {
	run_case random_objects
}

@test "events of all CPUs come in order of time" {
	run_case cpus_are_merged
}

@test "trace: a file and back" {
	run_case a_file_and_back
}

@test "trace: a file cut short at any length is refused" {
	run_case a_file_cut_short
}

@test "trace: events that cannot be played are refused" {
	run_case damaged_events
}

@test "trace: damaged headers are refused" {
	run_case damaged_headers
}

@test "trace: random damage" {
	run_case random_damage
}

@test "origins: functions, modules, caches and processes by name" {
	run_part origins_have_names
	run_part many_origins
}

@test "names: of functions and processes, and of caches" {
	run_part symbols_are_found
	run_part names_have_numbers
	run_part strings_stay_inside
}

@test "replay: a kmem_cache for each that was recorded" {
	run_part caches_of_a_trace
}

@test "replay: a part of a trace" {
	run_part filters
}

@test "replay: the verdict" {
	run_part verdicts
}

@test "record refuses wrong usage" {
	kspan "" 2 record
	has "$stderr" "which file?"
	kspan "" 2 record --seconds x /dev/null
	has "$stderr" "--seconds 'x': "
	kspan "" 2 record --buffer-kb -1 /dev/null
	has "$stderr" "--buffer-kb '-1': "
}

@test "replay refuses wrong usage" {
	kspan "" 2 replay
	has "$stderr" "which file?"
	kspan "" 2 replay a b
	has "$stderr" "too many arguments"
	kspan "" 2 replay --backend malloc a
	has "$stderr" "--backend 'malloc': kspan, kmalloc,"
	kspan "" 2 replay --repeat 1001 a
	has "$stderr" "--repeat '1001': "
	kspan "" 2 replay --speed --repeat 0 a
	has "$stderr" "--speed needs"
	kspan "" 2 replay --only malloc a
	has "$stderr" "--only 'malloc': kmalloc or kmem_cache"
	kspan "" 2 replay --size 2K-1K a
	has "$stderr" "--size '2K-1K': no object has such a size"
	for size in x 1-x - ""; do
		kspan "" 2 replay --size "$size" a
		has "$stderr" "--size '$size': not a number of bytes"
	done
	for size in 64 1K-8K -64 4K-; do
		kspan "" 3 replay --size "$size" a
	done
	kspan "" 2 replay --speed --thin a
	has "$stderr" "--thin measures memory"
}

@test "replay without its module" {
	kspan "" 3 replay a
	is "kspan: /dev/kspan_bench: the module kspan_bench is not loaded (modprobe kspan_bench)" "$stderr"
	kspan "" 3 replay --device /nonexistent a
	is "kspan: --device /nonexistent: No such file or directory" "$stderr"
}
