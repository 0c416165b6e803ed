#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Boots a kernel in QEMU, or as a process if it is user-mode Linux, loads kspan
# and further modules, runs a script in the guest and ends with the script's exit
# status, or 1 if the guest did not get so far. The kernel log and the script's
# output go to stdout as they come.
# No arguments; these variables:
#
#   KERNEL=name		see "make kernels" (6.12)
#   MODULES="a.ko b.ko"	loaded in this order after kspan; a bare name is one of
#			this project's, anything with a slash is a path
#   NOKSPAN=1		do not load kspan; all of this project's modules are in
#			the guest's /lib/kspan in any case
#   RUN=script		a script for busybox sh, run in the guest's /root
#   FILES="a b"		files and directories copied to the guest's /root
#   OUT=dir		what the script leaves in the guest's /out goes to dir
#   CAPTURE=file	the script's stdout, free of kernel messages
#   CPUS=n MEM=size NUMA=nodes	(2, 1G, 1); user-mode Linux has one node
#   NOCPU="a b" NOMEM="a b"	nodes without a CPU, nodes without memory
#   DIMM=size		a memory module beside MEM, on the last node, as one that
#			is plugged in
#   ICOUNT=1		the clock counts instructions; one CPU
#   ONE_THREAD=1	the emulator runs one CPU at a time, in turn: for guests that
#			patch their code while others run it, as tracing does. QEMU
#			before 8.2 may translate code that another CPU is writing, and
#			run into a breakpoint that is gone, often in the scheduler
#   APPEND="..."	kernel command line; kspan.x=1 is a parameter of kspan
#   TIMEOUT=s		for the whole run (300)
#   CPU=model		of QEMU (max)
#   PREBUILT=1		do not look whether kernel and modules are up to date
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"
# shellcheck source=kernels.sh
source "$vm_dir/kernels.sh"

kernel=${KERNEL:-6.12}
cpus=${CPUS:-2}
mem=${MEM:-1G}
numa=${NUMA:-1}
timeout=${TIMEOUT:-300}
# A kernel that is silent for so long before its init will stay so.
boot_timeout=$((timeout < 120 ? timeout : 120))
boot_retries=2
own_modules=$build/modules/$kernel
capture=/dev/null
if [[ -n ${CAPTURE-} ]]; then
	capture=$CAPTURE
fi

if [[ -z ${PREBUILT-} ]]; then
	need_packages "${vm_packages[@]}"
	provide_kernel "$kernel"
	"$vm_dir/modules.sh" "$kernel" >&2 || die "the modules do not build"
fi

mkdir -p "$build/vm"
run=$(mktemp -d "$build/vm/$kernel.XXXXXX")
machine_pid=
memory_mounted=
# shellcheck disable=SC2317
cleanup()
{
	[[ -z $machine_pid ]] || kill -9 "$machine_pid" 2>/dev/null || true
	[[ -z $memory_mounted ]] || umount -l "$run/memory" || true
	rm -rf "$run"
}
trap cleanup EXIT
trap 'exit 130' INT TERM HUP

# ---- the guest's file system ------------------------------------------------

