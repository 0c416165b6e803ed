#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The tracepoints, as tracefs has them.
# Tests are called by their names.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/ktap.sh"

tracefs=/sys/kernel/tracing
events=$tracefs/events/kspan
names="scavenge grow refill flush limit free_bad gc_begin gc_end"

# traced EVENT COMMAND...: what the event tells meanwhile goes to /tmp/lines
traced()
{
	traced_event=$1
	shift
	echo >"$tracefs/trace"
	echo 1 >"$events/$traced_event/enable"
	"$@"
	echo 0 >"$events/$traced_event/enable"
	# "task-pid [cpu] flags time: event: fields"
	sed -n "s/^[^#].*: $traced_event: //p" "$tracefs/trace" >/tmp/lines
	[ -s /tmp/lines ] || fail "$traced_event did not fire"
	head -n 3 /tmp/lines
}

# Each line is whole, and nothing but this.
all_lines_are()
{
	is 0 "$(grep -vc "^$1\$" /tmp/lines)" "odd lines"
}

# sum_of FIELD: over all lines
sum_of()
{
	sed -n "s/.* $1=\([0-9]*\).*/\1/p" /tmp/lines |
		awk '{ n += $1 } END { print n + 0 }'
}

nr_lines()
{
	wc -l </tmp/lines
}

collect_twice()
{
	load sample_tree
	kspan gc --collect sample_tree >/dev/null
	kspan gc --collect sample_tree >/dev/null
}

test_a_collection()
{
	traced gc_end collect_twice
	all_lines_are 'heap=sample_tree marked_bytes=[0-9]* freed_bytes=[0-9]* freed_objects=[0-9]* mark_ns=[0-9]* sweep_ns=[0-9]*'
	is 2 "$(nr_lines)" cycles
	traced gc_begin kspan gc --collect sample_tree
	all_lines_are 'heap=sample_tree live_bytes=[0-9]* forced=1'
	is 1 "$(nr_lines)" cycles
	rmmod sample_tree
}

# The heap traced; a test that failed has left its own.
fresh_heap()
{
	kspan destroy traced 2>/dev/null || true
	kspan create traced
}

test_events_and_their_fields()
{
	for name in $names; do
		[ -e "$events/$name/enable" ] || fail "no event $name"
		has "$(cat "$events/$name/format")" \
			'field:__data_loc char\[\] heap;'
	done
	is 8 "$(find "$events" -name format | wc -l)" events
	for field in 'int node' 'size_t bytes' 'unsigned long gfp_flags'; do
		has "$(cat "$events/grow/format")" "field:$field;"
	done
	for name in refill flush; do
		for field in 'int node' 'unsigned int class' \
			'unsigned int size_bytes' 'unsigned int objects'; do
			has "$(cat "$events/$name/format")" "field:$field;"
		done
	done
}

test_grow()
{
	fresh_heap
	# 8 KB objects, and one in vmalloc memory
	traced grow "$USER/objects" leave traced 8192 600
	all_lines_are 'heap=traced node=[0-9]* bytes=[0-9]* gfp_flags=[A-Z_|]*'
	is "$(stat_of traced grown_bytes_total)" "$(sum_of bytes)" bytes
	traced grow "$USER/objects" leave traced 5000000 1
	has "$(cat /tmp/lines)" \
		'^heap=traced node=-1 bytes=5001216 gfp_flags=[A-Z_|]*$'
	kspan destroy traced
}

test_refill()
{
	fresh_heap
	traced refill "$USER/objects" leave traced 100 5000
	all_lines_are 'heap=traced node=[0-9]* class=9 size_bytes=112 objects=[0-9]*'
	is "$(stat_of traced refills_total)" "$(nr_lines)" refills
	# batches that were not undone, less than one of them left over
	[ "$(sum_of objects)" -ge 5000 ]
	kspan destroy traced
}

