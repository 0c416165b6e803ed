#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Runs the tests: those of the host, KUnit, kselftests.
#
#	check.sh KERNEL...	KUnit on those of them that have it, kselftests
#				on the others
#	check.sh matrix		on every kernel that QEMU boots
#
# A host test is a folder whose Makefile has a "check" target that prints KTAP.
# kselftests are selftests/run.sh, run once in a guest without those that trace, and
# what the lines of selftests/boots ask for, each in a guest of its own:
#
#	name | kernel or * | options of vm.sh | script in selftests/
#
# "*" is every stock kernel under test. selftests/Kbuild's modules are built as
# any consumer's; in the guest they are beside their sources. Each run's KTAP is printed whole, its
# kernel log is in build/check/. The last line is the sum.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"
# shellcheck source=kernels.sh
source "$vm_dir/kernels.sh"

results=$build/check
# Programs of this machine that selftests run in the guest.
programs=$build/programs
export TIMEOUT=${TIMEOUT:-900}

if [[ $* == matrix ]]; then
	# user-mode Linux is for measuring: one CPU, no stock configuration
	mapfile -t kernels < <(kernel_names | grep -vx uml-smp)
else
	for name; do
		need_kernel_name "$name"
	done
	mapfile -t kernels < <(printf '%s\n' "$@" | awk '!seen[$0]++')
fi

# ---- runs: each leaves ktap, log and status in its folder --------------------

host_run()
{
	local dir=$1 folder=$2

	make -s --no-print-directory -C "$top/$folder" check \
		>"$dir/ktap" 2>"$dir/log" </dev/null
}

# The results that KUnit has printed as they came, out of a kernel log.
ktap_of_log()
{
	sed -nE 's/^\[ *[0-9.]+\] ( *(KTAP |[0-9]+\.\.[0-9]|# Subtest: |ok |not ok ).*)/\1/p'
}

kunit_run()
{
	local dir=$1 kernel=$2

	KERNEL=$kernel MODULES=kspan_kunit.ko RUN=$vm_dir/kunit.sh \
		CAPTURE=$dir/ktap PREBUILT=1 "$vm_dir/vm.sh" >"$dir/log" 2>&1
	local status=$?

	# Results are read when all suites have ended. Where one hangs, the log
	# has them up to there.
	[[ -s $dir/ktap ]] || ktap_of_log <"$dir/log" >"$dir/ktap"
	return $status
}

# Where the selftests' own modules are built for a kernel.
selftest_modules()
{
	echo "$build/modules/$1-selftests"
}

selftest_run()
{
	local dir=$1 kernel=$2 script=$3
	shift 3

	# the programs, and beside their sources this kernel's test modules and
	# programs of this machine
	rsync -a --exclude='*.ko' "$top/selftests" "$dir/"
	mkdir -p "$(selftest_modules "$kernel")"
	rsync -a --include='*/' --include='*.ko' --exclude='*' \
		"$(selftest_modules "$kernel")/" "$dir/selftests/"
	rsync -a "$programs/" "$dir/selftests/bin/"
	cat >"$dir/run" <<-EOF
	#!/bin/sh
	cd /root/selftests && exec ./$script
	EOF
	env KERNEL="$kernel" PREBUILT=1 FILES="$dir/selftests" "$@" \
		RUN="$dir/run" CAPTURE="$dir/ktap" \
		"$vm_dir/vm.sh" >"$dir/log" 2>&1
}

# run NAME FUNCTION ARGUMENT...: the run and the verdict on it
run()
{
	local dir=$results/$1 status=0 sums reports
	local passed failed skipped
	shift

	mkdir -p "$dir"
	: >"$dir/ktap"
	: >"$dir/log"
	"$1" "$dir" "${@:2}" || status=$?

	tr -d '\r' <"$dir/ktap" | "$vm_dir/ktap.pl" >"$dir/failures"
	sums=$(tail -n 1 "$dir/failures")
	read -r passed failed skipped <<<"$sums"
	sed -i '$d' "$dir/failures"

	"$vm_dir/klog.pl" "$dir/log" >"$dir/reports"
	reports=$(tail -n 1 "$dir/reports")
	sed '$d' "$dir/reports" >>"$dir/failures"
	((failed += reports)) || true

	# A failed test explains a status, unless the guest died of it.
	if ((status != 0)) && { ((failed == 0)) || [[ ! -s $dir/ktap ]] ||
				guest_died "$dir/log"; }; then
		((++failed))
		echo "FAILED exit status $status: $(tail -n 1 "$dir/log")"
		# a report of the kernel says more than the end of its log
		((reports)) || log_end "$dir/log" | sed 's/^/    /'
	fi >>"$dir/failures"
	echo "$passed $failed $skipped" >"$dir/sums"
}

# Without the boot, where there was one.
log_end()
{
	awk '/\] vm: init of/ { delete line; n = 0 }
	     { line[n++] = $0 }
	     END { for (i = n > 60 ? n - 60 : 0; i < n; i++) print line[i] }' "$1"
}

guest_died()
{
	grep -q '\] vm: init of' "$1" && ! grep -q '^vm: .*: exit status' "$1"
}

