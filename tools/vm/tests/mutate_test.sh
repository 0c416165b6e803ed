#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# The faults of kmod/tests/mutants fit the source as it is; and tools/vm/mutate.sh
# finds one that does not, has no reason, or is not tested by anybody.
set -uo pipefail
cd "$(dirname "$0")" || exit

mutate=$(realpath ../mutate.sh)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
n=0
status=0

result()
{
	((++n))
	if (($1 == 0)); then
		echo "ok $n $2"
	else
		status=1
		echo "not ok $n $2"
	fi
}

# says NAME OUTPUT HEADER...: of a patch with that header, for a file of one line
says()
{
	local name=$1 what=$2
	shift 2

	printf '%s\n' "$@" '' '--- a/kmod/a.c' '+++ b/kmod/a.c' \
		'@@ -1 +1 @@' "-$line" '+two' \
		>"$dir/tree/kmod/tests/mutants/a.patch"
	"$dir/tree/tools/vm/mutate.sh" check >"$dir/out" 2>&1
	[[ $(head -n 1 "$dir/out") == "$what"* ]]
	result $? "$name"
}

echo "KTAP version 1"
echo "1..5"
output=$("$mutate" check 2>&1)
got=$?
# shellcheck disable=SC2001
((got == 0)) || echo "$output" | sed 's/^/# /'
result $got every_fault_fits

mkdir -p "$dir"/tree/{tools/vm,kmod/tests/mutants}
cp ../*.sh "$dir/tree/tools/vm/"
echo one >"$dir/tree/kmod/a.c"
line=one
says no_reason "a: needs one line of reason" "Suites: kspan_a"
says no_suite "a: names no suite" "Reason: a"
says fits "1 faults, there should be" "Reason: a" "Suites: kspan_a"
line=three
says does_not_fit "a: 1 out of 1 hunk" "Reason: a" "Suites: kspan_a"
exit $status