# Where NAME in MODULES is on this machine.
find_module()
{
	local found

	if [[ $1 == */* ]]; then
		realpath -e -- "$1" || die "no module $1"
		return
	fi
	found=$(find "$own_modules" -name "$1" -print -quit)
	[[ -n $found ]] || die "no module $1 for kernel $kernel"
	echo "$found"
}

guest_modules=()

add_module()
{
	local path

	path=$(find_module "$1")
	# modules may have one name in different folders
	if [[ ${path%/*} == "$own_modules"/* ]]; then
		guest_modules+=("/lib/kspan/${path##*/}")
	else
		mkdir -p "$root/lib/modules/${#guest_modules[@]}"
		cp -- "$path" "$root/lib/modules/${#guest_modules[@]}/"
		guest_modules+=("/lib/modules/${#guest_modules[@]}/${path##*/}")
	fi
}

make_initramfs()
{
	local root=$run/root module name busybox

	mkdir -p "$root"/{bin,dev,etc,lib/kspan,out,proc,root,sys,tmp,usr/bin}
	busybox --install -s "$root/bin"
	# the links point to where busybox is on this machine
	busybox=$(readlink "$root/bin/sh")
	cp --remove-destination "$busybox" "$root$busybox"
	cp "$vm_dir/init" "$root/init"
	chmod +x "$root/init"
	if [[ -e $build/tools/kspan ]]; then
		cp "$build/tools/kspan" "$root/usr/bin/kspan"
	fi

	find "$own_modules" -name '*.ko' -exec cp -t "$root/lib/kspan" {} +
	[[ -n ${NOKSPAN-} ]] || add_module kspan.ko
	for module in ${MODULES-}; do
		add_module "$module"
	done
	for name in ${FILES-}; do
		cp -rL -- "$name" "$root/root/" || die "no file $name"
	done
	if [[ -n ${RUN-} ]]; then
		cp -- "$RUN" "$root/root/" || die "no script $RUN"
		chmod +x "$root/root/${RUN##*/}"
	fi

	# a guest of 128 MB holds all of it twice while it unpacks it
	find "$root" -name '*.ko' -exec strip --strip-debug {} +

	cat >"$root/etc/vm.conf" <<-EOF
	VM_MODULES="${guest_modules[*]-}"
	VM_RUN="$(basename -- "${RUN-}")"
	VM_OUT="${OUT-}"
	VM_CAPTURE="${CAPTURE-}"
	EOF
	(cd "$root" && find . | cpio -o -H newc --quiet -R 0:0) >"$run/initramfs"
	rm -rf "$root"
}

# ---- the machine -----------------------------------------------------------

append="console=ttyS0 loglevel=8 panic=-1 oops=panic"
append+=" rcupdate.rcu_cpu_stall_timeout=120 kunit.enable=1"

# Its serial lines are the descriptors that boot() opens.
uml_command()
{
	((numa == 1)) || die "$kernel has one node"
	[[ -z ${ICOUNT-} || $ICOUNT == 0 ]] ||
		die "$kernel cannot count instructions"

	# Its memory is a file there: in pages of 2 MB, as a kernel's own mapping is
	if mkdir -p "$run/memory" && mount -t tmpfs -o huge=always,mode=700 \
		kspan-uml "$run/memory" 2>/dev/null; then
		memory_mounted=1
	else
		say "$kernel: no memory in large pages, which costs time"
	fi
	# shellcheck disable=SC2206 # words of a kernel command line
	machine=(
		env "TMPDIR=$run/memory"
		"$(kernel_image "$kernel")" "mem=$mem" "ncpus=$cpus" seccomp=on
		"initrd=$run/initramfs" "uml_dir=$run/uml"
		"ssl0=null,fd:1" "ssl1=null,fd:5"
		"ssl2=null,fd:6" "ssl3=null,fd:7"
		$append ${APPEND-}
	)
}

# The nodes that are not among the arguments.
nodes_except()
{
	local node

	for ((node = 0; node < numa; node++)); do
		[[ " $* " == *" $node "* ]] || echo "$node"
	done
}

# The machine's CPUs and memory, in equal parts, whole megabytes but for what is
# left over, on those nodes that have some.
qemu_nodes()
{
	local node part bytes mem_bytes first last nodes=() mem_nodes cpu_nodes

	for ((node = 0; node < numa; node++)); do
		nodes+=("node,nodeid=$node")
	done
	mem_bytes=$(numfmt --from=iec "$mem")
	# shellcheck disable=SC2086 # words
	mapfile -t mem_nodes < <(nodes_except ${NOMEM-})
	for ((part = 0; part < ${#mem_nodes[@]}; part++)); do
		node=${mem_nodes[part]}
		bytes=$((mem_bytes / (${#mem_nodes[@]} - part) >> 20 << 20))
		((part < ${#mem_nodes[@]} - 1)) || bytes=$mem_bytes
		mem_bytes=$((mem_bytes - bytes))
		machine+=(-object "memory-backend-ram,id=mem$node,size=$bytes")
		nodes[node]+=",memdev=mem$node"
	done
	# shellcheck disable=SC2086
	mapfile -t cpu_nodes < <(nodes_except ${NOCPU-})
	for ((part = 0; part < ${#cpu_nodes[@]}; part++)); do
		first=$((part * cpus / ${#cpu_nodes[@]}))
		last=$(((part + 1) * cpus / ${#cpu_nodes[@]} - 1))
		((last < first)) || nodes[cpu_nodes[part]]+=",cpus=$first-$last"
	done
	for node in "${nodes[@]}"; do
		machine+=(-numa "$node")
	done
}

qemu_command()
{
	local slots=""

	[[ -z ${DIMM-} ]] || slots=,slots=1,maxmem=64G

	# Time limits of watchdogs assume a machine that is not emulated on
	# busy CPUs.
	append+=" mitigations=off tsc=reliable watchdog_thresh=60"
	# an NMI is how a guest that hangs is asked where
	append+=" unknown_nmi_panic panic_print=0xc0"

	machine=(
		qemu-system-x86_64 -nodefaults -no-user-config -no-reboot
		-display none -vga none -nic none
		-chardev "pipe,id=monitor,path=$run/monitor"
		-monitor chardev:monitor
		-cpu "${CPU:-max}" -m "$mem$slots"
		-kernel "$(kernel_image "$kernel")"
		-initrd "$run/initramfs" -append "$append ${APPEND-}"
		-chardev "stdio,id=console,signal=off" -serial chardev:console
		-serial "file:$run/status"
		-serial "file:$run/out.tar" -serial "file:$capture"
	)
	if [[ -n ${ICOUNT-} && $ICOUNT != 0 ]]; then
		cpus=1
		machine+=(-accel tcg -icount "shift=0,sleep=off")
	elif [[ -n ${ONE_THREAD-} && $ONE_THREAD != 0 ]]; then
		machine+=(-accel "tcg,thread=single")
	else
		machine+=(-accel "tcg,thread=multi")
	fi
	machine+=(-smp "cpus=$cpus,sockets=$cpus,cores=1,threads=1")

	if ((numa > 1)); then
		qemu_nodes
	fi
	if [[ -n ${DIMM-} ]]; then
		machine+=(-object "memory-backend-ram,id=dimm,size=$DIMM"
			  -device "pc-dimm,memdev=dimm,node=$((numa - 1))")
	fi
}

# ---- running it ------------------------------------------------------------

# What the guest has reported so far, one word or more per line.
reported()
{
	grep -qs "^$1" "$run/status"
}

# Lets the guest panic, for the stack of each CPU.
show_hang()
{
	local tenths

	! kernel_is_uml "$kernel" || return 0
	# opened both ways, a pipe nobody reads from does not block
	echo nmi 1<>"$run/monitor.in"
	for ((tenths = 0; tenths < 100; tenths++)); do
		kill -0 "$machine_pid" 2>/dev/null || return 0
		sleep 0.1
	done
}

# boot: returns when the machine has ended or was ended; why goes to $verdict
boot()
{
	local start=$SECONDS elapsed readers=()

	: >"$run/status"
	# The serial line ends its lines with \r\n.
	sed -u 's/\r*$//' <"$run/console" &
	readers=($!)
	if kernel_is_uml "$kernel"; then
		cat <"$run/ttyS1" >"$run/status" &
		readers+=($!)
		cat <"$run/ttyS2" >"$run/out.tar" &
		readers+=($!)
		cat <"$run/ttyS3" >"$capture" &
		readers+=($!)
		"${machine[@]}" </dev/null >"$run/console" \
			2>"$run/machine.err" 5>"$run/ttyS1" 6>"$run/ttyS2" \
			7>"$run/ttyS3" &
	else
		"${machine[@]}" </dev/null >"$run/console" \
			2>"$run/machine.err" &
	fi
	machine_pid=$!
	verdict="the guest ended before its script did: panic, oops or reset"
	while kill -0 "$machine_pid" 2>/dev/null; do
		read -rt 0.1 -u "$timer" || true
		elapsed=$((SECONDS - start))
		if ((elapsed >= timeout)); then
			verdict="hang, ended after $timeout s"
		elif ((elapsed >= boot_timeout)) && ! reported init; then
			verdict="hang before init, ended after $boot_timeout s"
		else
			continue
		fi
		show_hang
		kill -9 "$machine_pid" 2>/dev/null || true
		break
	done
	wait "$machine_pid" || true
	machine_pid=
	wait "${readers[@]}"
	cat "$run/machine.err" >&2
}

# not while somebody builds the modules again
(
	lock "$build/modules/.$kernel.lock"
	make_initramfs
)
if kernel_is_uml "$kernel"; then
	uml_command
else
	qemu_command
fi
mkfifo "$run"/{console,monitor.in,monitor.out,timer,ttyS1,ttyS2,ttyS3}
# A pipe that stays empty: read -t from it sleeps without a process.
exec {timer}<>"$run/timer"
boot
for ((again = 1; again <= boot_retries; again++)); do
	! reported init || break
	echo "vm: $kernel died before its init ran, booting again ($again of $boot_retries)"
	boot
done

if [[ -n ${OUT-} && -s $run/out.tar ]]; then
	mkdir -p "$OUT"
	tar -x -f "$run/out.tar" -C "$OUT" --no-same-owner
fi
status=$(sed -n 's/^exit \([0-9]*\)\r*$/\1/p' "$run/status")
if [[ -z $status ]]; then
	echo "vm: $kernel: $verdict"
	exit 1
fi
if reported "cannot load"; then
	echo "vm: $kernel: $(grep '^cannot load' "$run/status" | tr -d '\r')"
fi
echo "vm: $kernel: exit status $status"
exit "$status"
