#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# All selftests of one boot, as KTAP with subtests. kspan may be loaded or not.
# Arguments name the tests to run, for instance "load debugfs", or after "not" those to
# leave out.
cd "$(dirname "$0")" || exit 1

all="compat request heap limit list object privilege race blocked debugfs slabinfo trace \
fault memcg cpus poison consumer typed leaver badfree rcu bump sample_lru sample_ring \
sample_rcuhash sample_tree gc gc_seen leaks tool record replay load"
[ $# -gt 0 ] || eval "set -- $all"
if [ "$1" = not ]; then
	without=$*
	set --
	for name in $all; do
		case " $without " in
		*" $name "*)	;;
		*)		set -- "$@" "$name" ;;
		esac
	done
fi

# A kernel may be without 32-bit system calls: then it cannot be executed.
compat()
{
	./ioctl/compat >/tmp/compat.ktap 2>/dev/null
	compat_status=$?
	if [ -s /tmp/compat.ktap ]; then
		cat /tmp/compat.ktap
		return $compat_status
	fi
	echo "TAP version 13"
	echo "1..0 # SKIP no 32-bit programs on this kernel"
	return 4
}

# run_at_rest COMMAND...: of heaps that the scavenger leaves alone
run_at_rest()
{
	echo 0 >/sys/module/kspan/parameters/background
	"$@"
	rest_status=$?
	echo 1 >/sys/module/kspan/parameters/background
	return $rest_status
}

run()
{
	case $1 in
	compat)	run_at_rest compat ;;
	request|heap|limit|list|object|privilege|race|blocked)
		run_at_rest ./ioctl/ioctl_test "$1" ;;
	slabinfo) run_at_rest "./$1.sh" ;;
	*)	"./$1.sh" ;;
	esac
}

[ "$(id -u)" -eq 0 ] || {
	echo "TAP version 13"
	echo "1..0 # SKIP not root"
	exit 4
}
[ -e /sys/module/kspan ] || insmod /lib/kspan/kspan.ko || exit 1

# A heap that a module has made, for those who ask.
insmod consumer/kspan_consumer.ko objects=10 || exit 1
export MODULE_HEAP=consumer

echo "TAP version 13"
echo "1..$#"
number=0
failed=0
for name; do
	number=$((number + 1))
	# those that load modules themselves
	case $name in
	load|consumer|kmemleak)
		rmmod kspan_consumer 2>/dev/null ;;
	*)
		[ -e /sys/module/kspan_consumer ] ||
			insmod consumer/kspan_consumer.ko objects=10 ;;
	esac
	{
		run "$name"
		echo $? >/tmp/run.status
	} | while IFS= read -r line; do
		echo "    $line"
	done
	status=$(cat /tmp/run.status)
	case $status in
	0)	echo "ok $number $name" ;;
	4)	echo "ok $number $name # SKIP" ;;
	*)	echo "not ok $number $name"
		failed=$((failed + 1)) ;;
	esac
done
[ "$failed" -eq 0 ]
