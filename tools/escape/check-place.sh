#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0
# Builds modules with their objects where they could live, and puts them to work:
#
#	check-place.sh [NAME...]	samples, worked, and the modules of
#					tools/cocci/real/list, moved to kspan (all)
#
# Each is built with PLACE=none, slot, region and verify, or those of PLACES. There is a
# guest for each, in which the modules' own tests run: the same tests, the same sums of
# what they have made, nothing left. Objects of a verify build are freed when their
# function ends and not before. The kernel "kasan" sees who uses one later; it has no
# block devices, so the modules of the list run on 6.12 with slub_debug=FZPU and
# init_on_free=1, where a freed object is overwritten.
#
# KEEP=1 takes what an earlier run has built against the same kspan, and what its guests
# have said.
#
# Then "worked" is measured where the clock counts instructions. KTAP; what was placed;
# a table; the last line is the sum. Logs are in build/check-place/.
# shellcheck source-path=SCRIPTDIR
source "$(dirname "$0")/../vm/lib.sh"
# shellcheck source=../vm/kernels.sh
source "$vm_dir/kernels.sh"

kernel=6.12
here=$top/tools/escape
work=$build/check-place
# shellcheck source=../cocci/real/host.sh
source "$top/tools/cocci/real/host.sh"

read -ra places <<<"${PLACES:-none slot region verify}"
wanted=" $* "

is_wanted()
{
	[[ $wanted == "  " || $wanted == *" $1 "* ]]
}

# ---- building -------------------------------------------------------------------

# sources NAME [SOURCE]: leaves them in sources/NAME/moved
sources()
{
	local dir=$work/sources/$1

	mkdir -p "$dir"
	case $1 in
	samples) cp -r "$top/kmod/samples" "$dir/moved" ;;
	worked)	cp -r "$here/worked" "$dir/moved" ;;
	*)	move "$1" "$2" "$dir" ;;
	esac
}

# build_placed NAME PLACE KERNEL: in PLACE/NAME; what the analysis says is in PLACE/NAME.said
build_placed()
{
	local dir=$work/$2/$1 symbols

	symbols=$(sha256sum <"$build/modules/$3/Module.symvers")
	[[ $(cat "$dir.done" 2>/dev/null) != "$symbols" ]] || return 0
	say "$1: building with PLACE=$2"
	rm -rf "$dir" "$dir.done" "$work/$2"/*.capture
	mkdir -p "$work/$2"
	cp -r "$work/sources/$1/moved" "$dir"
	if [[ $2 == none ]]; then
		PREBUILT=1 "$vm_dir/modules.sh" "$3" M="$dir" >"$dir.log" 2>&1 &&
			echo "$symbols" >"$dir.done" && return
	else
		PREBUILT=1 KERNEL=$3 PLACE=$2 KNOWN=$work/$1.$3 \
			"$here/escape.sh" "$dir" >"$dir.said" 2>"$dir.log" && echo "$symbols" >"$dir.done" && return
	fi
	tail -n 30 "$dir.log" >&2
	return 1
}

# sites NAME: how many allocations it has; the first build with a placement says so
sites()
{
	cat "$work"/*/"$1.said" | cut -d : -f 2- | sort -u |
		grep -cE ': [a-z_]+\(.*\) (does not escape|escapes)' || true
}

# placed NAME PLACE: how many of them were
placed()
{
	grep -cE ': [a-z_]+\(.*\) (placed |is freed at the end)' "$work/$2/$1.said" || true
}

print_placed()
{
	local name place row placing=()

	for place in "${places[@]}"; do
		[[ $place == none ]] || placing+=("$place")
	done
	printf '\n%-22s' "allocations placed"
	printf '%8s' sites "${placing[@]}"
	echo
	for name in "${own[@]}" "${listed[@]}"; do
		row=
		for place in "${placing[@]}"; do
			[[ $row ]] || row=$(printf '%8d' "$(sites "$name")")
			row+=$(printf '%8d' "$(placed "$name" "$place")")
		done
		printf '%-22s%s\n' "$name" "$row"
	done
}

# ---- guests ---------------------------------------------------------------------

