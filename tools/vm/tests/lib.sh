# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Test cases of a filter: what it makes of its input. Prints KTAP.

set -u
cd "$(dirname "$0")/.." || exit
results=()
nfailed=0

# filters NAME COMMAND EXPECTED: its input is on stdin
filters()
{
	local name=$1 command=$2 expected=$3 got n

	got=$("$command" 2>&1)
	n=$((${#results[@]} + 1))
	if [[ $got == "$expected" ]]; then
		results+=("ok $n $name")
		return
	fi
	((nfailed++))
	results+=("$(diff <(echo "$expected") <(echo "$got") | sed 's/^/# /')
not ok $n $name")
}

end_of_tests()
{
	echo "KTAP version 1"
	echo "1..${#results[@]}"
	printf '%s\n' "${results[@]}"
	((nfailed == 0))
}
