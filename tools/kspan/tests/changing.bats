#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0
# The commands that change a heap: what reaches the device, and what does not.

load common

@test "scavenge: all, or so many bytes" {
	kspan "" 0 scavenge default
	is "released_bytes 6815744" "$output"
	kspan "" 0 scavenge default 64K
	is "released_bytes 65536" "$output"
	kspan "" 0 scavenge default 0 --json
	json /heap default
	json /released_bytes 0
	sent "scavenge default 18446744073709551615" \
		"scavenge default 65536" "scavenge default 0"
}

@test "drain is silent, or JSON" {
	kspan "" 0 drain default
	is "" "$output"
	kspan "" 0 drain default --json
	json /heap default
	sent "drain default 0" "drain default 0"
}

@test "limit: suffixes and none" {
	kspan "" 0 limit default 1G
	is "limit_bytes 1073741824 previous_limit_bytes none" "$(echo $output)"
	kspan "" 0 limit net_buf none
	is "limit_bytes none previous_limit_bytes 67108864" "$(echo $output)"
	kspan "" 0 limit net_buf 0 --json
	json /limit_bytes 0
	json /previous_limit_bytes 67108864
	sent "limit default 1073741824" "limit net_buf 0" "limit net_buf 0"
}

@test "limit: soft limit and reserve" {
	kspan "" 0 limit default --soft 2M --reserve=64K
	is "soft_limit_bytes 2097152 previous_soft_limit_bytes none reserve_bytes 65536 previous_reserve_bytes 8192" "$(echo $output)"
	kspan "" 0 limit net_buf 1G --soft none --json
	json /limit_bytes 1073741824
	json /previous_limit_bytes 67108864
	json /soft_limit_bytes 0
	sent "soft default 2097152" "reserve default 65536" \
		"limit net_buf 1073741824" "soft net_buf 0"
	kspan "" 2 limit default --soft x
	has "$stderr" "kspan limit: --soft 'x': "
}

@test "create: soft limit and reserve" {
	kspan "" 0 create x --soft-limit 1M --reserve 8K --limit 2M
	kspan "" 0 create x --reserve 8K --json
	json /reserve_bytes 8192
	json /soft_limit_bytes 0
	sent "create x 2097152 0 0" "bounds x 1048576 8192" "create x 0 0 0" \
		"bounds x 0 8192"
	kspan "" 2 create x --reserve -1
	has "$stderr" "kspan create: --reserve '-1': "
}

@test "limit and scavenge refuse what is not a number of bytes" {
	local bytes

	for bytes in "" x 1x 1KB 1.5 1.K .5K 0x 0x1.8K " 1" \
		18446744073709551616 16777216T; do
		kspan "" 2 limit default "$bytes"
		has "$stderr" "kspan limit: BYTES '$bytes': "
		kspan "" 2 scavenge default "$bytes"
		has "$stderr" "kspan scavenge: BYTES '$bytes': "
		kspan "" 2 create x --limit "$bytes"
		has "$stderr" "kspan create: --limit '$bytes': "
	done
	has "$stderr" "out of range"
	kspan "" 2 limit default 1KB
	has "$stderr" "not a number of bytes, as 4096, 64K, 1.5MiB or 0x1000"
	kspan "" 2 limit default -5
	kspan "" 2 limit default -- -5
	has "$stderr" "kspan limit: BYTES '-5': negative"
	kspan "" 2 scavenge -- default -1M
	kspan "" 2 limit default
	has "$stderr" "which limit?"
	kspan "" 2 scavenge default none
	kspan "" 2 limit default 1 2
	has "$stderr" "too many arguments"
	sent
}

@test "sizes: units, fractions, hexadecimal" {
	kspan "" 0 limit default 1.5M
	kspan "" 0 limit default 8KiB
	kspan "" 0 limit default --soft 0x1000
	kspan "" 0 scavenge default -- 4096B
	kspan "" 0 create x --limit 0x10K --reserve 0.5M --limit 1.25g
	sent "limit default 1572864" "limit default 8192" "soft default 4096" \
		"scavenge default 4096" "create x 1342177280 0 0" \
		"bounds x 0 524288"
}

@test "a refusal names the rule" {
	kspan "" 1 create x --limit 1M --soft-limit 1.5M
	is "kspan: create 'x': the soft limit, 1572864 bytes, would be above the limit, 1048576 bytes" "$stderr"
	kspan "" 1 create x --limit 10000 --reserve 10000
	is "kspan: create 'x': the reserve, 16384 bytes in whole pages, would be above the limit, 10000 bytes" "$stderr"
	kspan "" 1 limit default 4K
	is "kspan: limit 'default': the reserve, 8192 bytes in whole pages, would be above the limit, 4096 bytes" "$stderr"
	kspan "" 1 limit net_buf --soft 1G
	is "kspan: limit 'net_buf': the soft limit, 1073741824 bytes, would be above the limit, 268435456 bytes" "$stderr"
	kspan "" 1 create x --node 7
	has "$stderr" "kspan: create 'x': node 7 has no memory; nodes that have: 0"
	kspan "" 2 create .x
	has "$stderr" "kspan create: '.x': a heap's name does not start with '.'"
}

@test "create: options reach the device" {
	kspan "" 0 create x
	is "" "$output"
	kspan "" 0 create --limit 2M y.z_0-A
	kspan "" 0 create x --account --zero-on-destroy
	kspan "" 0 create x --warn-live
	kspan "" 0 create x --node 1 --limit none
	sent "create x 0 0 0" "create y.z_0-A 2097152 0 0" \
		"create x 0 6 0" "create x 0 8 0" "create x 0 1 1"
}

@test "create --json" {
	kspan "" 0 create x --json --node 0 --limit 1K
	json /heap x
	json /id 42
	json /limit_bytes 1024
	json /heap_flags/0 node
	json /node 0
	kspan "" 0 create x --json
	json /heap_flags 0
	json /node -1
}

@test "create: bad names and nodes do not reach the device" {
	local name node

	for name in "a b" a/b "a	b" ü 'a*' "" \
		12345678901234567890123456789012; do
		kspan "" 2 create "$name"
	done
	for node in -1 x 1x "" 2147483648 99999999999999999999; do
		kspan "" 2 create x --node="$node"
		has "$stderr" "--node '$node': "
	done
	sent
}

@test "create: a name that is taken, a node that is not there" {
	kspan "" 1 create default
	is "kspan: a heap named 'default' exists already" "$stderr"
	kspan "" 1 create x --node 7
}

@test "destroy: which heaps stay" {
	kspan "" 0 destroy scratch
	is "" "$output"
	kspan "" 0 destroy scratch --json
	json /heap scratch
	kspan "" 1 destroy net_buf
	is "kspan: heap 'net_buf' is in use by the module that made it" "$stderr"
	kspan "" 4 destroy default
	is "kspan: the default heap cannot be destroyed" "$stderr"
	sent "destroy scratch 0" "destroy scratch 0" "destroy net_buf 0" \
		"destroy default 0"
}
