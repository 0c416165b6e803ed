#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0
# The commands that only look: columns, JSON, order.

load common

# column NAME: its values in $output, in a line
column() {
	awk -v name="$1" '
		NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) c = i; next }
		c { printf "%s%s", sep, $c; sep = " " }' <<<"$output"
}

# struct_fields NAME: the fields of a struct of linux/kspan.h
struct_fields() {
	sed -n "/^struct $1 {/,/^};/p" \
		"$BATS_TEST_DIRNAME/../../../uapi/linux/kspan.h" |
		sed -n 's/^\t[a-z_0-9]* \([a-z_]*\)[[;].*/\1/p' |
		grep -v '^reserved$'
}

# counter NAME: of $output
counter() {
	awk -v name="$1" '$1 == name { print $2 }' <<<"$output"
}

@test "gc: counters, and pauses that there were" {
	kspan "" 0 gc net_buf
	is "heap net_buf" "${lines[0]}"
	is 4194304 "$(counter goal_bytes)"
	is 12 "$(counter cycles_total)"
	is 8 "$(counter 0)"
	is 9 "$(counter 4096)"
	is 23 "${#lines[@]}"
	kspan empty 0 gc default
	is none "$(counter trigger_bytes)"
}

@test "gc --json: every field of the interface" {
	local field

	kspan "" 0 --json gc default
	json /heap default
	for field in $(struct_fields kspan_gc_stats); do
		[ -n "$("$KSPAN_BIN/jsonq" "/$field" <<<"$output")" ] || {
			echo "no $field"
			return 1
		}
	done
	json /cycles_total 12
	json /pause_ns_hist/0/from_ns 0
	json /pause_ns_hist/1/from_ns 4096
	json /pause_ns_hist/1/pauses 9
}

@test "gc --collect collects, and a heap that is not collected is told of" {
	kspan "" 0 gc --collect default
	is 13 "$(counter cycles_total)"
	sent "collect default"
	kspan "" 1 gc scratch
	is "kspan: heap 'scratch' is not collected" "$stderr"
	kspan eperm 0 gc default
	kspan eperm 4 gc default --collect
	kspan "" 1 gc nosuch
	kspan "" 2 gc
}

@test "leaks --unreachable: what there is of each kind" {
	kspan "" 0 leaks --unreachable default
	is "heap default: 4 unreachable objects, 8388904 bytes" "${lines[0]}"
	output=$(tail -n +3 <<<"$output")
	is "8 70 0" "$(column sizeclass)"
	is "- leaky -" "$(column name)"
	is "96 104 8388608" "$(column size_bytes)"
	is "2 1 1" "$(column objects)"
	is "192 104 8388608" "$(column bytes)"
	is "1 1 0" "$(column beginnings)"
	is "5500 2000 unknown" "$(column age_most_ms)"
	is "unknown unknown unknown" "$(column site)"
	kspan empty 0 leaks --unreachable default
	is "heap default: 0 unreachable objects, 0 bytes" "$output"
	kspan short 0 leaks --unreachable default
	[[ $output == *"and 2 objects more" ]]
}

@test "leaks --unreachable: each object, and JSON" {
	kspan "" 0 leaks --unreachable --each default
	[[ $output == *"vmalloc"*"unknown  yes"* ]]
	kspan "" 0 leaks --unreachable --each --json default
	json /heap default
	json /objects 4
	json /bytes 8388904
	json /listed 4
	json /kinds/1/name leaky
	json /kinds/0/beginnings 1
	json /kinds/2/age_most_ms unknown
	json /kinds/0/site unknown
	json /each/0/arena 3
	json /each/1/offset 4192
	json /each/3/arena vmalloc
	json /each/1/led true
}

@test "leaks: what cannot be told" {
	kspan "" 2 leaks default
	kspan "" 2 leaks --unreachable
	kspan "" 2 leaks --unreachable --interval 600001 default
	kspan "" 2 leaks --unreachable --interval x default
	kspan "" 1 leaks --unreachable scratch
	is "kspan: nothing is said to hold pointers to heap 'scratch': try --module-data" \
		"$stderr"
	kspan "" 0 leaks --unreachable --module-data scratch
	kspan "" 0 leaks --unreachable --other-heaps --interval 1 scratch
	kspan "" 1 leaks --unreachable net_buf
	is "kspan: heap 'net_buf' is collected, or no module has made it" "$stderr"
	kspan eperm 4 leaks --unreachable default
	kspan "" 1 leaks --unreachable nosuch
}

