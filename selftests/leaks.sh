#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Live objects that nothing leads to: those that the module kspan_forgetful forgets.
# Tests are called by their names.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/ktap.sh"

keep=/sys/module/kspan_forgetful/parameters/keep

# leaks OPTION...: what the tool tells goes to /tmp/leaks
leaks()
{
	kspan leaks --unreachable --interval 10 "$@" forgetful >/tmp/leaks
}

# count: objects, as the tool's first line has them
count()
{
	awk 'NR == 1 { print $3 }' /tmp/leaks
}

test_what_is_forgotten_is_told()
{
	load kspan_forgetful nodes=100
	leaks
	is 0 "$(count)" objects
	echo 70 >"$keep"
	leaks --each
	cat /tmp/leaks
	is 60 "$(count)" objects
	# 16 bytes and 64: of nodes only the first is not led to by another
	is "16 30 480 1" "$(awk '$3 == 16 && NF == 8 && $8 == "unknown" {
		print $3, $4, $5, $6 }' /tmp/leaks)" nodes
	is "64 30 1920 0" "$(awk '$3 == 64 && NF == 8 && $8 == "unknown" {
		print $3, $4, $5, $6 }' /tmp/leaks)" names
	is 59 "$(grep -c ' yes$' /tmp/leaks)" led
	echo 0 >"$keep"
	leaks
	is 200 "$(count)" objects
	leaks --json --each
	awk -f "$HERE/json.awk" /tmp/leaks >/dev/null || fail "not JSON"
	is 200 "$(stat_of forgetful live_objects)" live_objects
	verify forgetful
	rmmod kspan_forgetful
}

test_the_data_of_a_module_is_looked_at_if_asked()
{
	load kspan_forgetful nodes=50 rooted=0
	status=0
	leaks 2>/tmp/error || status=$?
	is 1 "$status" status
	has "$(cat /tmp/error)" "try --module-data"
	leaks --module-data
	is 0 "$(count)" objects
	echo 20 >"$keep"
	leaks --module-data
	is 60 "$(count)" objects
	leaks --other-heaps
	is 100 "$(count)" objects
	rmmod kspan_forgetful
}

test_the_file()
{
	load kspan_forgetful nodes=50
	echo 40 >"$keep"
	cat "$HEAPS/forgetful/unreachable" >/tmp/leaks
	cat /tmp/leaks
	is "class size_bytes unreachable_objects unreachable_bytes" \
		"$(head -n 1 /tmp/leaks)" header
	is "16 10 160 64 10 640" "$(awk 'NR > 1 {
		printf "%s%s %s %s", sep, $2, $3, $4; sep = " " }' \
		/tmp/leaks)" classes
	rmmod kspan_forgetful
}

test_memory_may_fail()
{
	load kspan_forgetful nodes=50
	echo 40 >"$keep"
	for site in census list; do
		echo "$site always" >"$DEBUGFS/fail"
		fails 1 kspan leaks --unreachable --interval 10 forgetful
		has "$output" "Cannot allocate memory"
		echo "$site off" >"$DEBUGFS/fail"
		leaks
		is 20 "$(count)" objects
	done
	rmmod kspan_forgetful
	echo "range always" >"$DEBUGFS/fail"
	fails 12 load kspan_forgetful
	echo "range off" >"$DEBUGFS/fail"
	load kspan_forgetful
	rmmod kspan_forgetful
}

ktap_run what_is_forgotten_is_told \
	the_data_of_a_module_is_looked_at_if_asked the_file memory_may_fail
