# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Runs the functions test_NAME for each NAME and prints KTAP. Sourced.
#
# A test is a function that runs under "set -e" in a subshell: the first
# command that fails, fails it. What it prints is shown as diagnostics.

EXIT_SKIP=4
DEBUGFS=/sys/kernel/debug/kspan
HEAPS=$DEBUGFS/heaps
HERE=$(dirname "$0")
USER=$HERE/user

# ktap_run NAME...: all tests, and the script's end
ktap_run()
{
	echo "TAP version 13"
	echo "1..$#"
	rm -f /tmp/ktap.modules
	ktap_number=0
	ktap_failed=0
	for ktap_name; do
		ktap_number=$((ktap_number + 1))
		# not in a condition, which would switch "set -e" off
		(set -e; trap ktap_end EXIT; "test_$ktap_name") \
			>/tmp/ktap.out 2>&1
		ktap_report $? "$ktap_number" "$ktap_name"
	done
	[ "$ktap_failed" -eq 0 ] || exit 1
	exit 0
}

# What a test has left running is ended with it, and the modules that a failed one
# has loaded go, lest those after it fail of them.
ktap_end()
{
	ktap_status=$?
	# shellcheck disable=SC2046
	kill -9 $(cat /tmp/ktap.pids 2>/dev/null) 2>/dev/null || true
	if [ "$ktap_status" -ne 0 ] && [ -e /tmp/ktap.modules ]; then
		while read -r ktap_module; do
			! loaded "$ktap_module" || rmmod "$ktap_module" || true
		done </tmp/ktap.modules
	fi
	rm -f /tmp/ktap.pids /tmp/ktap.modules
}

# ktap_report STATUS NUMBER NAME
ktap_report()
{
	sed 's/^/# /' /tmp/ktap.out
	case $1 in
	0)	echo "ok $2 $3" ;;
	"$EXIT_SKIP")
		echo "ok $2 $3 # SKIP $(tail -n 1 /tmp/ktap.out)" ;;
	*)	echo "not ok $2 $3"
		ktap_failed=$((ktap_failed + 1)) ;;
	esac
}

skip()
{
	echo "$*"
	exit "$EXIT_SKIP"
}

fail()
{
	echo "$*"
	exit 1
}

# is EXPECTED FOUND [WHAT]
is()
{
	[ "$1" = "$2" ] || fail "${3:-value} is '$2', should be '$1'"
}

# at_most LIMIT FOUND [WHAT]
at_most()
{
	[ "$2" -le "$1" ] || fail "${3:-value} is $2, should be at most $1"
}

# has TEXT PATTERN: some line of TEXT matches
has()
{
	echo "$1" | grep -q -e "$2" || {
		echo "$1"
		fail "nothing matches '$2'"
	}
}

# fails STATUS COMMAND...: what it prints goes to $output
fails()
{
	ktap_expected=$1
	shift
	ktap_status=0
	output=$("$@" 2>&1) || ktap_status=$?
	[ "$ktap_status" -eq "$ktap_expected" ] || {
		echo "$output"
		fail "exit status $ktap_status, should be $ktap_expected: $*"
	}
}

# The kernel will complain, and is meant to.
expect_report()
{
	echo "kspan-test: expect-report $1" >/dev/kmsg
}

# in_background COMMAND...: ended with the test; its process is $!
in_background()
{
	"$@" &
	echo $! >>/tmp/ktap.pids
}

# holding HEAP BYTES COUNT: somebody holds so many objects; its process is $!
holding()
{
	: >/tmp/holding
	in_background "$USER/objects" hold "$@" >/tmp/holding
	while ! grep -q ready /tmp/holding; do
		kill -0 $! || fail "nobody holds objects"
		usleep 10000
	done
}

# let_go PID
let_go()
{
	kill "$1"
	wait "$1" 2>/dev/null || true
}

# stat_of HEAP KEY
stat_of()
{
	awk -v key="$2" '$1 == key { print $2 }' "$HEAPS/$1/stats"
}

loaded()
{
	[ -e "/sys/module/$1" ]
}

# load MODULE [PARAMETER=VALUE...]: kspan, or one of the test modules
load()
{
	ktap_module=$(find "$HERE" /lib/kspan -name "$1.ko" | head -n 1)
	[ "$1" = kspan ] || echo "$1" >>/tmp/ktap.modules
	shift
	insmod "$ktap_module" "$@"
}

# A debugfs file of a heap: its last line is "verify ok".
verify()
{
	ktap_verify=$(cat "$HEAPS/$1/verify")
	[ "$(echo "$ktap_verify" | tail -n 1)" = "verify ok" ] && return
	echo "$ktap_verify" | grep -v ' ok$'
	fail "heap $1 does not verify"
}
