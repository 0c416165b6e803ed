#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2317 source=../guest.sh
. "$(dirname "$0")/guest.sh"

test_minix_keeps_a_tree()
{
	works_as_filesystem minix
}

test_minix_leaves_nothing()
{
	leaves_nothing minix
}

ktap_run minix_keeps_a_tree minix_leaves_nothing
