#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# tools/bench/goals.pl calls a goal reached if it is, and not if it is nearly.
source "$(dirname "$0")/lib.sh"

# goals VALUE: what it says of a pair's instructions on 6.12
goals()
{
	../bench/goals.pl <(cat <<-EOF
		{ "results": [ { "mode": "icount", "kernel": "6.12",
		  "bench": "pair", "backend": "kspan", "size": 64, "cpus": 1,
		  "unit": "instructions", "init_on_alloc": 0, "value": $1 },
		{ "mode": "icount", "kernel": "6.12",
		  "bench": "pair", "backend": "kmalloc", "size": 64, "cpus": 1,
		  "unit": "instructions", "init_on_alloc": 0, "value": 200 } ] }
	EOF
	) | awk '/^pair, any size/ { sub(/.* 6.12 /, ""); $1 = $1; print }'
}

below() { goals 64.99; }
equal() { goals 65; }
above() { goals 65.03; }

filters "goals: below is reached" below "64.99 goal 65.00 reached" </dev/null
filters "goals: equal is reached" equal "65.00 goal 65.00 reached" </dev/null
filters "goals: above is not" above "65.03 goal 65.00 NOT reached" </dev/null
end_of_tests