# sample_folders PLACE: one for each sample, with both its builds
sample_folders()
{
	local script name to

	for script in "$top"/selftests/sample_*.sh; do
		name=$(basename "$script" .sh)
		to=$work/$1/guest/$name
		mkdir -p "$to"
		cp "$work/$1/samples/$name.ko" "$work/$1/samples/${name}_kmalloc.ko" \
			"$top/selftests/ktap.sh" "$top/selftests/sample.sh" "$to/" || return
		cp "$script" "$to/test.sh"
	done
}

# guest_folder NAME PLACE: for the guest, which runs test.sh there
guest_folder()
{
	local to=$work/$2/guest/$1

	[[ $1 != samples ]] || { sample_folders "$2"; return; }
	mkdir -p "$to"
	cp "$top/selftests/ktap.sh" "$to/"
	case $1 in
	worked)	cp "$here/worked/test.sh" "$work/$2/$1"/*.ko "$to/" ;;
	*)	cp "$real/$1/test.sh" "$real/guest.sh" "$to/"
		bring "$1" "$to" >&2 ;;
	esac
}

guest_script()
{
	cat <<-'EOF'
	#!/bin/sh
	cd /root/guest || exit
	set -- */
	echo "TAP version 13"
	echo "1..$#"
	n=0
	failed=0
	for name; do
		n=$((n + 1))
		name=${name%/}
		{
			(cd "$name" && sh ./test.sh)
			echo $? >/tmp/status
		} | sed 's/^/    /'
		if [ "$(cat /tmp/status)" = 0 ]; then
			echo "ok $n $name"
		else
			echo "not ok $n $name"
			failed=1
		fi
	done
	exit $failed
	EOF
}

# run_guest PLACE KERNEL APPEND NAME...: one boot for all
run_guest()
{
	local place=$1 on=$2 append=$3 name modules=() dir=$work/$1
	local log=$dir/$2
	shift 3

	rm -rf "$dir/guest"
	for name; do
		guest_folder "$name" "$place" || return
		case $name in
		samples|worked) ;;
		*)	mapfile -t -O "${#modules[@]}" modules < <(
				loaded_before "$name" "$dir/$name/$name.ko")
			modules+=("$dir/$name/$name.ko") ;;
		esac
	done
	mapfile -t modules < <(printf '%s\n' "${modules[@]}" | awk 'NF && !seen[$0]++')
	guest_script >"$dir/run"
	say "PLACE=$place: running $* on $on"
	KERNEL=$on MEM=2G MODULES="${modules[*]}" FILES=$dir/guest RUN=$dir/run \
		CAPTURE=$log.capture TIMEOUT=900 PREBUILT=1 APPEND=$append \
		"$vm_dir/vm.sh" >"$log.log" 2>&1
}

passed=0
failed=0

# result STATUS WHAT
result()
{
	if (($1)); then
		echo "not ok - $2"
		((++failed))
	else
		echo "ok - $2"
		((++passed))
	fi
}

# check_guest PLACE KERNEL APPEND NAME...
check_guest()
{
	local log=$work/$1/$2 status=0 p f reports

	[[ -s $log.capture ]] || run_guest "$@" || status=$?
	touch "$log.capture" "$log.log"
	tr -d '\r' <"$log.capture" >"$log.ktap"
	read -r p f _ < <("$vm_dir/ktap.pl" <"$log.ktap" | tail -n 1)
	"$vm_dir/ktap.pl" <"$log.ktap" | sed '$d; s/^/# /'
	reports=$("$vm_dir/klog.pl" "$log.log" | tail -n 1)
	if ((status && !f)) || ((reports)) || ((p + f == 0)); then
		echo "FAILED PLACE=$1: exit status $status, $reports reports in $log.log"
		((++f))
	fi
	((passed += p, failed += f)) || true
	result "$((f != 0))" "PLACE=$1 on $2: ${*:4}: $p tests"
}

