#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Installs and removes what one needs to use kspan without its source:
#
#	install.sh install | uninstall
#
#	/lib/modules/RELEASE/updates/kspan/	the modules, which modprobe finds
#	PREFIX/src/kspan/include/		headers: <linux/kspan.h> of the kernel
#						API, <uapi/linux/kspan.h>
#	PREFIX/src/kspan/RELEASE/		Module.symvers
#	PREFIX/sbin/, PREFIX/share/man/		the tool
#
# KERNEL (host), PREFIX (/usr/local) and DESTDIR come from the environment.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/vm/lib.sh"
# shellcheck source=vm/kernels.sh
source "$vm_dir/kernels.sh"

kernel=${KERNEL:-host}
export PREFIX=${PREFIX:-/usr/local} DESTDIR=${DESTDIR:-}
need_kernel_name "$kernel"
sources=$DESTDIR$PREFIX/src/kspan

# modprobe goes by depmod's lists. Below a DESTDIR that has no kernel, as where
# a package is made, they are the business of who installs the package.
update_lists()
{
	local modules=$DESTDIR/lib/modules/$release

	[[ -e $modules/modules.order || -e $modules/modules.dep ]] || {
		say "no kernel in $modules: run depmod where there is one"
		return 0
	}
	PATH=$PATH:/usr/sbin:/sbin depmod ${DESTDIR:+-b "$DESTDIR"} "$release"
}

install_all()
{
	local headers=$sources/include

	"$vm_dir/modules.sh" "$kernel" install
	release=$(kernel_release "$kernel")
	update_lists
	install -D -m 644 -t "$headers/linux" "$top"/kmod/include/linux/*.h
	install -D -m 644 -t "$headers/uapi/linux" "$top"/uapi/linux/kspan.h
	install -D -m 644 -t "$sources/$release" \
		"$build/modules/$kernel/Module.symvers"
	make -s --no-print-directory -C "$top/tools/kspan" install
}

uninstall_all()
{
	release=$(kernel_release "$kernel")
	rm -rf "$DESTDIR/lib/modules/$release/updates/kspan" "$sources/$release"
	rmdir --ignore-fail-on-non-empty \
		"$DESTDIR/lib/modules/$release/updates" 2>/dev/null || true
	# Another kernel's symbols may be left, which need the headers.
	if ! compgen -G "$sources/*/Module.symvers" >/dev/null; then
		rm -rf "$sources"
	fi
	update_lists
	make -s --no-print-directory -C "$top/tools/kspan" uninstall
}

case ${1-} in
install | uninstall)	"$1_all" ;;
*)			die "install or uninstall?" ;;
esac
