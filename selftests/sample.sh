# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What tests of samples have in common; they read ktap.sh first.

# count MODULE KEY: of the statistics
count()
{
	awk -v key="$2" '$1 == key { print $2 }' "/sys/kernel/debug/$1/stats"
}

# reaches MODULE KEY VALUE: within some seconds
reaches()
{
	tries=0
	while [ "$(count "$1" "$2")" -lt "$3" ]; do
		tries=$((tries + 1))
		[ "$tries" -lt 600 ] ||
			fail "$2 does not reach $3: $(count "$1" "$2")"
		usleep 100000
	done
}
