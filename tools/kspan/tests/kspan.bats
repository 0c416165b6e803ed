#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0
# The tool as a whole: finding commands, exit codes, failures, options.

load common

every_command() {
	printf '%s\n' heaps "stat default" "classes default" "spans default" \
		"arenas default" "scavenge default" "drain default" \
		"limit default 0" "create x" "destroy scratch" version
}

@test "--help lists every command and the exit codes" {
	local command

	kspan "" 0 --help
	while read -r command _; do
		has "$output" "
  $command "
	done < <(every_command)
	has "$output" "3  the kspan module is not loaded"
	has "$output" "4  no permission"
}

@test "every command has --help that names it and the shared options" {
	local command

	while read -r command _; do
		kspan "" 0 "$command" --help
		has "$output" "Usage: kspan $command "
		has "$output" "--json"
		has "$output" "--device=PATH"
	done < <(every_command)
}

@test "help is --help" {
	local command

	kspan "" 0 --help
	command=$output
	kspan "" 0 help
	is "$command" "$output"
	for command in limit record help; do
		kspan "" 0 help $command
		has "$output" "Usage: kspan $command "
	done
	kspan "" 2 help frobnicate
	has "$stderr" "'frobnicate': no such command"
	kspan "" 2 help limit create
	has "$stderr" "too many arguments"
}

@test "--version needs no module" {
	kspan absent 0 --version
	is "kspan $(sed -n 's/^MODULE_VERSION("\(.*\)");/\1/p' \
		"$BATS_TEST_DIRNAME/../../../kmod/main.c")" "$output"
	kspan absent 0 heaps --version
}

@test "no command and an unknown command are usage errors" {
	kspan "" 2
	has "$stderr" "kspan: which command?"
	kspan "" 2 frobnicate
	has "$stderr" "kspan: 'frobnicate': no such command"
	kspan "" 2 ""
	kspan "" 2 --frobnicate heaps
	kspan "" 2 heaps --frobnicate
	has "$stderr" "kspan heaps:"
}

@test "exit code 3 from every command without the module" {
	local command

	while read -r command; do
		# shellcheck disable=SC2086
		kspan absent 3 $command
		is "kspan: /dev/kspan: the kspan module is not loaded (modprobe kspan)" \
			"$stderr"
		is "" "$output"
	done < <(every_command)
}

@test "exit code 4 from every command when the device is closed to us" {
	local command

	while read -r command; do
		# shellcheck disable=SC2086
		kspan eacces 4 $command
		is "kspan: /dev/kspan: permission denied, only root may open it" \
			"$stderr"
	done < <(every_command)
}

@test "exit code 4 from what changes a heap without CAP_SYS_ADMIN" {
	local command

	while read -r command; do
		# shellcheck disable=SC2086
		kspan eperm 4 $command
		is "kspan: ${command%% *} needs CAP_SYS_ADMIN" "$stderr"
		is "" "$output"
	done < <(every_command | grep -E '^(scav|drain|limit|create|destroy)')
	sent
}

@test "reading needs no CAP_SYS_ADMIN" {
	local command

	while read -r command; do
		# shellcheck disable=SC2086
		kspan eperm 0 $command
	done < <(every_command | grep -E '^(heaps|stat|cla|spans|are|ver)')
}

@test "exit code 1 when the kernel reports a failure" {
	local command

	while read -r command; do
		# shellcheck disable=SC2086
		kspan enomem 1 $command
		has "$stderr" "kspan: ${command%% *}"
		has "$stderr" "Cannot allocate memory"
		is "" "$output"
	done < <(every_command)
	kspan eio 1 heaps
	is "kspan: /dev/kspan: Input/output error" "$stderr"
}

@test "a heap that does not exist is named" {
	local command

	for command in stat classes spans arenas scavenge drain destroy; do
		kspan "" 1 $command nosuch
		is "kspan: no heap named 'nosuch'" "$stderr"
	done
	kspan "" 1 limit nosuch 1M
	is "kspan: no heap named 'nosuch'" "$stderr"
}

@test "an older module, or a device that is not kspan's" {
	kspan enotty 1 heaps
	has "$stderr" "not kspan's device, or an older module"
	kspan e2big 1 stat
	has "$stderr" "the module is older than this tool"
	kspan "" 1 --device /dev/null heaps
	has "$stderr" "/dev/null: request unknown"
}

@test "--json and --device before and after the command" {
	kspan "" 0 --json heaps
	json /heaps 3
	kspan "" 0 heaps --json
	json /heaps 3
	kspan "" 3 --device "$BATS_TEST_TMPDIR/none" heaps
	is "kspan: --device $BATS_TEST_TMPDIR/none: No such file or directory" \
		"$stderr"
	kspan "" 3 heaps --device="$BATS_TEST_TMPDIR/none"
	kspan "" 3 --device /dev/kspan heaps --device "$BATS_TEST_TMPDIR/none"
	kspan "" 0 --device "$BATS_TEST_TMPDIR/none" heaps --device /dev/kspan
	kspan "" 2 heaps --device ""
	kspan "" 2 heaps --device
}

@test "names of heaps: empty, too long, too many" {
	local command

	for command in stat classes spans arenas scavenge drain destroy; do
		kspan "" 2 $command ""
		has "$stderr" "the name of the heap is empty"
		kspan "" 2 $command 12345678901234567890123456789012
		has "$stderr" "a heap's name has at most 31 bytes"
		kspan "" 1 $command 1234567890123456789012345678901
		has "$stderr" "no heap named"
		kspan "" 2 $command default 1 more
		has "$stderr" "too many arguments"
	done
	for command in classes spans arenas scavenge drain destroy limit create; do
		kspan "" 2 $command
		has "$stderr" "kspan $command: which heap?"
	done
	for command in heaps version; do
		kspan "" 2 $command default
		has "$stderr" "'default': too many arguments"
	done
	sent
}

@test "a name may start with '-' behind --" {
	kspan "" 2 stat -x
	kspan "" 1 stat -- -x
	is "kspan: no heap named '-x'" "$stderr"
}

@test "output that cannot be written is a failure" {
	export KSPAN_FAKE=""
	run bash -c "'$KSPAN_BIN/kspan-fake' heaps 2>&1 >/dev/full"
	is 1 "$status"
	has "$output" "kspan: writing the output: No space left on device"
}

@test "the static binary needs nothing but itself" {
	local root="$BATS_TEST_TMPDIR/root"

	run -3 "$KSPAN_STATIC" --device "$BATS_TEST_TMPDIR/none" heaps
	has "$output" "No such file or directory"
	[ "$(id -u)" -eq 0 ] || skip "chroot needs root"
	mkdir "$root"
	cp "$KSPAN_STATIC" "$root/kspan"
	run -0 chroot "$root" /kspan --help
	has "$output" "Exit codes:"
	run -3 chroot "$root" /kspan heaps
}
