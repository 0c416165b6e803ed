#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0
# The manual page leaves nothing out.

load common

# The page without roff's escapes.
page() {
	sed 's/\\-/-/g; s/\\~/ /g' "$BATS_TEST_DIRNAME/../kspan.8"
}

@test "the manual has every command and its options" {
	local command option

	kspan "" 0 --help
	for command in $(awk '/^Commands:/ { on = 1; next }
			/^$/ { on = 0 } on { print $1 }' <<<"$output"); do
		has "$(page)" " $command"
		kspan "" 0 "$command" --help
		for option in $(grep -oE -- '--[a-z-]+' <<<"$output"); do
			has "$(page)" "$option"
		done
	done
}

@test "the manual has every JSON key" {
	local command key keys

	while read -r command; do
		# shellcheck disable=SC2086
		kspan "" 0 --json $command
		keys=$("$KSPAN_BIN/jsonq" "" <<<"$output")
		[[ $command =~ ^(heaps|classes|spans|arenas) ]] &&
			keys+=" $("$KSPAN_BIN/jsonq" "/${command%% *}/0" \
				<<<"$output")"
		for key in $keys; do
			page | sed -n '/^.SH JSON/,/^.SH FILES/p' |
				sed -n "/^.B.*${command%% *}/,/^.TP/p" |
				grep -qw "$key" || {
				echo "no $key of $command"
				return 1
			}
		done
	done <<-END
		heaps
		stat
		classes default
		spans default
		arenas default
		version
		scavenge default
		drain default
		limit default 0
		create x
		destroy scratch
		gc default
		leaks default --unreachable --each
	END
}

@test "the manual has every figure of a replay" {
	local name

	for name in $(grep -ohE 'FIGURE[A-Z_]*\((peak|end|thinned)?\.?[a-z_]+' \
			"$BATS_TEST_DIRNAME/../replayreport.c" |
			sed 's/.*[(.]//' | grep -v '^field$') \
		$(grep -oE '"(ns|ticks|held)_[a-z_]*"' \
			"$BATS_TEST_DIRNAME/../replayreport.c" | tr -d '"' |
			grep -vE '_(min|max|bytes)$|waste'); do
		page | grep -q "$name" || {
			echo "no $name"
			return 1
		}
	done
}

@test "the manual formats without a warning" {
	command -v groff >/dev/null || skip "no groff"
	run groff -t -man -Tutf8 -ww "$BATS_TEST_DIRNAME/../kspan.8"
	is 0 "$status"
	[[ $output != *warning* ]]
}
