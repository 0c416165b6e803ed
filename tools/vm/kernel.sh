#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# kernel.sh list			the kernels there are, and their state
# kernel.sh provide NAME...		makes them unless they are there
# kernel.sh prepare NAME...		and all a boot of them needs
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"
# shellcheck source=kernels.sh
source "$vm_dir/kernels.sh"

command=${1:?list, provide or prepare}
shift
case $command in
list)
	list_kernels
	;;
provide)
	for name; do
		provide_kernel "$name"
	done
	;;
prepare)
	need_packages "${vm_packages[@]}"
	for name; do
		"$vm_dir/modules.sh" "$name"
	done
	;;
*)
	die "no command $command"
	;;
esac
