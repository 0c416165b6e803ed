#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Builds modules for one of the kernels that "make kernels" lists:
#
#   modules.sh KERNEL [VARIABLE=value...]		this project's own
#   modules.sh KERNEL M=dir [VARIABLE=value...]	those of dir, against kspan
#   modules.sh KERNEL install			where the kernel looks for them,
#							but for the samples
#
# kbuild writes beside the sources. This project's are therefore mirrored to
# build/modules/KERNEL first; those of dir are built in place, and cleaned
# when they were last built for another kernel. With PREBUILT=1 this project's own are
# not looked at before those of dir.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"
# shellcheck source=kernels.sh
source "$vm_dir/kernels.sh"

kernel=${1:?KERNEL}
shift
consumer=
install=
if [[ ${1-} == install ]]; then
	install=1
	shift
elif [[ ${1-} == M=* ]]; then
	consumer=$(realpath -e -- "${1#M=}") || die "no directory ${1#M=}"
	shift
fi
variables=("$@")
[[ -z $install ]] || variables+=(KSPAN_SAMPLES=n)
# COPY names a second tree for the same kernel, as sparse wants
tree=$build/modules/$kernel${COPY:+-$COPY}

mirror_own()
{
	local sources=() source

	for source in Kbuild kmod uapi; do
		[[ -e $top/$source ]] && sources+=("$top/$source")
	done
	mirror_sources "$tree" "${sources[@]}"
}

# kbuild DIR [VARIABLE=value...]
kbuild()
{
	local dir=$1 make=(make) arch=
	shift

	if kernel_has_root "$kernel"; then
		make=(root_make "$kernel" "$dir")
	elif kernel_is_uml "$kernel"; then
		arch=um
	fi
	"${make[@]}" -C "$(kernel_builddir "$kernel")" --no-print-directory \
		-j"$(nproc)" ${arch:+ARCH="$arch"} ${V:+V="$V"} ${W:+W="$W"} \
		${LLVM:+LLVM="$LLVM"} M="$dir" "$@"
}

# gcc's options are not clang's, and kbuild may drop LLVM= without a word.
need_compiler()
{
	local root='' config builder

	[[ ${LLVM-} ]] || return 0
	! kernel_has_root "$kernel" || root=$(root_dir "$kernel")
	config=$root$(kernel_builddir "$kernel")/.config
	grep -q '^CONFIG_CC_IS_CLANG=y' "$config" && return
	builder=$(sed -n 's/^CONFIG_CC_VERSION_TEXT="\(.*\)"/\1/p' "$config")
	die "LLVM=$LLVM: the kernel $kernel was built by ${builder:-another compiler}, and its modules have to be; leave LLVM out"
}

# Objects of another kernel look up to date to make.
clean_for_kernel()
{
	local dir=$1 id
	id="$kernel $(kernel_release "$kernel") $(kernel_builddir "$kernel")"

	if [[ -e $dir/.kernel && $(cat "$dir/.kernel") != "$id" ]]; then
		kbuild "$dir" clean
	fi
	echo "$id" >"$dir/.kernel"
}

build_own()
{
	mirror_own
	clean_for_kernel "$tree"
	kbuild "$tree" "${variables[@]}" modules
	[[ -z $install ]] ||
		kbuild "$tree" ${DESTDIR:+INSTALL_MOD_PATH="$DESTDIR"} \
			INSTALL_MOD_DIR=updates/kspan "${variables[@]}" \
			modules_install
}

build_consumer()
{
	clean_for_kernel "$consumer"
	# kbuild does not look whether kspan's symbols have changed
	rm -f "$consumer/Module.symvers"
	kbuild "$consumer" \
		KBUILD_EXTRA_SYMBOLS="$tree/Module.symvers" \
		KCPPFLAGS="-I$tree/kmod/include -I$tree" \
		"${variables[@]}" modules
}

need_packages build-essential rsync
provide_kernel "$kernel"
need_compiler
if [[ -z $consumer ]]; then
	run_locked "$build/modules/.${tree##*/}.lock" build_own
else
	[[ ${PREBUILT-} ]] || "$0" "$kernel"
	run_locked "$build/modules/.${tree##*/}.lock" build_consumer
fi
