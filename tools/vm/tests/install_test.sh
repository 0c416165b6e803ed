#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# What `make install` leaves is enough: modprobe finds the modules, and a consumer
# builds against it without kspan's source. Then `make uninstall` leaves nothing.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/../lib.sh"
# shellcheck source=../kernels.sh
source "$vm_dir/kernels.sh"

n=0
status=0

# verdict NAME STATUS
verdict()
{
	n=$((n + 1))
	if (($2)); then
		sed 's/^/# /' "$dir/log"
		echo "not ok $n - install: $1"
		status=1
	else
		echo "ok $n - install: $1"
	fi
}

# check NAME COMMAND...
check()
{
	local name=$1 failed=0
	shift

	"$@" >"$dir/log" 2>&1 || failed=1
	verdict "$name" "$failed"
}

for kernel in 6.12 6.1 ""; do
	[[ -z $kernel || ! -e $(kernel_image "$kernel") ]] || break
done
echo "TAP version 13"
if [[ -z $kernel ]]; then
	echo "1..0 # SKIP no stock kernel has been made yet"
	exit 0
fi
release=$(kernel_release "$kernel")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export PATH=$PATH:/usr/sbin:/sbin

# A root that has this kernel, as far as depmod looks.
root=$dir/root
mkdir -p "$root/lib/modules/$release"
touch "$root/lib/modules/$release/modules."{order,builtin,builtin.modinfo}

run()
{
	make -s -C "$top" "$1" KERNEL="$kernel" DESTDIR="$root" PREFIX=/opt/kspan
}

modprobe_finds_it()
{
	modprobe -d "$root" -S "$release" --show-depends kspan_bench |
		tee /dev/stderr | grep -q "insmod .*/kspan.ko"
}

# They are built as well, but nobody loads a sample in earnest.
no_samples()
{
	[[ -z $(find "$root" -name 'sample_*' -print | tee /dev/stderr) ]] &&
		! grep -r sample_ "$root/lib/modules/$release"
}

# The consumer, a copy of selftests/consumer, sees nothing of this tree.
consumer_builds()
{
	local consumer=$dir/consumer sources=$root/opt/kspan/src/kspan

	cp -r "$top/selftests/consumer" "$consumer"
	make -C "$(kernel_builddir "$kernel")" M="$consumer" \
		KBUILD_EXTRA_SYMBOLS="$sources/$release/Module.symvers" \
		KCPPFLAGS="-I$sources/include" modules || return
	modinfo -F depends "$consumer/kspan_consumer.ko" | grep -qx kspan &&
		! grep -rhs "$top" "$consumer" --include='*.cmd'
}

# A program of user space as well.
program_builds()
{
	echo '#include <linux/kspan.h>
	      int main(void) { return sizeof(struct kspan_ioc_limit) == 0; }' |
		${CC:-cc} -I"$root/opt/kspan/src/kspan/include/uapi" -Wall -Werror \
			-x c -o "$dir/program" - && "$dir/program"
}

nothing_is_left()
{
	[[ -z $(find "$root" -name '*kspan*' ! -path "$root/opt/kspan" \
		-print | tee /dev/stderr) ]] &&
		! grep -r kspan "$root/lib/modules/$release"
}

clang_is_refused()
{
	! make -s -C "$top" modules KERNEL="$kernel" LLVM=-14 \
		>"$dir/refusal" 2>&1 || return
	cat "$dir/refusal"
	grep -q "the kernel $kernel was built by .*gcc" "$dir/refusal"
}

echo "1..8"
check "make install" run install
check "modprobe finds the modules" modprobe_finds_it
check "samples are not installed" no_samples
check "a consumer builds without the source" consumer_builds
check "a program builds without the source" program_builds
check "make uninstall" run uninstall
check "nothing is left" nothing_is_left
check "clang is refused where the kernel is gcc's" clang_is_refused
exit "$status"
