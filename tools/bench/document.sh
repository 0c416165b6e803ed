#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# document.sh RESULTS: puts the tables of results.json into
# Documentation/performance.rst, in place of those that are there.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/../vm/lib.sh"

results=${1:?RESULTS}
document=$top/Documentation/performance.rst
bench_dir=$top/tools/bench

as_literal()
{
	printf '::\n\n'
	sed 's/^./    &/'
	echo
}

# section TITLE TABLE...
section()
{
	printf '%s\n%s\n\n' "$1" "${1//?/=}"
	shift
	# what comes before the first empty line is of the machine
	"$bench_dir/tables.pl" "$results" "$@" | sed '1,/^$/d' | as_literal
}

tables()
{
	printf 'Goals\n=====\n\n'
	"$bench_dir/goals.pl" "$results" | as_literal
	section "Pairs" pair-icount-{6.12,6.1,7.2}-init0
	section "Pairs with init_on_alloc=1" pair-icount-6.12-init1
	section "Halves, and zeroed" {half,zeroed}-icount-6.12-init0
	section "Bulk" bulk-icount-{6.12,6.1,7.2}-init0
	section "Bursts" burst-icount-{6.12,7.2}-init0
	section "Interrupts" context-icount-6.12-init0
	section "Stacks and regions" {stack,region}-icount-6.12-init{0,1}
	section "Frees after a grace period" rcu-icount-{6.12,6.1,7.2}-init0
	section "Pages" large-icount-6.12-init0
	section "Tails" tails-icount-{6.12,7.2}-init0
	section "Cycles" {anchor,pair,burst,bulk,cold,tails}-native-smp-uml-smp-init0
	section "Several CPUs" native-smp-uml-smp smp-{6.12,7.2}
	section "Samples" samples-{native-smp-uml-smp,smp-6.12}
	section "Memory" memory-{6.12,7.2}
}

{
	# the goals in cycles, which are before these, are written by hand
	sed '/^Goals$/,$d' "$document"
	tables
} | cat -s | sed '${/^$/d}' >"$build/performance.rst"
mv "$build/performance.rst" "$document"
