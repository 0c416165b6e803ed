#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A real-time task that never sleeps keeps all others from its CPU, those that
# empty its caches among them. Needs four CPUs, of which the last is isolated.
# Tests are called by their names.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/ktap.sh"

BUSY=2
GOING=1
ISOLATED=3
LOAD=$DEBUGFS/../kspan_load
TRACING=/sys/kernel/tracing
MB=1048576

now()
{
	awk '{ print int($1) }' /proc/uptime
}

# within SECONDS COMMAND...: it ends in time, in whatever way
within()
{
	limit=$1
	shift
	"$@" &
	echo $! >>/tmp/ktap.pids
	begun=$(now)
	while kill -0 $! 2>/dev/null; do
		[ $(($(now) - begun)) -le "$limit" ] ||
			fail "it takes more than $limit s: $*"
		usleep 100000
	done
	wait $!
}

# cached_on CPU HEAP: objects freed there, which stay in its cache
cached_on()
{
	cached_on=$1
	: >/tmp/holding
	in_background taskset $((1 << cached_on)) "$USER/objects" hold "$2" 256 \
		200 >/tmp/holding
	while ! grep -q ready /tmp/holding; do
		kill -0 $! || fail "nobody holds objects"
		usleep 10000
	done
	let_go $!
	while [ "$(stat_of "$2" live_objects)" -gt 0 ]; do
		usleep 10000
	done
	[ "$(of_cpu "$2" "$cached_on")" -gt 0 ]
}

# of_cpu HEAP CPU: objects it caches
of_cpu()
{
	awk -v cpu="$2" '
		NR > 1 && $1 == cpu { sum += $4 }
		END { print sum + 0 }' "$HEAPS/$1/percpu"
}

# From now on nothing else runs on the CPU, until let_go $busy.
keep_busy()
{
	: >/tmp/busy
	in_background "$USER/busy" "$BUSY" >/tmp/busy
	busy=$!
	while ! grep -q ready /tmp/busy; do
		kill -0 "$busy" || fail "nobody is busy"
		usleep 10000
	done
	# so that it has become what it is
	usleep 200000
}

begin()
{
	! loaded kspan_load || rmmod kspan_load
	kspan destroy stuck 2>/dev/null || true
	kspan create stuck
	cached_on "$BUSY" stuck
	keep_busy
}

end()
{
	let_go "$busy"
	# what was asked for in the meantime is done now
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ "$(of_cpu stuck "$BUSY")" -ne 0 ] || break
		sleep 1
	done
	is 0 "$(of_cpu stuck "$BUSY")" "objects cached on CPU $BUSY"
	verify stuck
	kspan destroy stuck
}

test_memory_of_other_heaps_goes_back()
{
	begin
	load kspan_load
	taskset 1 sh -c "echo fill 32 1000 60000 >$LOAD/command"
	taskset 1 sh -c "echo drop >$LOAD/command"
	[ "$(stat_of load backing_bytes)" -ge $((32 * MB)) ]
	# ten seconds, where the host leaves the guest its CPUs
	for _ in $(seq 30); do
		[ "$(stat_of load backing_bytes)" -gt "$MB" ] || break
		sleep 1
	done
	echo "$(stat_of load backing_bytes) bytes are left"
	at_most "$MB" "$(stat_of load backing_bytes)" backing_bytes
	[ "$(of_cpu stuck "$BUSY")" -gt 0 ]
	within 10 rmmod kspan_load
	end
}

test_limits_hold()
{
	begin
	load kspan_load
	taskset 1 sh -c "echo fill 32 1000 60000 >$LOAD/command"
	taskset 1 sh -c "echo drop >$LOAD/command"
	echo 4M >"$HEAPS/load/soft_limit"
	sleep 3
	at_most $((4 * MB)) "$(stat_of load backing_bytes)" backing_bytes
	within 10 rmmod kspan_load
	end
}