@test "heaps: a table that awk reads" {
	kspan "" 0 heaps
	is 4 "${#lines[@]}"
	is "default net_buf nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn" "$(column name)"
	is "134217728 0 0" "$(column backing_bytes)"
	is "none 67108864 none" "$(column limit_bytes)"
	is "- - 1" "$(column node)"
	is "- account node,zero_on_destroy" "$(column flags)"
	is "default module user" "$(column owner_kind)"
}

@test "heaps: a task's name cannot write to the terminal" {
	kspan "" 0 heaps
	has "${lines[3]}" 'a b\x1b[31m\xff\x5c"'
	kspan "" 0 heaps --json
	json /heaps/2/owner 'a b\x1b[31m\xff\x5c"'
}

@test "heaps --json: every field of the interface" {
	kspan "" 0 heaps --json
	is "$(struct_fields kspan_heap_entry | sort)" \
		"$("$KSPAN_BIN/jsonq" /heaps/0 <<<"$output" | sort)"
	json /heaps/1/name net_buf
	json /heaps/1/id 2
	json /heaps/1/limit_bytes 67108864
	json /heaps/1/flags 1
	json /heaps/1/flags/0 account
	json /heaps/1/node -1
	json /heaps/1/owner_kind module
	json /heaps/1/owner demo_net
	json /heaps/2/flags 2
	json /heaps/0/flags 0
}

@test "heaps: more than the first array holds, of owners not known" {
	kspan growing 0 heaps --json
	json /heaps 2001
	json /heaps/2000/name heap2000
	json /heaps/2000/owner_kind unknown
	kspan racing 1 heaps
	has "$stderr" "kspan: heaps: "
}

@test "stat: the printed sheet sums up" {
	kspan "" 0 stat
	is "heap default" "${lines[0]}"
	is "134217728 134217728" "$(awk '
		/^---/ { printf "%d ", sum }
		$1 ~ /_bytes$/ { sum += $2 }
		$1 == "backing_bytes" { printf "%d", $2 }' <<<"$output")"
	has "$output" "live_bytes                      104857600   100.0MiB    78.1%"
	has "$output" "span_free_bytes                  20971520    20.0MiB    15.6%"
	has "$output" "backing_bytes                   134217728   128.0MiB   100.0%"
	has "$output" "limit_bytes                          none"
}

@test "stat: every key of the interface, once" {
	local key

	kspan "" 0 stat default
	for key in $(struct_fields kspan_heap_stats); do
		is "$key 1" "$key $(grep -c "^$key " <<<"$output")"
	done
	is 18446744073709551615 \
		"$(awk '$1 == "allocs_total" { print $2 }' <<<"$output")"
}

@test "stat --json: every key of the interface" {
	kspan "" 0 stat --json net_buf
	is "$({ echo heap; struct_fields kspan_heap_stats; } | sort)" \
		"$("$KSPAN_BIN/jsonq" "" <<<"$output" | sort)"
	json /heap net_buf
	json /allocs_total 18446744073709551615
	json /limit_bytes 268435456
	json /large_bytes 8
	json /arenas 6
}

@test "stat: a sheet that does not sum up is a failure" {
	kspan unbalanced 1 stat
	has "$stderr" "heap 'default': the parts sum up to 134217729 bytes"
	kspan unbalanced 1 stat --json
	json /page_free_bytes 6815745
}

@test "stat: a limit, and a heap without memory" {
	kspan "" 0 stat net_buf
	has "$output" "limit_bytes                     268435456   256.0MiB   200.0%"
	kspan empty 0 stat
	has "$output" "backing_bytes                           0         0B     0.0%"
}

@test "classes: those in use, by size" {
	kspan "" 0 classes default
	is "1 3 5" "$(column sizeclass)"
	is "8 24 40" "$(column size_bytes)"
	is "8000 240 8160" "$(column live_bytes)"
	is "1312 721280 32" "$(column waste_bytes)"
	is "0 0 18446744073709551615" "$(column allocs_total)"
	is "1024 341 204" "$(column span_objects)"
}

