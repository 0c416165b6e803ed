#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# need.sh PACKAGE...: installs the Debian packages that are missing.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"

need_packages "$@"