# The sums that a guest's tests have printed.
sums_of()
{
	sed -n 's/^[ #]*checksum: //p' "$work/$1"/*.ktap | sort
}

same_sums()
{
	local place=$1 status=0

	diff <(sums_of none) <(sums_of "$place") >"$work/$place/sums" || status=1
	sed 's/^/# /' "$work/$place/sums"
	[[ $(sums_of none) ]] || status=1
	result $status "PLACE=$place: the same $(sums_of "$place" | wc -l) sums"
}

# ---- instructions ---------------------------------------------------------------

# count_instructions PLACE: of "worked", on one CPU with a clock that counts them
count_instructions()
{
	local dir=$work/$1

	printf '#!/bin/sh\ncat /sys/kernel/debug/escape_worked\nrmmod escape_worked\n' \
		>"$dir/count"
	KERNEL=$kernel ICOUNT=1 MODULES=$dir/worked/escape_worked.ko RUN=$dir/count \
		CAPTURE=$dir/instructions TIMEOUT=300 PREBUILT=1 \
		APPEND="init_on_alloc=0" "$vm_dir/vm.sh" >"$dir/count.log" 2>&1 || {
		tail -n 20 "$dir/count.log" >&2
		return 1
	}
}

instruction_table()
{
	local place files=()

	for place; do
		files+=("$work/$place/instructions")
	done
	printf '\n%-22s' "instructions of a call"
	printf '%8s' "$@"
	echo
	awk '{ if (!($1 in line)) name[n++] = $1
	       line[$1] = line[$1] sprintf("%8d", $2) }
	     END { for (i = 0; i < n; i++) printf "%-22s%s\n", name[i], line[name[i]] }' \
		"${files[@]}"
}

# ---- all ------------------------------------------------------------------------

names=(samples worked)
declare -A source_of=()
while read -r name source; do
	[[ $name && $name != \#* ]] || continue
	names+=("$name")
	source_of[$name]=$source
done <"$real/list"

need_packages "${vm_packages[@]}" "${real_packages[@]}" \
	"gcc-$(gcc -dumpversion | sed 's/\..*//')-plugin-dev"
provide_kernel "$kernel"
provide_source
"$vm_dir/modules.sh" "$kernel" >/dev/null || die "the modules do not build"
need_packages "linux-image-$(kernel_release "$kernel")"
[[ " ${places[*]} " != *" verify "* ]] ||
	"$vm_dir/modules.sh" kasan >/dev/null || die "the modules do not build for kasan"

[[ ${KEEP-} ]] || rm -rf "$work"
own=() listed=() counted=()
for name in "${names[@]}"; do
	is_wanted "$name" || continue
	[[ -e $work/sources/$name/moved ]] || sources "$name" "${source_of[$name]-}" || die "no source of $name"
	if [[ ${source_of[$name]-} ]]; then
		listed+=("$name")
	else
		own+=("$name")
	fi
done
((${#own[@]} + ${#listed[@]})) || die "none of these is known: $*"

for place in "${places[@]}"; do
	on=$kernel append=
	[[ $place != verify ]] || on=kasan append="slub_debug=FZPU init_on_free=1"
	for name in "${own[@]}"; do
		build_placed "$name" "$place" "$on" || result 1 "$name PLACE=$place builds"
	done
	for name in "${listed[@]}"; do
		build_placed "$name" "$place" "$kernel" ||
			result 1 "$name PLACE=$place builds"
	done
	if [[ $place == verify ]]; then
		((!${#own[@]})) || check_guest "$place" "$on" "" "${own[@]}"
		((!${#listed[@]})) ||
			check_guest "$place" "$kernel" "$append" "${listed[@]}"
	else
		check_guest "$place" "$on" "" "${own[@]}" "${listed[@]}"
	fi
	[[ $place == none ]] || same_sums "$place"
done

print_placed
if is_wanted worked; then
	status=0
	for place in none slot region; do
		[[ " ${places[*]} " == *" $place "* ]] || continue
		say "PLACE=$place: counting instructions"
		count_instructions "$place" || status=1
		counted+=("$place")
	done
	result $status "instructions are counted"
	((status)) || instruction_table "${counted[@]}"
fi
echo
echo "$passed passed, $failed failed"
((failed == 0 && passed > 0))
