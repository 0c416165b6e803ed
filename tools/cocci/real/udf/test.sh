#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2317 source=../guest.sh
. "$(dirname "$0")/guest.sh"

test_udf_keeps_a_tree()
{
	works_as_filesystem udf
}

test_udf_leaves_nothing()
{
	leaves_nothing udf
}

ktap_run udf_keeps_a_tree udf_leaves_nothing
