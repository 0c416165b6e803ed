#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Do the tests see faults? Each patch in kmod/tests/mutants puts one into the
# module; then the tests are run that should fail for it.
#
#	mutate.sh list			the faults, and which tests should see them
#	mutate.sh check			whether every patch applies and says what it must
#	mutate.sh [NAME...]		applies, builds, boots: all of them or these
#
# A patch begins with lines of the form "Key: value":
#
#	Reason: what is wrong now, and who would suffer
#	Suites: globs of KUnit suites; each is a boot until one fails
#	Kernel: one that has KUnit, where "kunit" does not see it
#	Boot:   further variables of vm.sh, for instance CPUS=4 NUMA=2
#	Lives:  why no test can see it; the fault is then expected to live
#
# JOBS=n (2) faults are tried at a time, each worker in a tree of its own below
# build/mutate. The table is in build/mutate/table, the kernel logs are beside it.
# The exit status is 1 if a fault lives that is not expected to.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/lib.sh"
# shellcheck source=kernels.sh
source "$vm_dir/kernels.sh"

mutants=$top/kmod/tests/mutants
results=$build/mutate
jobs=${JOBS:-2}
least=60

# field PATCH KEY: its values, a line each
field()
{
	sed -n "/^---/q; s/^$2: *//p" "$1"
}

names()
{
	find "$mutants" -name '*.patch' -printf '%f\n' | sed 's/\.patch$//' | sort
}

list()
{
	local name

	while read -r name; do
		printf '%-28s %-22s %s\n' "$name" \
			"$(field "$mutants/$name.patch" Suites | xargs)" \
			"$(field "$mutants/$name.patch" Reason)"
	done < <(names)
}

# ---- check -----------------------------------------------------------------

# What is wrong with a patch, if something is.
complaint()
{
	local patch=$1

	[[ $(field "$patch" Reason | wc -l) == 1 ]] || {
		echo "needs one line of reason"
		return
	}
	[[ -n $(field "$patch" Suites) ]] || {
		echo "names no suite"
		return
	}
	# without fuzz: what it was made for is still what is there
	patch -d "$top" -p1 --dry-run -s -f -F0 <"$patch" 2>&1 || true
}

check()
{
	local name count=0 bad=0 what

	while read -r name; do
		((++count))
		what=$(complaint "$mutants/$name.patch")
		[[ -n $what ]] || continue
		((++bad))
		echo "$name: $what"
	done < <(names)
	if ((count < least)); then
		echo "$count faults, there should be $least"
		((++bad))
	fi
	((bad == 0))
}

# ---- running ---------------------------------------------------------------

# A copy of the project that shares its kernels.
prepare_tree()
{
	local tree=$1 shared

	mkdir -p "$tree/build"
	rsync -rlpc --delete --exclude=/build --exclude=/.git "$top/" "$tree/"
	for shared in kernels linux roots; do
		ln -sfn "$(realpath -m "$build/$shared")" "$tree/build/$shared"
	done
}

kernel_for()
{
	local kernel

	kernel=$(field "$1" Kernel)
	echo "${kernel:-kunit}"
}

# finds_nothing TREE DIR KERNEL GLOB OPTION...: whether the tests all pass
finds_nothing()
{
	local tree=$1 dir=$2 kernel=$3 glob=$4 failed reports
	shift 4

	env KERNEL="$kernel" MODULES=kspan_kunit.ko PREBUILT=1 \
		RUN="$tree/tools/vm/kunit.sh" CAPTURE="$dir/ktap" \
		APPEND="kunit.filter_glob=$glob" TIMEOUT="${TIMEOUT:-240}" "$@" \
		"$tree/tools/vm/vm.sh" >"$dir/log" 2>&1 </dev/null || return
	read -r _ failed _ < <(tr -d '\r' <"$dir/ktap" |
			       "$vm_dir/ktap.pl" | tail -n 1)
	reports=$("$vm_dir/klog.pl" "$dir/log" | tail -n 1)
	((failed == 0 && reports == 0))
}

