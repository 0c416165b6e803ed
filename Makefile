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

#: Every target installs the Debian packages it lacks (as root), keeps what it
#: makes in build/, and needs no KVM.
#:
#: On the kernel of this machine:
#:   make                    builds kspan.ko and the kspan tool
#:   make tools              builds the kspan tool alone (build/tools/kspan)
#:   make load, make unload  insmod, rmmod
#:   make install            installs the modules, for modprobe; what consumers are
#:                           built with, in PREFIX/src/kspan; the tool and its
#:                           manual page. PREFIX=/usr/local; DESTDIR is honoured.
#:                           KERNEL=.. is another than the running kernel
#:   make uninstall          removes what make install, with the same variables,
#:                           has installed
#:   make clean              removes what was built, but keeps the test kernels
#:   make distclean          removes build/
#:
#: In QEMU:
#:   make demo               boots a stock kernel and runs a workload on kspan
#:   make check [KERNEL=..]  runs the host's tests and the documents' build, KUnit
#:                           on "kunit", and the selftests on KERNEL (6.12)
#:   make check-matrix       the same on every kernel
#:   make check-port         moves modules of Debian's kernel source to kspan, with
#:                           make port, and puts them to work on 6.12
#:   make check-escape       says of the allocations of real modules, out of Debian's
#:                           kernel source, whether they escape: a table, and a
#:                           self-check; NAMES=".." of tools/escape/real/list.
#:                           First the plugin's tests with gcc 14
#:   make check-place        builds modules with their objects on the stack and in
#:                           regions, as PLACE=.. does, and puts them to work on 6.12
#:                           and a KASAN kernel; NAMES="samples worked ext2 .."
#:   make escape-core [KERNEL=..]
#:                           writes anew what is known of the functions that a
#:                           kernel exports, tools/escape/core/
#:   make mutate [FAULTS=..] puts faults into the module, one at a time, and looks
#:                           whether the tests see them; an hour for all
#:   make gc-stress [KERNEL=.. MINUTES=30 SEED=..]
#:                           changes a random graph on four CPUs while it is
#:                           collected, and holds it against a reference collector
#:   make bench, bench-quick compares kspan with the kernel's allocators
#:   make bench-memory       measures how heaps give memory back
#:   make kernels            lists the kernels; each is made when first used
#:   make kernel KERNEL=..   makes a kernel now
#:   make modules KERNEL=..  builds kspan's modules for a kernel; LLVM=-14 with
#:                           clang, if the kernel was
#:   make modules KERNEL=.. M=dir
#:                           builds the modules in dir against kspan. dir needs
#:                           only a Kbuild with "obj-m := name.o"; the modules
#:                           are left in dir
#:   make port M=dir [OUT=dir]
#:                           moves the source of a module to kspan, in place or to
#:                           OUT, and lists what it left; Documentation/porting.rst
#:   make escape M=dir [KERNEL=..] [WHY=1 JSON=1 SUMMARY=1 LOCALS=1 PARAMS=1]
#:                           builds a module and says of each of its allocations
#:                           whether it escapes; Documentation/escape.rst.
#:                           PLACE=slot builds it with small objects that do not
#:                           in their functions' frames, PLACE=region with larger
#:                           ones on borrowed stacks too, PLACE=verify with all
#:                           these freed at the end of their functions
#:   make vm KERNEL=.. MODULES="a.ko b.ko" RUN=script.sh
#:                           boots, loads kspan.ko and then these modules, and
#:                           runs the script in busybox sh with kspan on PATH
#:
#: Options of make vm:
#:   MODULES   a module of kspan by its name (kspan_kunit.ko), any other by path
#:   CPUS=2 MEM=1G NUMA=nodes TIMEOUT=300; "uml-smp" has one node and no ICOUNT
#:   NOCPU=1 NOMEM="2 3"  nodes without a CPU, nodes without memory
#:   DIMM=size memory that is plugged in, on the last node
#:   ICOUNT=1  one CPU, and a clock that counts instructions
#:   ONE_THREAD=1  QEMU runs one CPU at a time, for what patches the kernel's code
#:   APPEND=.. kernel command line; "kspan.x=1" sets parameter x of kspan.ko. The
#:             script finds NAME=value in its environment where the kernel does
#:             not know NAME
#:   FILES=..  files and directories to copy to /root, where the script runs
#:   OUT=dir   receives what the script leaves in the guest's /out
#:   CAPTURE=f receives the script's stdout, without kernel messages
#:   NOKSPAN=1 kspan is not loaded; it is in /lib/kspan with the other modules
#: make exits with 2 if the script failed. tools/vm/vm.sh takes the same variables
#: from the environment and exits with the script's own status.
#:
#: Of the source:
#:   make checkpatch         runs checkpatch --strict on every .c and .h
#:   make model              has spin try all that can happen in the models of
#:                           protocols in tools/model, and in each with a fault in
#:                           it; some minutes. make check runs a short form
#:   make sparse             runs sparse (C=2) against KERNEL (6.12)
#:   make docs               builds HTML and manual pages in build/docs
#: These fail on any finding.

# ---- this machine ----------------------------------------------------------

own_modules := build/modules/host

.PHONY: module tools load unload install uninstall clean distclean
module:
	@$(vm)/modules.sh host

tools:
	@$(vm)/need.sh build-essential libjson-c-dev
	@$(MAKE) --no-print-directory -C tools/kspan

load: module
	insmod $(own_modules)/kmod/kspan.ko

unload:
	rmmod kspan

install uninstall: tools
	@tools/install.sh $@

clean:
	rm -rf build/modules build/tools build/vm build/check build/docs

distclean:
	rm -rf build

# ---- QEMU ------------------------------------------------------------------

.PHONY: kernels kernel modules port escape vm demo check check-matrix check-port mutate
.PHONY: check-escape check-place escape-core gc-stress
.PHONY: bench bench-quick bench-memory
kernels:
	@$(vm)/kernel.sh list

kernel:
	@$(vm)/kernel.sh provide $(or $(KERNEL),6.12)

modules:
	@$(vm)/modules.sh $(or $(KERNEL),6.12) $(if $(M),M=$(M))

port:
	@tools/cocci/port.sh "$(M)" $(if $(OUT),"$(OUT)")

escape:
	@tools/escape/escape.sh "$(M)"

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

check-port:
	@tools/cocci/check-port.sh

check-place:
	@tools/escape/check-place.sh $(NAMES)

check-escape:
	@tools/escape/newer-gcc.sh
	@tools/escape/real.sh $(NAMES)

escape-core:
	@tools/escape/core.sh $(or $(KERNEL),6.12)

mutate:
	@$(vm)/mutate.sh $(FAULTS)

gc-stress:
	@tools/gc-stress.sh

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

.PHONY: checkpatch sparse docs model
checkpatch:
	@$(vm)/checkpatch.sh

sparse:
	@$(vm)/sparse.sh $(or $(KERNEL),6.12)

docs:
	@tools/docs.sh

model:
	@$(vm)/need.sh build-essential spin
	@$(MAKE) --no-print-directory -C tools/model long
