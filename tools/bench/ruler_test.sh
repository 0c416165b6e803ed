#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# ruler.pl lets a kernel pass whose primitives cost what they should, and no other.
cd "$(dirname "$0")" || exit
# expect NUMBER VERDICT NAME, with the series on stdin
expect()
{
	if ./ruler.pl /dev/stdin >/dev/null 2>&1; then verdict=0; else verdict=1; fi
	[ $verdict = "$2" ] || printf 'not '
	echo "ok $1 ruler: $3"
}

# rows THIS_CPU_ADD LOCK BARRIER, in cycles for a hundred
rows()
{
	echo "bench backend bytes objects min_ticks median_ticks max_ticks empty_ticks runs"
	echo "this_cpu_add ruler 0 100 1 $1 999999 100 100"
	echo "spin_lock_irqsave ruler 0 100 1 $2 999999 100 100"
	[ -z "$3" ] || echo "smp_mb ruler 0 100 1 $3 999999 100 100"
}

echo "KTAP version 1"
echo "1..5"
rows 100 2500 540 | expect 1 0 "bare hardware"
rows 131000 2500 540 | expect 2 1 "per-CPU data behind a call"
rows 100 140100 540 | expect 3 1 "interrupts are switched by system calls"
rows 100 2500 48000 | expect 4 1 "a barrier that is none of the CPU's"
rows 100 2500 "" | expect 5 1 "one that was not measured"
