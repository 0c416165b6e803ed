# SPDX-License-Identifier: GPL-2.0
# What the tests share: $KSPAN_BIN has the tool over the fake device.

bats_require_minimum_version 1.5.0

setup() {
	export LC_ALL=C KSPAN_FAKE_LOG="$BATS_TEST_TMPDIR/log"
	: >"$KSPAN_FAKE_LOG"
}

# kspan MODE STATUS ARGUMENT...: runs the tool, whose exit code must be STATUS;
# leaves $output, $lines and $stderr.
kspan() {
	local mode=$1 status_expected=$2

	shift 2
	export KSPAN_FAKE=$mode
	run --separate-stderr "$KSPAN_BIN/kspan-fake" "$@"
	if [ "$status" -ne "$status_expected" ]; then
		echo "exit code $status, not $status_expected"
		echo "$output"
		echo "$stderr"
		return 1
	fi
	if [ "$status" -eq 0 ] && [ -n "$stderr" ]; then
		echo "unexpected: $stderr"
		return 1
	fi
}

# is EXPECTED ACTUAL
is() {
	[ "$1" = "$2" ] && return
	echo "expected: $1"
	echo "     got: $2"
	return 1
}

# has TEXT PART
has() {
	[[ $1 == *"$2"* ]] && return
	echo "no '$2' in: $1"
	return 1
}

# json POINTER EXPECTED: of $output
json() {
	is "$2" "$("$KSPAN_BIN/jsonq" "$1" <<<"$output")"
}

# sent LINE...: the changing requests that reached the device
sent() {
	is "$(printf '%s\n' "$@")" "$(cat "$KSPAN_FAKE_LOG")"
}
