# SPDX-License-Identifier: GPL-2.0
# What one types. Each target is a script or another folder's Makefile; kbuild
# reads Kbuild beside this file.

SHELL := /bin/bash
vm := tools/vm
# Options of a target are plain variables, which its script finds in the
# environment. Without the next line they would go on to the kernel's make.
MAKEOVERRIDES =

.PHONY: all
all: tools module

.PHONY: help
help:
	@sed -n 's/^#: \{0,1\}//p' Makefile

#: Everything installs the Debian packages it lacks (as root), works in build/,
#: and needs no KVM.
#:
#: On the kernel of this machine:
#:   make                    kspan.ko and the kspan tool
#:   make tools              the kspan tool alone (build/tools/kspan)
#:   make load, make unload  insmod, rmmod
#:   make install            module and tool; DESTDIR is honoured
#:   make clean              removes what was built, keeps the test kernels
#:   make distclean          removes build/ whole
#:
#: In QEMU:
#:   make demo               boots a stock kernel and runs a workload
#:   make check [KERNEL=..]  KUnit on "kunit", kselftests on KERNEL (6.12)
#:   make check-matrix       the same on every kernel
#:   make bench, bench-quick side by side with the kernel's allocators
#:   make bench-memory       memory that comes back: curves, tables, pictures
#:   make kernels            lists the kernels; one is made when first used
#:   make kernel KERNEL=..   makes it now
#:   make modules KERNEL=..  builds this project's modules for that kernel
#:   make modules KERNEL=.. M=dir
#:                           builds dir's modules against kspan; dir needs only
#:                           "obj-m := name.o"; they land in dir
#:   make vm KERNEL=.. MODULES="a.ko b.ko" RUN=script.sh
#:                           boots, loads kspan.ko and then these, runs the
#:                           script in the guest's busybox sh with kspan on PATH
#:
#: Options of make vm:
#:   MODULES   name.ko of this project (kspan_kunit.ko), or any path/name.ko
#:   CPUS=2 MEM=1G NUMA=nodes TIMEOUT=300; "uml" has one CPU and no ICOUNT
#:   NOCPU=1 NOMEM="2 3"  nodes without a CPU, nodes without memory
#:   DIMM=size memory that is plugged in, on the last node
#:   ICOUNT=1  one CPU whose clock counts instructions
#:   APPEND=.. kernel command line; "kspan.x=1" is parameter x of kspan.ko, and
#:             NAME=value the kernel does not know is in the script's environment
#:   FILES=..  files and directories to copy to /root, where the script runs
#:   OUT=dir   what the script leaves in the guest's /out comes back to dir
#:   CAPTURE=f the script's stdout without kernel messages in between
#:   NOKSPAN=1 do not load kspan; it is in /lib/kspan with the other modules
#: make ends with 2 where the script failed; tools/vm/vm.sh, which takes the same
#: variables from the environment, ends with the script's own status.
#:
#: Of the source:
#:   make checkpatch         checkpatch --strict on every .c and .h
#:   make sparse             sparse (C=2) against KERNEL (6.12)
#: Both fail on any finding.

# ---- this machine ----------------------------------------------------------

own_modules := build/modules/host

.PHONY: module tools load unload install clean distclean
module:
	@$(vm)/modules.sh host

tools:
	@$(vm)/need.sh build-essential libjson-c-dev
	@$(MAKE) --no-print-directory -C tools/kspan

load: module
	insmod $(own_modules)/kmod/kspan.ko

unload:
	rmmod kspan

install: tools module
	@$(vm)/modules.sh host install
	$(MAKE) -C tools/kspan install

clean:
	rm -rf build/modules build/tools build/vm build/check

distclean:
	rm -rf build

# ---- QEMU ------------------------------------------------------------------

.PHONY: kernels kernel modules vm demo check check-matrix
.PHONY: bench bench-quick bench-memory
kernels:
	@$(vm)/kernel.sh list

kernel:
	@$(vm)/kernel.sh provide $(or $(KERNEL),6.12)

modules:
	@$(vm)/modules.sh $(or $(KERNEL),6.12) $(if $(M),M=$(M))

# The guest has the tool where it builds; a module's test can do without.
vm:
	@$(MAKE) --no-print-directory -s tools || \
		echo "make vm: no kspan tool in the guest" >&2
	@$(vm)/vm.sh

demo: tools
	@$(vm)/kernel.sh prepare 6.12
	@tools/demo.sh

check:
	@$(vm)/check.sh kunit $(or $(KERNEL),6.12)

check-matrix:
	@$(vm)/check.sh matrix

bench: tools
	@$(vm)/kernel.sh prepare 6.12
	@tools/bench.sh

bench-quick: tools
	@$(vm)/kernel.sh prepare 6.12
	@tools/bench.sh --quick

bench-memory: tools
	@$(vm)/kernel.sh prepare 6.12
	@tools/bench-memory.sh

# ---- the source ------------------------------------------------------------

.PHONY: checkpatch sparse
checkpatch:
	@$(vm)/checkpatch.sh

sparse:
	@$(vm)/sparse.sh $(or $(KERNEL),6.12)