# ---- what to run -----------------------------------------------------------

# Each run is one line: its name, a function, its arguments, quoted for eval.
runs=()

# plan NAME FUNCTION ARGUMENT...
plan()
{
	runs+=("${*@Q}")
}

plan_host()
{
	local makefile folder

	while read -r makefile; do
		folder=$(dirname "${makefile#"$top/"}")
		plan "host-${folder//\//-}" host_run "$folder"
	done < <(find "$top"/*/ -path "$build/*" -prune -o \
		 -name Makefile -exec grep -l '^check:' {} + | sort)
}

plan_boots()
{
	local kernel=$1 name wanted options script settings

	[[ -e $top/selftests/boots ]] || return 0
	while IFS='|' read -r name wanted options script; do
		read -r name <<<"$name"
		read -r wanted <<<"$wanted"
		read -r script <<<"$script"
		[[ -n $name && $name != \#* ]] || continue
		[[ -n $script ]] || die "selftests/boots: no script for $name"
		case $wanted in
		"$kernel")	;;
		"*")		! kernel_is_built "$kernel" || continue ;;
		*)		need_kernel_name "$wanted"; continue ;;
		esac
		# quoted as in a shell: APPEND="a b"
		eval "settings=($options)"
		plan "$kernel-$name" selftest_run "$kernel" "$script" \
			"${settings[@]}"
	done <"$top/selftests/boots"
}

plan_kernel()
{
	local kernel=$1

	if kernel_is_built "$kernel"; then
		plan "$kernel-kunit" kunit_run "$kernel"
	elif [[ -e $top/selftests/run.sh ]]; then
		plan "$kernel-selftests" selftest_run "$kernel" \
			"run.sh not trace record"
	fi
	plan_boots "$kernel"
}

# ---- running them ----------------------------------------------------------

# copy_program NAME: with what it is linked to, as the guest has no libraries
copy_program()
{
	local program libraries

	program=$(command -v "$1") || return
	mapfile -t libraries < <(ldd "$program" |
		awk '$3 ~ "^/" { print $3 } $1 ~ "^/" { print $1 }')
	mkdir -p "$programs"
	cp -L -t "$programs" -- "$program" "${libraries[@]}"
}

prepare()
{
	local kernel dir

	# bats and groff are for the tests of the kspan tool, slabtop is of procps,
	# spin is for the models
	need_packages "${vm_packages[@]}" build-essential rsync libjson-c-dev \
		bats groff-base procps spin
	# what the escape analysis is built with; there is a compiler by now
	need_packages "gcc-$(gcc -dumpversion | sed 's/\..*//')-plugin-dev"
	copy_program slabtop || return
	make -s --no-print-directory -C "$top" tools || return
	if [[ -e $top/selftests/Makefile ]]; then
		make -s --no-print-directory -C "$top/selftests" || return
	fi
	for kernel in "${kernels[@]}"; do
		"$vm_dir/modules.sh" "$kernel" || return
		[[ -e $top/selftests/Kbuild ]] || continue
		dir=$(selftest_modules "$kernel")
		mirror_sources "$dir" "$top/selftests/" || return
		"$vm_dir/modules.sh" "$kernel" M="$dir" || return
	done
}

# Prints what has ended, in the order of the plan.
print_finished()
{
	local dir

	while ((nprinted < ${#names[@]})); do
		dir=$results/${names[nprinted]}
		[[ -e $dir/sums ]] || break
		echo "# ${names[nprinted]}"
		cat "$dir/ktap"
		((++nprinted))
	done
}

run_all()
{
	local entry nrunning=0 nmax
	local names=() nprinted=0

	nmax=$(nproc)
	for entry in "${runs[@]}"; do
		if ((nrunning == nmax)); then
			wait -n || true
			((nrunning--)) || true
			print_finished
		fi
		eval "entry=($entry)"
		names+=("${entry[0]}")
		run "${entry[@]}" &
		((++nrunning))
	done
	while ((nrunning)); do
		wait -n || true
		((nrunning--)) || true
		print_finished
	done
}

# Failures once more, where they are seen, and the sum.
sum_up()
{
	local dir passed=0 failed=0 skipped=0 p f s

	for dir in "$results"/*/; do
		if ! read -r p f s <"$dir/sums"; then
			p=0 f=1 s=0
			echo "FAILED without a verdict" >>"$dir/failures"
		fi
		((passed += p, failed += f, skipped += s)) || true
		sed "s|^FAILED |FAILED $(basename "$dir"): |" "$dir/failures"
	done
	echo "# $SECONDS s; kernel logs are in ${results#"$top/"}/"
	echo "$passed passed, $failed failed$(
		((skipped == 0)) || echo ", $skipped skipped")"
	((failed == 0 && passed > 0))
}

trap 'kill $(jobs -p) 2>/dev/null; exit 130' INT TERM HUP
rm -rf "$results"
mkdir -p "$results"
plan_host
for kernel in "${kernels[@]}"; do
	plan_kernel "$kernel"
done
if ! (prepare); then
	echo "FAILED build"
	echo "0 passed, 1 failed"
	exit 1
fi
run_all
sum_up