leave_and_drain()
{
	"$USER/objects" leave traced 100 5000
	echo 1 >"$HEAPS/traced/drain"
}

test_flush()
{
	fresh_heap
	traced flush leave_and_drain
	all_lines_are 'heap=traced node=[0-9]* class=9 size_bytes=112 objects=[1-9][0-9]*'
	is "$(stat_of traced flushes_total)" "$(nr_lines)" flushes
	kspan destroy traced
}

test_limit()
{
	fresh_heap
	echo 2M >"$HEAPS/traced/limit"
	traced limit fails 1 "$USER/objects" leave traced 8192 1000
	all_lines_are 'heap=traced backing_bytes=[0-9]* limit_bytes=2097152 passed=0'
	is "$(stat_of traced limit_hits_total)" "$(nr_lines)" hits
	kspan destroy traced
}

scavenge_twice()
{
	echo 64K >"$HEAPS/traced/scavenge"
	echo all >"$HEAPS/traced/scavenge"
}

test_scavenge()
{
	# nobody else gives back, while nobody looks
	echo 0 >/sys/module/kspan/parameters/background
	fresh_heap
	leave_and_drain
	traced scavenge scavenge_twice
	grep '^heap=traced ' /tmp/lines >/tmp/ours
	mv /tmp/ours /tmp/lines
	all_lines_are 'heap=traced bytes=[0-9]*'
	is "$(stat_of traced released_bytes_total)" "$(sum_of bytes)" bytes
	kspan destroy traced
	echo 1 >/sys/module/kspan/parameters/background
}

free_what_must_not_be()
{
	expect_report begin
	load kspan_badfree
	expect_report end
}

test_free_bad()
{
	place='[a-zA-Z0-9_.]*+0x[0-9a-f]*\/0x[0-9a-f]*\( \[[a-z_]*\]\)\{0,1\}'
	before=$(stat_of default bad_frees_total)
	traced free_bad free_what_must_not_be 2>/dev/null
	all_lines_are "heap=[a-z]* ptr=[0-9a-f]* mistake=[a-z_]* caller=$place"
	# one for each refusal; what is nobody's counts in the default heap
	is $(($(stat_of badfree bad_frees_total) +
	      $(stat_of default bad_frees_total) - before)) \
		"$(nr_lines)" "refused frees"
	for mistake in foreign interior double_free; do
		has "$(cat /tmp/lines)" "mistake=$mistake "
	done
	# no kernel address; what is an error, not an address, is told as it is
	is 0 "$(grep -v 'ptr=fffffffffffff' /tmp/lines | grep -c 'ptr=ffff')" \
		addresses
	# who called kspan, not what of it found out
	has "$(cat /tmp/lines)" ' caller=.* \[kspan_badfree\]$'
	is 0 "$(grep -c ' \[kspan\]$' /tmp/lines)" "callers in kspan"
	rmmod kspan_badfree
}

test_filters()
{
	fresh_heap
	kspan create other
	echo 'heap == "traced" && objects > 1' >"$events/refill/filter"
	traced refill leave_in_both
	echo 0 >"$events/refill/filter"
	all_lines_are 'heap=traced .*'
	kspan destroy traced
	kspan destroy other
}

leave_in_both()
{
	"$USER/objects" leave other 100 1000
	"$USER/objects" leave traced 100 1000
}

test_off_is_off()
{
	fresh_heap
	echo >"$tracefs/trace"
	leave_and_drain
	echo all >"$HEAPS/traced/scavenge"
	is 0 "$(grep -c 'heap=' "$tracefs/trace")" lines
	kspan destroy traced
}

[ -d "$events" ] || {
	echo "TAP version 13"
	echo "1..0 # SKIP no tracefs in this kernel"
	exit $EXIT_SKIP
}
echo 8192 >"$tracefs/buffer_size_kb"
ktap_run a_collection events_and_their_fields grow refill flush limit scavenge free_bad \
	filters off_is_off
