#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# /dev/kspan_bench, which replays traces: user/replay.c has the cases.
# shellcheck source-path=SCRIPTDIR
. "$(dirname "$0")/ktap.sh"

rmmod kspan_bench 2>/dev/null
load kspan_bench
"$USER/replay"
replay_status=$?
rmmod kspan_bench
exit $replay_status
