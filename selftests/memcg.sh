#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A heap that accounts charges the cgroup it was made for, and no other.
# Tests are called by their names.
# shellcheck source-path=SCRIPTDIR disable=SC2317
. "$(dirname "$0")/ktap.sh"

CGROUPS=/tmp/cgroup2
MB=1048576
# What CPUs have charged ahead, and what processes cost.
SLACK=$((2 * MB))

# Runs the rest of its arguments in the cgroup "$0".
# shellcheck disable=SC2016
ENTER='echo $$ >"$0/cgroup.procs" && exec "$@"'

# within CGROUP COMMAND...
within()
{
	group=$CGROUPS/$1
	shift
	sh -c "$ENTER" "$group" "$@"
}

# holding_within CGROUP HEAP BYTES COUNT: as holding
holding_within()
{
	group=$CGROUPS/$1
	shift
	: >/tmp/holding
	in_background sh -c "$ENTER" "$group" "$USER/objects" hold "$@" \
		>/tmp/holding
	while ! grep -q ready /tmp/holding; do
		kill -0 $! || fail "nobody holds objects"
		usleep 10000
	done
}

current()
{
	cat "$CGROUPS/$1/memory.current"
}

# event CGROUP NAME
event()
{
	awk -v name="$2" '$1 == name { print $2 }' "$CGROUPS/$1/memory.events"
}

# near EXPECTED CGROUP: pages that are freed may be uncharged a little later
near()
{
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		found=$(current "$2")
		if [ "$found" -ge $(($1 - SLACK)) ] &&
		   [ "$found" -le $(($1 + SLACK)) ]; then
			return
		fi
		usleep 200000
	done
	fail "memory.current of $2 is $found, should be near $1"
}

give_back()
{
	echo 1 >"$HEAPS/$1/drain"
	echo all >"$HEAPS/$1/scavenge"
	# huge objects are freed by a worker
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ "$(stat_of "$1" backing_bytes)" -gt 0 ] || break
		usleep 100000
	done
	is 0 "$(stat_of "$1" backing_bytes)" backing_bytes
}

# BYTES COUNT: in a heap of "made", by a process of "other"
charged_to_its_cgroup()
{
	within made kspan create acc --account
	made=$(current made)
	other=$(current other)
	holding_within other acc "$1" "$2"
	backing=$(stat_of acc backing_bytes)
	[ "$backing" -ge $(($1 * $2)) ]
	near $((made + backing)) made
	near "$other" other

	let_go $!
	while [ "$(stat_of acc live_objects)" -gt 0 ]; do
		usleep 10000
	done
	give_back acc
	near "$made" made
	kspan destroy acc
}

test_small_objects_are_charged_to_the_heaps_cgroup()
{
	charged_to_its_cgroup 512 40000
}

test_large_objects_are_charged_to_the_heaps_cgroup()
{
	charged_to_its_cgroup 1000000 24
}

test_huge_objects_are_charged_to_the_heaps_cgroup()
{
	charged_to_its_cgroup $((8 * MB)) 3
}

test_destroying_a_heap_uncharges()
{
	within made kspan create acc --account
	made=$(current made)
	holding_within other acc 65536 320
	near $((made + $(stat_of acc backing_bytes))) made
	kspan destroy acc
	near "$made" made
}

test_a_heap_that_does_not_account_charges_nobody()
{
	within made kspan create plain
	made=$(current made)
	other=$(current other)
	holding_within other plain 65536 320
	near "$made" made
	near "$other" other
	kspan destroy plain
}

# A module of the cgroup, whose heap grows in an interrupt and in a worker.
test_growth_in_interrupts_is_charged()
{
	[ -n "$(find "$HERE" -name kspan_charge.ko)" ] || skip "no test module"
	made=$(current made)
	within made insmod "$HERE/charge/kspan_charge.ko"
	backing=$(stat_of charge backing_bytes)
	[ "$backing" -ge $((16 * MB)) ]
	near $((made + backing)) made
	rmmod kspan_charge
	near "$made" made
}

# limited BYTES COUNT: so many objects do not fit
limited()
{
	fails 1 within other "$USER/objects" leave acc "$1" "$2"
	has "$output" "Cannot allocate memory"
	is 0 "$(event made oom)" "oom events"
	is 0 "$(event made oom_kill)" "oom_kill events"
	[ "$(event made max)" -gt 0 ]
	at_most $((8 * MB)) "$(current made)" memory.current
}

test_at_the_limit_there_is_none_and_nobody_is_killed()
{
	within made kspan create acc --account
	echo $((8 * MB)) >"$CGROUPS/made/memory.max"
	limited 512 40000
	limited 65536 1000
	limited $((5 * MB)) 10
	verify acc
	# a higher limit, and it goes on
	echo max >"$CGROUPS/made/memory.max"
	within other "$USER/objects" leave acc 65536 320
	verify acc
	kspan destroy acc
}

