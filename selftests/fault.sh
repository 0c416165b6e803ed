#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The file "fail": no memory, wherever kspan asks the kernel for it.
# Tests are called by their names.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/ktap.sh"

FAIL=$DEBUGFS/fail
EXIT_CANNOT=1

growth="block chunk leaf leaf_table span large_span array huge huge_area"
creation="heap heap_cpus heap_nodes heap_central heap_rows heap_id"
typed="cache cache_central cache_cpus cache_depots cache_rows cache_idle prefill"
collected="gc gc_type gc_root gc_note gc_grey"
others="map file handle handle_index handle_copy mempool rcu_page bump list verify \
range census"
states="once always"
nsites=$(echo "$growth $creation $typed $collected $others" | wc -w)

# column SITE N
column()
{
	awk -v site="$1" -v n="$2" '$1 == site { print $n }' "$FAIL"
}

# set_fault SITE STATE
set_fault()
{
	echo "$1 $2" >"$FAIL"
}

# has_failed SITE: and is over
has_failed()
{
	count=$(column "$1" 4)
	[ "$count" -gt 0 ] || fail "$1 was not passed"
	set_fault "$1" off
}

# A few objects of each kind: small ones, large ones, huge ones.
workload()
{
	for bytes in 100 32768 1000000 5000000; do
		# who is refused, ends
		"$USER/objects" leave "$1" "$bytes" 20 >/dev/null 2>/tmp/refused ||
			has "$(cat /tmp/refused)" "Cannot allocate memory"
	done
}

empty_again()
{
	echo 1 >"$HEAPS/$1/drain"
	echo all >"$HEAPS/$1/scavenge"
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ "$(stat_of "$1" backing_bytes)" -gt 0 ] || break
		usleep 100000
	done
	is 0 "$(stat_of "$1" backing_bytes)" backing_bytes
	is 0 "$(stat_of "$1" live_objects)" live_objects
	verify "$1"
}

test_the_file_lists_every_site()
{
	is "600 0 0" "$(stat -c '%a %u %g' "$FAIL")" mode
	is "site state passed_total failed_total" "$(head -n 1 "$FAIL")" header
	is 0 "$(awk 'NR > 1 && (NF != 4 || $2 != "off")' "$FAIL" | wc -l)" \
		"odd lines"
	for site in $growth $creation $typed $collected $others; do
		is 1 "$(grep -c "^$site " "$FAIL")" "$site"
	done
	is $((nsites + 1)) "$(wc -l <"$FAIL")" lines
}

test_states()
{
	for state in once always 7 1000 off; do
		set_fault span "$state"
		is "$state" "$(column span 2)" state
	done
	set_fault span 1
	is always "$(column span 2)" state
	set_fault all 5
	is "$nsites" "$(awk '$2 == 5' "$FAIL" | wc -l)" sites
	set_fault all off
	is "$nsites" "$(awk '$2 == "off"' "$FAIL" | wc -l)" sites
}

test_garbage_is_refused()
{
	for text in "" span "span x" "span 0" "span -1" "span 1x" "x once" \
		"span once more" "span 99999999999" \
		"all 0123456789012345678901234567890123456789012345"; do
		fails 1 sh -c "echo '$text' >$FAIL"
	done
	is off "$(column span 2)" state
}

test_growth_without_memory()
{
	kspan create starved
	for site in $growth; do
		for state in $states; do
			echo "$site $state"
			set_fault "$site" "$state"
			workload starved
			has_failed "$site"
			verify starved
			"$USER/objects" leave starved 100 1000
			"$USER/objects" leave starved 5000000 3
			empty_again starved
		done
	done
	kspan destroy starved
}

test_heaps_without_memory()
{
	for site in $creation; do
		echo "$site"
		set_fault "$site" always
		fails "$EXIT_CANNOT" kspan create starved
		has "$output" "Cannot allocate memory"
		set_fault "$site" once
		fails "$EXIT_CANNOT" kspan create starved
		kspan create starved
		has_failed "$site"
		workload starved
		empty_again starved
		kspan destroy starved
	done
}

test_user_space_without_memory()
{
	kspan create starved
	for site in file handle handle_index; do
		echo "$site"
		set_fault "$site" always
		fails 1 "$USER/objects" leave starved 100 10
		has "$output" "Cannot allocate memory"
		has_failed "$site"
		is 0 "$(stat_of starved live_objects)" live_objects
		"$USER/objects" leave starved 100 10
		is 0 "$(stat_of starved live_objects)" live_objects
	done
	echo handle_copy
	for state in once always; do
		set_fault handle_copy $state
		fails 1 "$USER/objects" copy starved 100 1
		has "$output" "Cannot allocate memory"
		has_failed handle_copy
		is 0 "$(stat_of starved live_objects)" live_objects
		"$USER/objects" copy starved 100 1
	done
	set_fault list always
	fails 1 cat "$HEAPS/starved/arenas"
	has "$output" "Cannot allocate memory"
	fails "$EXIT_CANNOT" kspan arenas starved
	has_failed list
	set_fault verify once
	fails 1 cat "$HEAPS/starved/verify"
	has_failed verify
	kspan arenas starved
	empty_again starved
	kspan destroy starved
}

(ktap_run the_file_lists_every_site states garbage_is_refused \
	growth_without_memory heaps_without_memory user_space_without_memory)
status=$?
echo "all off" >"$FAIL"
exit $status
