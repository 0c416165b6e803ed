#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The guest's part of samples.sh. Each sample is loaded on kspan and on the kernel's
# allocators in turns, so that what else the machine does meanwhile meets both, and
# works for BENCH_SECONDS. Prints
#	SAMPLE BACKEND BYTES CPUS OPS_PER_SECOND ERRORS
# shellcheck disable=SC2317

# stats MODULE KEY...: the sum of these counts
stats()
{
	awk -v keys="$*" '
	BEGIN { n = split(keys, words); for (i = 2; i <= n; i++) wanted[words[i]] }
	$1 in wanted { sum += $2 }
	END { print sum + 0 }' "/sys/kernel/debug/$1/stats"
}

# now: hundredths of a second
now()
{
	sed 's/ .*//; s/\.//' /proc/uptime
}

# rate MODULE KEY...: how much of that is done in a second, the module being at work
rate()
{
	begin=$(now)
	before=$(stats "$@")
	sleep "$BENCH_SECONDS"
	after=$(stats "$@")
	echo $(((after - before) * 100 / ($(now) - begin)))
}

# Texts that are put into a cache with room for half of them: each is an object that
# comes, and one that is evicted.
texts=50000
make_texts()
{
	awk -v texts=$texts 'BEGIN {
		for (key = 0; key < texts; key++) {
			text = "text of " key " "
			n = key * 7919 % 150
			for (i = 0; i < n; i++)
				text = text "ab"
			print key, text
		}
	}' >/tmp/texts
}

run_sample_lru()
{
	insmod "/lib/kspan/$1.ko" limit_bytes=4194304 || exit 1
	put="dd if=/tmp/texts of=/sys/kernel/debug/$1/put bs=16M"
	$put 2>/dev/null || exit 1
	n=0
	begin=$(now)
	while [ $(($(now) - begin)) -lt $((BENCH_SECONDS * 100)) ]; do
		$put 2>/dev/null || exit 1
		n=$((n + texts))
	done
	ops=$((n * 100 / ($(now) - begin)))
	errors=$(stats "$1" refused)
	[ "$(stats "$1" evicted)" -ge $n ] || errors=$((errors + 1))
}

# The timer makes packets without a pause.
run_sample_ring()
{
	insmod "/lib/kspan/$1.ko" burst=256 period_us=10 ring_packets=1024 ||
		exit 1
	sleep 1
	ops=$(rate "$1" taken)
	errors=$(stats "$1" bad nomem)
}

run_sample_rcuhash()
{
	insmod "/lib/kspan/$1.ko" || exit 1
	sleep 1
	ops=$(rate "$1" added removed found missed)
	errors=$(stats "$1" bad nomem)
}

# The kernel has work left to do when init begins.
sleep 3
make_texts
for sample in $(echo "${BENCH_SAMPLES:-sample_lru sample_ring sample_rcuhash}" |
		tr , " "); do
	for _ in $(seq "$BENCH_RUNS"); do
		for backend in kspan kmalloc; do
			module=$sample
			[ $backend = kspan ] || module=${sample}_kmalloc
			"run_$sample" "$module"
			echo "$sample $backend 0 $(nproc) $ops $errors"
			rmmod "$module" || exit 1
		done
	done
done