test_a_drain_ends()
{
	begin
	drained=0
	within 10 kspan drain stuck || drained=$?
	is 1 "$drained" "exit status"
	# all others have done it
	cached=$(of_cpu stuck "$BUSY")
	[ "$cached" -gt 0 ]
	is $((cached * 256)) "$(stat_of stuck cached_bytes)" cached_bytes
	end
}

test_a_drain_can_be_killed()
{
	begin
	kspan drain stuck &
	sleep 1
	kill -0 $! || fail "it has not waited"
	kill -9 $!
	usleep 500000
	! kill -0 $! 2>/dev/null || fail "it lives"
	end
}

test_other_cpus_come_and_go()
{
	begin
	cached_on "$GOING" stuck
	cpu=/sys/devices/system/cpu/cpu$GOING
	in_background kspan drain stuck
	within 10 sh -c "echo 0 >$cpu/online"
	is 0 "$(of_cpu stuck "$GOING")" "objects cached on CPU $GOING"
	within 10 sh -c "echo 1 >$cpu/online"
	end
}

# Also when its CPU has been asked for something.
test_a_heap_can_be_destroyed()
{
	begin
	drained=0
	within 10 kspan drain stuck || drained=$?
	is 1 "$drained" "exit status"
	within 10 kspan destroy stuck
	[ ! -e "$HEAPS/stuck" ]
	let_go "$busy"
}

test_the_module_goes()
{
	begin
	in_background kspan drain stuck
	sleep 1
	kill -9 $!
	wait $! || true
	within 20 rmmod kspan
	let_go "$busy"
	load kspan
	is 0 "$(stat_of default bad_frees_total)" bad_frees_total
}

# drains_of CPU: work items that empty its caches
drains_of()
{
	grep -c "function=drain_this_cpu.* cpu=$1\$" "$TRACING/trace" || true
}

# An idle CPU that has nothing is not woken, and one that has something once.
test_pressure_wakes_only_whom_it_must()
{
	[ -e "$TRACING/events/workqueue/workqueue_queue_work" ] ||
		skip "no tracepoint"
	kspan create pressed
	cached_on 0 pressed
	echo >"$TRACING/trace"
	echo 1 >"$TRACING/events/workqueue/workqueue_queue_work/enable"
	for _ in 1 2 3 4 5 6; do
		echo 2 >/proc/sys/vm/drop_caches
		usleep 400000
	done
	is 0 "$(of_cpu pressed 0)" "objects cached on CPU 0"
	is 0 "$(drains_of "$ISOLATED")" "drains of CPU $ISOLATED"
	[ "$(drains_of 0)" -gt 0 ]
	cached_on "$ISOLATED" pressed
	for _ in 1 2 3 4 5 6; do
		echo 2 >/proc/sys/vm/drop_caches
		kspan drain pressed
		usleep 400000
	done
	echo 0 >"$TRACING/events/workqueue/workqueue_queue_work/enable"
	is 1 "$(drains_of "$ISOLATED")" "drains of CPU $ISOLATED"
	is 0 "$(of_cpu pressed "$ISOLATED")" "objects cached on CPU $ISOLATED"
	kspan destroy pressed
}

[ -e /sys/devices/system/cpu/cpu$ISOLATED ] || {
	echo "TAP version 13"
	echo "1..0 # SKIP fewer than four CPUs"
	exit "$EXIT_SKIP"
}
[ -e /sys/module/kspan ] || insmod /lib/kspan/kspan.ko || exit 1
# no task of another class has a share of the CPU
echo -1 >/proc/sys/kernel/sched_rt_runtime_us
server=/sys/kernel/debug/sched/fair_server/cpu$BUSY/runtime
[ ! -e "$server" ] || echo 0 >"$server"
ktap_run memory_of_other_heaps_goes_back limits_hold a_drain_ends \
	a_drain_can_be_killed other_cpus_come_and_go \
	a_heap_can_be_destroyed the_module_goes \
	pressure_wakes_only_whom_it_must