# reclaim CGROUP BYTES: the kernel does not count for a cgroup what shrinkers
# give back, and may say that there was nothing
reclaim()
{
	echo "$2" >"$CGROUPS/$1/memory.reclaim" || true
}

# A heap of "made" that holds 45 MB of which nothing is in use.
hold_free_pages()
{
	kspan destroy acc 2>/dev/null || true
	# what goes by itself is none of the cgroup's doing
	echo 0 >/sys/module/kspan/parameters/background
	within made kspan create acc --account
	holding_within other acc 65536 720
	let_go $!
	while [ "$(stat_of acc live_objects)" -gt 0 ]; do
		usleep 10000
	done
	[ "$(stat_of acc backing_bytes)" -ge $((45 * MB)) ]
}

test_reclaim_of_the_cgroup_takes_free_pages()
{
	[ -e "$CGROUPS/made/memory.reclaim" ] || skip "no memory.reclaim"
	hold_free_pages
	before=$(current made)
	reclaim made 30M
	at_most $((16 * MB)) "$(stat_of acc backing_bytes)" backing_bytes
	near $((before - $(stat_of acc released_bytes_total))) made
	verify acc
	kspan destroy acc
	echo 1 >/sys/module/kspan/parameters/background
}

test_free_pages_make_room_in_the_cgroup()
{
	killed=$(event made oom_kill)
	hold_free_pages
	echo $((64 * MB)) >"$CGROUPS/made/memory.max"
	# dd has a buffer of that size, to which it reads
	within made dd if=/dev/zero of=/dev/null bs=40M count=1
	# nor does the heap miss what it had
	within other "$USER/objects" leave acc 65536 720
	echo max >"$CGROUPS/made/memory.max"
	is "$killed" "$(event made oom_kill)" "oom_kill events"
	[ "$(stat_of acc released_pressure_bytes_total)" -gt $((16 * MB)) ]
	verify acc
	kspan destroy acc
	echo 1 >/sys/module/kspan/parameters/background
}

# Who is charged is its parent then.
test_reclaim_of_the_parent_takes_free_pages()
{
	[ -e "$CGROUPS/made/memory.reclaim" ] || skip "no memory.reclaim"
	echo +memory >"$CGROUPS/made/cgroup.subtree_control"
	kspan destroy acc 2>/dev/null || true
	mkdir "$CGROUPS/made/below"
	within made/below kspan create acc --account
	"$USER/objects" leave acc 65536 320
	rmdir "$CGROUPS/made/below"
	reclaim made 10M
	at_most $((12 * MB)) "$(stat_of acc backing_bytes)" backing_bytes
	echo -memory >"$CGROUPS/made/cgroup.subtree_control"
	kspan destroy acc
}

test_a_heap_outlives_its_cgroup()
{
	mkdir "$CGROUPS/short"
	within short kspan create acc --account
	rmdir "$CGROUPS/short"
	"$USER/objects" leave acc 4096 1000
	verify acc
	give_back acc
	kspan destroy acc
}

dying()
{
	awk '$1 == "nr_dying_descendants" { print $2 }' "$CGROUPS/cgroup.stat"
}

# The heap's reference is the last one: with it goes what is left of the cgroup.
test_a_cgroup_goes_with_its_last_heap()
{
	# that of the test before may not have gone yet
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ "$(dying)" -gt 0 ] || break
		usleep 300000
	done
	before=$(dying)
	mkdir "$CGROUPS/short"
	within short kspan create acc --account
	"$USER/objects" leave acc 4096 100
	rmdir "$CGROUPS/short"
	is $((before + 1)) "$(dying)" "cgroups that are dying"
	kspan destroy acc
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		[ "$(dying)" -gt "$before" ] || return 0
		usleep 300000
	done
	fail "the cgroup is still dying"
}

ktap_all="small_objects_are_charged_to_the_heaps_cgroup \
large_objects_are_charged_to_the_heaps_cgroup \
huge_objects_are_charged_to_the_heaps_cgroup destroying_a_heap_uncharges \
a_heap_that_does_not_account_charges_nobody \
growth_in_interrupts_is_charged \
at_the_limit_there_is_none_and_nobody_is_killed \
reclaim_of_the_cgroup_takes_free_pages free_pages_make_room_in_the_cgroup \
reclaim_of_the_parent_takes_free_pages a_heap_outlives_its_cgroup \
a_cgroup_goes_with_its_last_heap"

none()
{
	echo "TAP version 13"
	echo "1..0 # SKIP $*"
	exit "$EXIT_SKIP"
}

mkdir -p $CGROUPS
mount -t cgroup2 none $CGROUPS 2>/dev/null || none "no cgroup2"
if ! grep -qw memory $CGROUPS/cgroup.controllers; then
	umount $CGROUPS
	none "no memory controller"
fi
echo +memory >$CGROUPS/cgroup.subtree_control
mkdir $CGROUPS/made $CGROUPS/other
# shellcheck disable=SC2086
(ktap_run $ktap_all)
status=$?
rmdir $CGROUPS/made $CGROUPS/other
umount $CGROUPS
exit $status
