#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# kspan record on a kernel's own tracing, and what comes of it in a replay.
# Tests are called by their names.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/ktap.sh"

tracefs=/sys/kernel/tracing
cpu1=/sys/devices/system/cpu/cpu1/online

# recorded NAME: of /tmp/json
recorded()
{
	awk -f "$HERE/json.awk" /tmp/json | sed -n "s|^$1 ||p"
}

# Some allocations, in what runs it.
work()
{
	cat >/tmp/work <<-'END'
	#!/bin/sh
	[ -z "$BEFORE" ] || eval "$BEFORE"
	for i in 1 2 3 4 5 6 7 8 9 10; do
		$ON ls -R /proc/self >/dev/null
	done
	[ -z "$AFTER" ] || eval "$AFTER"
	END
	chmod +x /tmp/work
}

test_a_trace()
{
	kspan record --json /tmp/trace -- /tmp/work >/tmp/json
	[ "$(recorded events)" -gt 100 ]
	is 0 "$(recorded lost_events)" "lost events"
	is /tmp/trace "$(recorded file)" file
	[ ! -e $tracefs/instances/kspan_record ]
	is "" "$(ls /tmp/trace.* 2>/dev/null)" "other files"
}

two_cpus()
{
	[ -e $cpu1 ] || skip "one CPU, or none that goes offline"
}

test_a_cpu_is_offline()
{
	two_cpus
	echo 0 >$cpu1
	kspan record --json /tmp/trace -- /tmp/work >/tmp/json
	echo 1 >$cpu1
	[ "$(recorded events)" -gt 100 ]
}

test_a_cpu_goes()
{
	two_cpus
	ON="taskset 2" AFTER="echo 0 >$cpu1" \
		kspan record --json /tmp/trace -- /tmp/work >/tmp/json
	echo 1 >$cpu1
	is 2 "$(recorded cpus)" CPUs
}

test_a_cpu_comes()
{
	two_cpus
	echo 0 >$cpu1
	ON="taskset 2" BEFORE="echo 1 >$cpu1; sleep 1" \
		kspan record --json /tmp/trace -- /tmp/work >/tmp/json
	is 2 "$(recorded cpus)" CPUs
}

test_it_ends_when_its_command_does_not()
{
	start=$(date +%s)
	kspan record --json --seconds 1 /tmp/trace -- \
		sh -c 'trap "" TERM; while :; do sleep 1; done' >/tmp/json
	at_most 8 $(($(date +%s) - start)) seconds
	[ "$(recorded events)" -gt 0 ]
	# the same by a signal
	in_background kspan record /tmp/signalled -- \
		sh -c 'trap "" TERM; while :; do sleep 1; done' >/dev/null
	recorder=$!
	sleep 2
	kill -INT $recorder
	wait $recorder
	[ -s /tmp/signalled ]
}

test_a_command_that_fails()
{
	rm -f /tmp/trace
	fails 1 kspan record /tmp/trace -- sh -c 'kill -SEGV $$'
	has "$output" "^kspan: sh was killed by signal 11"
	[ -s /tmp/trace ]
	rm -f /tmp/trace
	fails 1 kspan record /tmp/trace -- sh -c 'exit 3'
	has "$output" "^kspan: sh ended with status 3"
	[ -s /tmp/trace ]
}

test_a_command_that_is_not_found()
{
	kspan record /tmp/trace -- true >/dev/null
	cp /tmp/trace /tmp/before
	fails 1 kspan record /tmp/trace -- /nonexistent
	is "kspan: cannot run /nonexistent: No such file or directory" "$output"
	cmp /tmp/trace /tmp/before
}

test_names_that_are_not_utf8()
{
	name=$(printf '/tmp/a\377"b')
	kspan record --json "$name" -- true >/tmp/json
	is '/tmp/a\\xff\"b' "$(sed -n 's/.*"file": *"\(.*\)",$/\1/p' /tmp/json)"
	[ -s "$name" ]
	rm "$name"
}

test_a_part_is_replayed()
{
	load kspan_bench
	kspan record /tmp/trace -- /tmp/work >/dev/null
	kspan replay --json --repeat 2 /tmp/trace >/tmp/json
	all=$(recorded trace/allocs)
	is false "$(recorded is_part)" "a part"
	[ "$(recorded caches)" -gt 3 ]
	has "$(recorded backends/kmalloc/kspan_beside_it/text)" \
		'^Compared with kmalloc, kspan would hold '
	# What came from a cache is in a typed one of that size.
	kspan replay --repeat 0 --backend kspan --only kmem_cache --keep \
		/tmp/trace >/dev/null
	has "$(kspan classes replay)" "trace-[0-9]"
	verify replay
	kspan replay --drop
	# All is of kmalloc or of caches.
	kspan replay --json --repeat 0 --only kmalloc /tmp/trace >/tmp/json
	kmalloc=$(recorded trace/allocs)
	is "$kmalloc" "$(recorded trace/kmalloc_allocs)" "objects of kmalloc"
	is 0 "$(recorded caches)" caches
	kspan replay --json --repeat 0 --only kmem_cache /tmp/trace >/tmp/json
	is "$all" $((kmalloc + $(recorded trace/allocs))) "all objects"
	# Every process has a name, each function a module.
	kspan replay --json --repeat 0 --process ls /tmp/trace >/tmp/json
	[ "$(recorded trace/allocs)" -gt 0 ]
	kspan replay --json --repeat 0 --caller '*alloc*' --module vmlinux \
		/tmp/trace >/tmp/json
	[ "$(recorded trace/allocs)" -gt 0 ]
	[ "$(recorded trace/allocs)" -lt "$all" ]
	kspan replay --json --repeat 0 --size 100-200 /tmp/trace >/tmp/json
	[ "$(recorded trace/allocs)" -lt "$all" ]
	fails 1 kspan replay --caller nobody /tmp/trace
	has "$output" "nothing in the trace is of that kind"
	rmmod kspan_bench
}

test_progress_is_told()
{
	load kspan_bench
	kspan record /tmp/trace -- /tmp/work >/dev/null
	kspan replay --repeat 300 --speed /tmp/trace 2>/tmp/progress >/dev/null
	has "$(cat /tmp/progress)" '^kspan: replay [0-9]* of 900, on '
	rmmod kspan_bench
}

[ -d $tracefs/instances ] || {
	echo "TAP version 13"
	echo "1..0 # SKIP no tracefs in this kernel"
	exit $EXIT_SKIP
}
work
ktap_run a_trace a_cpu_is_offline a_cpu_goes a_cpu_comes \
	it_ends_when_its_command_does_not a_command_that_fails \
	a_command_that_is_not_found names_that_are_not_utf8 \
	a_part_is_replayed progress_is_told