@test "classes: --sort" {
	kspan "" 0 classes default --sort size
	is "1 3 5" "$(column sizeclass)"
	kspan "" 0 classes default --sort live
	is "5 1 3" "$(column sizeclass)"
	kspan "" 0 classes --sort=waste default
	is "3 1 5" "$(column sizeclass)"
	kspan "" 2 classes default --sort name
	has "$stderr" "--sort 'name': not one of size, live, waste"
}

@test "classes: --all, and classes alike keep their order" {
	kspan "" 0 classes default --all
	is "$(seq -s ' ' 67)" "$(column sizeclass)"
	kspan "" 0 classes default --all --sort live
	is "5 1 3 2 $(echo 4 $(seq 6 67))" "$(column sizeclass)"
	kspan empty 0 classes default
	is 1 "${#lines[@]}"
}

@test "classes: --top" {
	kspan "" 0 classes default --sort waste --top 2
	is "3 1" "$(column sizeclass)"
	kspan "" 0 classes default --top 99
	is "1 3 5" "$(column sizeclass)"
	kspan "" 0 classes default --top 0
	is "" "$(column sizeclass)"
	for top in -1 x 1x "" 4294967296 99999999999999999999 1K; do
		kspan "" 2 classes default --top="$top"
		has "$stderr" "--top '$top': "
	done
}

@test "classes --json: every field of the interface" {
	kspan "" 0 classes default --json --sort live --top 2
	is "$({ echo live_bytes; echo waste_bytes
		struct_fields kspan_class_entry; } | sort)" \
		"$("$KSPAN_BIN/jsonq" /classes/0 <<<"$output" | sort)"
	json /heap default
	json /classes 2
	json /classes/0/sizeclass 5
	json /classes/0/frees_total 18446744073709551411
	json /classes/0/flushes_total 11
	json /classes/1/waste_bytes 1312
	kspan empty 0 classes default --json
	json /classes 0
}

@test "spans: table and JSON" {
	kspan "" 0 spans default
	is "17 17 17" "$(column arena)"
	is "0 1 2" "$(column page)"
	is "8192 64 64" "$(column size_bytes)"
	is "0 1 0" "$(column node)"
	kspan "" 0 spans default --json
	is "$(struct_fields kspan_span_entry | sort)" \
		"$("$KSPAN_BIN/jsonq" /spans/0 <<<"$output" | sort)"
	json /heap default
	json /spans/1/nelems 128
	json /spans/1/needzero 1
}

@test "spans: many, none, and a cursor that sticks" {
	kspan many 0 spans default
	is 3001 "${#lines[@]}"
	kspan many 0 spans default --json
	json /spans 3000
	json /spans/2999/page 999
	kspan empty 0 spans default --json
	json /spans 0
	kspan stuck 1 spans default
	has "$stderr" "kspan: spans 'default': Protocol error"
}

@test "arenas: table and JSON" {
	kspan "" 0 arenas default
	is "17 18" "$(column arena)"
	is "512 512" "$(column longest_free_pages)"
	kspan "" 0 arenas default --json
	is "$(struct_fields kspan_arena_entry | sort)" \
		"$("$KSPAN_BIN/jsonq" /arenas/0 <<<"$output" | sort)"
	json /arenas/1/owned_pages 8192
	kspan empty 0 arenas default --json
	json /arenas 0
}

@test "tables of all commands look the same" {
	local command

	# Columns are two blanks apart, all lines of a table end in the same
	# columns, and no line ends in a blank.
	for command in heaps "classes default" "spans default" \
		"arenas default" stat; do
		# shellcheck disable=SC2086
		kspan "" 0 $command
		is "" "$(grep ' $' <<<"$output")"
		is "" "$(sed 's/^ *//' <<<"${lines[1]}" |
			grep -E '[^ ] [^ ]')"
	done
}

@test "version: text and JSON" {
	kspan "" 0 version
	is "version 1.2.3-fake" "${lines[0]}"
	has "$output" "arena_bytes 67108864"
	kspan "" 0 version --json
	is "$(struct_fields kspan_ioc_version |
		grep -v -e '^size$' -e '^flags$' | sort)" \
		"$("$KSPAN_BIN/jsonq" "" <<<"$output" | sort)"
	json /version 1.2.3-fake
	json /max_class_bytes 32768
}
