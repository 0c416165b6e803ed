#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# escape.sh DIR: what "make escape M=DIR" does. The variables KERNEL, WHY, JSON,
# SUMMARY, LOCALS, PARAMS, GO_STORES and PLACE come from the environment, and so does
# KNOWN: a file for what was found out, for another PLACE of the same source.
# shellcheck source-path=SCRIPTDIR source=../vm/lib.sh
source "$(dirname "$0")/../vm/lib.sh"
# shellcheck source=../vm/kernels.sh
source "$vm_dir/kernels.sh"

dir=${1:?DIR}
major=$(gcc -dumpversion 2>/dev/null || echo 12)
options=()
for name in WHY JSON SUMMARY LOCALS PARAMS GO_STORES; do
	[[ ! ${!name-} ]] || options+=("--$(tr A-Z_ a-z- <<<"$name")")
done

[[ ! ${PLACE-} ]] || options+=(--place "$PLACE")
[[ ! ${KNOWN-} ]] || options+=(--known "$KNOWN")

# what the kernel's own functions do, if that is known of this one
kernel=${KERNEL:-6.12}
version=${kernel%-rt}
! kernel_is_built "$kernel" || version=${source_package##*-}
core=$top/tools/escape/core/$version.txt
[[ ! -e $core ]] || options+=(--database "$core")

# another release's compiler has no plugin here
if kernel_has_root "$kernel"; then
	say "escape.sh: $kernel has a compiler of its own, building without the plugin"
	exec "$top/tools/vm/modules.sh" "$kernel" "M=$dir"
fi

# without them kspan-escape says so, and builds all the same
(need_packages build-essential "gcc-${major%%.*}-plugin-dev") || true
# kspan's own modules are built first, and without
[[ ${PREBUILT-} ]] || "$top/tools/vm/modules.sh" "$kernel" >&2
export PREBUILT=1
exec "$top/tools/escape/kspan-escape" "${options[@]}" --variable ESCAPE_FLAGS -- \
	bash -c '"$@" KCFLAGS="$ESCAPE_FLAGS"' escape \
	"$top/tools/vm/modules.sh" "$kernel" "M=$dir"
