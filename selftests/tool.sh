#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The kspan tool on the module itself: what it prints, and its exit codes.
# Tests are called by their names.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/ktap.sh"

# json COMMAND...: succeeds, and prints JSON; its values go to $values
json()
{
	kspan "$@" --json >/tmp/json
	values=$(awk -f "$HERE/json.awk" /tmp/json) || {
		cat /tmp/json
		fail "not JSON: $*"
	}
}

# value PATH: what json has found there
value()
{
	echo "$values" | sed -n "s|^$1 ||p"
}

test_heaps()
{
	is name "$(kspan heaps | awk 'NR == 1 { print $1 }')" header
	is "tool user objects" "$(kspan heaps |
		awk '$1 == "tool" { print $1, $8, $9 }')" line
	is 1 "$(kspan heaps | grep -c '^default ')" "default heaps"
	is "module kspan_consumer" "$(kspan heaps |
		awk '$1 == "consumer" { print $8, $9 }')" "a module's heap"
	json heaps
	is default "$(value heaps/0/name)" "first heap"
	is default "$(value heaps/0/owner_kind)" "its kind"
	is -1 "$(value heaps/0/node)" "its node"
	has "$values" '^heaps/[0-9]*/name tool$'
}

test_stat()
{
	has "$(kspan stat)" '^heap default$'
	has "$(kspan stat tool)" '^heap tool$'
	# nothing is left that the scavenger takes between two looks
	kspan drain tool
	kspan scavenge tool >/dev/null
	json stat tool
	kspan stat tool >/tmp/stat
	while read -r key number; do
		is "$number" "$(value "$key")" "$key"
		# no limit is "none"
		grep -q "^$key  *\($number\|none\)\b" /tmp/stat ||
			fail "no line for $key $number"
	done <"$HEAPS/tool/stats"
	is 300 "$(value live_objects)" live_objects
}

test_classes()
{
	is 68 "$(kspan classes --all tool | wc -l)" lines
	json classes --all tool
	is 67 "$(echo "$values" | grep -c '/sizeclass ')" classes
	is 300 "$(kspan classes tool | awk '$2 == 1024 { print $6 }')" \
		"live objects of 1024 bytes"
	is 1024 "$(kspan classes --sort live --top 1 tool |
		awk 'NR == 2 { print $2 }')" "the largest class"
	fails 2 kspan classes --sort nothing tool
}

test_spans()
{
	is "$(stat_of tool spans)" "$(($(kspan spans tool | wc -l) - 1))" spans
	# the same in debugfs
	kspan spans tool | sed 1d | tr -s ' ' | sed 's/^ //' >/tmp/tool
	sed 1d "$HEAPS/tool/spans" >/tmp/debugfs
	cmp /tmp/tool /tmp/debugfs
	json spans tool
	is "$(stat_of tool spans)" "$(echo "$values" | grep -c '/npages ')" \
		"spans in JSON"
}

test_arenas()
{
	kspan arenas tool | sed 1d | tr -s ' ' | sed 's/^ //' >/tmp/tool
	sed 1d "$HEAPS/tool/arenas" >/tmp/debugfs
	cmp /tmp/tool /tmp/debugfs
	json arenas tool
	is "$(stat_of tool arenas)" "$(echo "$values" | grep -c '/chunks ')" \
		"arenas in JSON"
}

test_version()
{
	has "$(kspan version)" "^version $(cat /sys/module/kspan/version)\$"
	json version
	is 67 "$(value nr_classes)" nr_classes
	is 67108864 "$(value arena_bytes)" arena_bytes
}

test_create_and_destroy()
{
	is "" "$(kspan create --limit 2M made)" output
	is 2097152 "$(stat_of made limit_bytes)" limit_bytes
	fails 1 kspan create made
	has "$output" "exists already"
	is "" "$(kspan destroy made)" output
	fails 1 kspan destroy made
	has "$output" "no heap named 'made'"
	json create --node 0 --zero-on-destroy made
	is made "$(value heap)" heap
	has "$(kspan heaps)" '^made .* node,zero_on_destroy  *user'
	json destroy made
	fails 1 kspan create --node 1000 made
	fails 1 kspan destroy consumer
	has "$output" "in use by the module"
	fails 4 kspan destroy default
	fails 2 kspan create ..
}

test_limit()
{
	is "limit_bytes 1048576 previous_limit_bytes none" \
		"$(kspan limit tool 1M | xargs)" output
	is 1048576 "$(stat_of tool limit_bytes)" limit_bytes
	json limit tool none
	is 1048576 "$(value previous_limit_bytes)" previous_limit_bytes
	is 0 "$(stat_of tool limit_bytes)" limit_bytes
	fails 2 kspan limit tool 1X
}

test_drain_and_scavenge()
{
	kspan create spare
	"$USER/objects" leave spare 8192 300 >/dev/null
	is "" "$(kspan drain spare)" output
	is 0 "$(stat_of spare cached_bytes)" cached_bytes
	held=$(stat_of spare backing_bytes)
	is "released_bytes $held" "$(kspan scavenge spare)" output
	json scavenge spare
	is 0 "$(value released_bytes)" released_bytes
	json drain spare
	kspan destroy spare
}

test_unknown_heaps_are_failures()
{
	for command in stat classes spans arenas scavenge drain destroy; do
		fails 1 kspan "$command" nosuch
		is "kspan: no heap named 'nosuch'" "$output"
	done
}

test_wrong_usage()
{
	fails 2 kspan
	fails 2 kspan nonsense
	fails 2 kspan stat --nonsense
	fails 2 kspan classes
	fails 2 kspan create a/b
}

test_nobody_may_open_the_device()
{
	for command in heaps stat "classes tool" "drain tool" version; do
		# shellcheck disable=SC2086
		fails 4 "$USER/without" root kspan $command
		has "$output" "only root may open it"
	done
}

test_without_cap_sys_admin_one_may_look()
{
	for command in heaps stat "classes tool" "spans tool" "arenas tool" \
		version; do
		# shellcheck disable=SC2086
		"$USER/without" admin kspan $command >/dev/null
	done
	for command in "scavenge tool" "drain tool" "limit tool 1M" \
		"create other" "destroy tool"; do
		# shellcheck disable=SC2086
		fails 4 "$USER/without" admin kspan $command
		has "$output" "needs CAP_SYS_ADMIN"
	done
	is 300 "$(stat_of tool live_objects)" live_objects
}

test_without_the_module()
{
	let_go "$holder"
	kspan destroy tool
	rmmod kspan_consumer
	rmmod kspan
	for command in heaps stat "classes tool" "spans tool" "arenas tool" \
		"scavenge tool" "drain tool" "limit tool 1M" "create tool" \
		"destroy tool" version; do
		# shellcheck disable=SC2086
		fails 3 kspan $command
		is "kspan: /dev/kspan: the kspan module is not loaded (modprobe kspan)" \
			"$output"
	done
	load kspan
}

holding tool 1000 300 || exit 1
holder=$!
# a holder for all tests, not for the first
rm -f /tmp/ktap.pids
ktap_run heaps stat classes spans arenas version create_and_destroy limit \
	drain_and_scavenge unknown_heaps_are_failures wrong_usage \
	nobody_may_open_the_device without_cap_sys_admin_one_may_look \
	without_the_module
