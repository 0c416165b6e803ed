#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# sparse.sh [KERNEL]: sparse over this project's modules. Any finding in our
# files makes it fail; those in the kernel's headers are not ours to mend.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"

kernel=${1:-6.12}
log=$build/sparse.log

need_packages sparse
COPY=sparse "$vm_dir/modules.sh" "$kernel" C=2 >"$log" 2>&1 || {
	cat "$log"
	die "the modules do not build"
}
# sparse names files by their path in the mirror, or relative to it
if grep -E "^($build/modules/$kernel-sparse/)?(kmod|uapi|selftests)/.*: (warning|error):" \
	"$log"; then
	exit 1
fi
say "sparse: $(grep -c '^ *CHECK ' "$log") files, nothing found"