# What saw it: the first failed test, a report of the kernel, or the last words.
seen_by()
{
	local dir=$1 line=''

	[[ ! -s $dir/ktap ]] ||
		line=$(tr -d '\r' <"$dir/ktap" | "$vm_dir/ktap.pl" |
		       sed -n '0,/^FAILED /s/^FAILED //p')
	[[ -n $line ]] || line=$("$vm_dir/klog.pl" "$dir/log" |
				 sed -n '0,/^FAILED /s/^FAILED //p')
	[[ -n $line ]] || line=$(tail -n 1 "$dir/log")
	echo "${line:0:60}"
}

# try TREE NAME: leaves a verdict
try()
{
	local tree=$1 name=$2 patch=$mutants/$2.patch dir=$results/$2
	local verdict=lives seen='' glob kernel options start=$SECONDS

	mkdir -p "$dir"
	: >"$dir/ktap"
	kernel=$(kernel_for "$patch")
	eval "options=($(field "$patch" Boot))"
	if ! patch -d "$tree" -p1 -s -f -F0 <"$patch" >"$dir/build" 2>&1 ||
	   ! "$tree/tools/vm/modules.sh" "$kernel" >>"$dir/build" 2>&1; then
		verdict=broken
		seen="see $dir/build"
	else
		for glob in $(field "$patch" Suites); do
			finds_nothing "$tree" "$dir" "$kernel" "$glob" \
				"${options[@]}" && continue
			verdict=dies
			seen=$(seen_by "$dir")
			break
		done
	fi
	if [[ $verdict == lives && -n $(field "$patch" Lives) ]]; then
		verdict=expected
		seen=$(field "$patch" Lives)
	fi
	# whatever the patch did, the next one finds the tree as it was
	prepare_tree "$tree"
	printf '%-28s %-8s %4d s  %s\n' "$name" "$verdict" \
		$((SECONDS - start)) "$seen" | tee "$dir/verdict"
}

# worker N: takes names from the list till it is empty
worker()
{
	local tree=$results/tree$1 name

	prepare_tree "$tree"
	"$tree/tools/vm/modules.sh" kunit >"$results/build$1" 2>&1 ||
		die "the modules do not build without a fault: $results/build$1"
	while name=$(run_locked "$results/.queue.lock" next_name); do
		try "$tree" "$name"
	done
}

next_name()
{
	local name

	name=$(head -n 1 "$results/queue")
	sed -i 1d "$results/queue"
	[[ -n $name ]] && echo "$name"
}

count()
{
	grep -c "^[^ ]* *$1 " "$results/table" || true
}

run()
{
	local n total dead expected

	need_packages "${vm_packages[@]}" patch rsync
	rm -f "$results"/*/verdict
	mkdir -p "$results"
	if (($#)); then
		printf '%s\n' "$@"
	else
		names
	fi >"$results/queue"
	while read -r n; do
		[[ -e $mutants/$n.patch ]] || die "no fault $n"
		kernel_for "$mutants/$n.patch"
	done <"$results/queue" >"$results/kernels"
	while read -r n; do
		provide_kernel "$n"
	done < <(sort -u "$results/kernels")
	total=$(wc -l <"$results/queue")
	# A suite's result without a fault is make check's affair.
	for ((n = 1; n <= jobs; n++)); do
		worker "$n" &
	done
	wait
	cat "$results"/*/verdict | sort >"$results/table"
	dead=$(count dies)
	expected=$(count expected)
	echo
	grep -E '^[^ ]+ +(lives|broken) ' "$results/table" || true
	echo "$dead of $total faults die ($((dead * 100 / total)) %), $expected live with a reason"
	((dead + expected == total))
}

case ${1-} in
list)	list ;;
check)	check ;;
*)	run "$@" ;;
esac
