#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# make port: what it makes of small modules, and what it refuses. Each folder is a
# module; its expected.txt is the list and the source that come out.
#
#	port_test.sh [accept]	accept writes expected.txt anew
set -uo pipefail
cd "$(dirname "$0")" || exit

port=$(realpath ../port.sh)
cases=(families caches scoped)
n=0
status=0

result()
{
	n=$((n + 1))
	if [[ $1 == 0 ]]; then
		echo "ok $n $2"
	else
		sed 's/^/# /' "$scratch/output"
		echo "not ok $n $2"
		status=1
	fi
}

# moved NAME: list and source
moved()
{
	rm -rf "$scratch/out"
	"$port" "$1" "$scratch/out" >"$scratch/log" 2>&1 || cat "$scratch/log"
	(cd "$scratch/out" && cat kspan-port.txt "$1.c" "$1_kspan.h")
}

# refuses NAME PATTERN COMMAND...: with words that match, and nothing is changed
refuses()
{
	local name=$1 pattern=$2 before
	shift 2

	before=$(cd "$scratch/module" && cat ./*)
	if ! "$@" >"$scratch/output" 2>&1 &&
	   grep -q "$pattern" "$scratch/output" &&
	   [[ $(cd "$scratch/module" && cat ./*) == "$before" ]]; then
		result 0 "$name"
	else
		result 1 "$name"
	fi
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
if [[ ${1-} == accept ]]; then
	for case in "${cases[@]}"; do
		moved "$case" >"$case/expected.txt"
	done
	exit
fi
echo "KTAP version 1"
if ! ../../vm/need.sh coccinelle python3 >"$scratch/log" 2>&1; then
	echo "1..0 # SKIP coccinelle cannot be installed"
	exit 0
fi
echo "1..$((${#cases[@]} + 6))"
for case in "${cases[@]}"; do
	moved "$case" >"$scratch/got" 2>&1
	diff "$case/expected.txt" "$scratch/got" >"$scratch/output"
	result $? "$case comes out as expected"
done

cp -r scoped "$scratch/module"
rm "$scratch/module/expected.txt"
refuses "no way back" "not in git" "$port" "$scratch/module"
mkdir "$scratch/there"
refuses "a directory that exists" "exists" "$port" "$scratch/module" "$scratch/there"
git -C "$scratch" init -q module
git -C "$scratch/module" add .
refuses "changes that are not committed" "not committed" "$port" "$scratch/module"
git -C "$scratch/module" -c user.name=a -c user.email=a@b commit -qm a
"$port" "$scratch/module" >"$scratch/output" 2>&1 &&
	grep -q kspan_zalloc "$scratch/module/scoped.c" &&
	[[ $(git -C "$scratch/module" diff --name-only) == scoped.c ]]
result $? "in place, if git has it"
git -C "$scratch/module" add .
git -C "$scratch/module" -c user.name=a -c user.email=a@b commit -qm b
refuses "a module that has moved" "moved already" "$port" "$scratch/module"
git -C "$scratch/module" reset -q --hard HEAD~
echo "obj-m += second.o" >>"$scratch/module/Kbuild"
refuses "two modules" "one module" env FORCE=1 "$port" "$scratch/module"
exit $status
