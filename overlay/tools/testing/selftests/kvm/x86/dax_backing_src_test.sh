#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Run the tests that have a backing source on DAX memory, -s dax:PATH, and see
# that other paths, and memory that is too small, are refused.
#
# The host must provide a directory on a DAX mount (KVM_DAX_DIR) and/or
# device-dax instances (KVM_DAX_DEVS, with commas in between), else the test
# skips.  The directory gets files that are removed again, the contents of the
# devices are OVERWRITTEN.  KVM_DAX_CASE is an extended regular expression: only
# the cases that it matches run.

dir=$(dirname "$0")
n=0
skipped=0
failed=0

result() {
	n=$((n + 1))
	case $1 in
	ok) echo "ok $n $2" ;;
	skip)
		skipped=$((skipped + 1))
		echo "ok $n $2 # SKIP $3" ;;
	*)
		failed=$((failed + 1))
		echo "$out" | sed 's/^/# /'
		echo "# $2: $3"
		echo "not ok $n $2" ;;
	esac
}

# run PROGRAM ARG...: sets out and rc
run() {
	prog=$1
	shift
	# In the source tree, the programs of one architecture are in a directory.
	[ -x "$dir/$prog" ] || prog=../$prog
	out=$("$dir/$prog" "$@" 2>&1)
	rc=$?
}

has() { [ -x "$dir/$1" ] || [ -x "$dir/../$1" ]; }

# The following are cases: NAME ARG...

# passes NAME PROGRAM ARG...
passes() {
	name=$1
	shift
	run "$@"
	case $rc in
	0) result ok "$name" ;;
	4) result skip "$name" "$(echo "$out" | sed -n 's/^1\.\.0 # SKIP *-* *//p')" ;;
	*) result fail "$name" "exit code $rc" ;;
	esac
}

# Splits huge pages, which a file has only if its extents allow them.
splits() {
	name=$1
	shift
	run dirty_log_page_splitting_test "$@"
	case $rc,$name,$out in
	254,fsdax*,*"stats_populated.pages_2m * 512"*)
		result skip "$name" "the file has no huge extents" ;;
	*) passes "$name" dirty_log_page_splitting_test "$@" ;;
	esac
}

# refused NAME TEXT SOURCE SIZE: SOURCE is refused, and the line says TEXT
refused() {
	run demand_paging_test -s "$3" -b "$4"
	case $rc,$out in
	1,*"-s $3: "*"$2"*) result ok "$1" ;;
	*) result fail "$1" "exit code $rc, wanted 1 and '$2'" ;;
	esac
}

# The library's own memory, which is anonymous, is as large.
dev_refused() {
	if [ "$3" -gt "$(awk '$1 == "MemTotal:" { printf "%.0f", $2 * 768 }' /proc/meminfo)" ]; then
		result skip "$1" "the device is nearly as large as the host's memory, or larger"
	else
		refused "$1" "too small" "dax:$2" $(($3 + 2097152))
	fi
}

file_refused() {
	file=$(mktemp "$KVM_DAX_DIR/XXXXXX")
	echo >"$file"
	refused "$1" "too small" "dax:$file" 4M
	rm "$file"
}

# Guests write to each page of each of two memslots, so each page of the file
# is written only if the memslots have ranges of their own.
ranges() {
	file=$(mktemp "$KVM_DAX_DIR/XXXXXX")
	dd if=/dev/zero of="$file" bs=1024 seek=4096 count=0 2>/dev/null
	run dirty_log_perf_test -s "dax:$file" -v 2 -b 2M -x 2
	pages=$(od -A d -t x8 "$file" |
		awk '{ sub(/^0+/, "", $1) }	# some awks would take it for octal
			$1 % 4096 == 0 && $2 == "0123456789abcdef" { n++ } END { print n + 0 }')
	rm "$file"
	if [ $rc != 0 ]; then
		result fail "$1" "exit code $rc"
	elif [ "$pages" != 1024 ]; then
		result fail "$1" "$pages of 1024 pages are written"
	else
		result ok "$1"
	fi
}

helps() {
	run "$2" -h
	case $out in
	*dax:PATH*OVERWRITTEN*) result ok "$1" ;;
	*) result fail "$1" "no dax:PATH in the help text" ;;
	esac
}

# programs NAME PATH SIZE: SIZE is the memory of a vCPU that has huge pages to
# split, "none" without huge pages
programs() {
	for prog in demand_paging_test dirty_log_perf_test access_tracking_perf_test; do
		$case passes "$1: $prog" $prog -s "dax:$2" -v 2 -b 4M
	done
	$case passes "$1: kvm_page_table_test" kvm_page_table_test -s "dax:$2" -b 4M
	has dirty_log_page_splitting_test || return 0
	case $3 in
	none) ;;
	small) $case result skip "$1: dirty_log_page_splitting_test" \
		"the device has not two huge pages, one for each memslot" ;;
	*) $case splits "$1: dirty_log_page_splitting_test" -s "dax:$2" -b "$3" ;;
	esac
}

# device PATH
device() {
	sys=/sys/bus/dax/devices/${1##*/}
	size=$(cat "$sys/size")
	case $(cat "$sys/align") in
	4096) label=devdax-4K split=none ;;
	2097152) label=devdax-2M split=4M ;;
	*)
		label=devdax-1G split=1G
		[ "$size" -ge 2147483648 ] || split=small ;;
	esac
	programs $label "$1" $split
	$case dev_refused "$label: too small" "$1" "$size"
}

cases() {
	# Not dirty_log_page_splitting_test: it may skip before it reads its options.
	for prog in demand_paging_test dirty_log_perf_test kvm_page_table_test \
		access_tracking_perf_test; do
		$case helps "help text of $prog" $prog
	done
	$case refused "no PATH" "PATH is missing" dax: 4M
	$case refused "no such path" "No such file" "dax:$tmp/none" 4M
	$case refused "file that is not DAX" "not DAX" "dax:$tmp/file" 4M
	$case refused "directory that is not DAX" "not DAX" "dax:$tmp" 4M
	$case refused "device that is no device-dax" "not a device-dax" dax:/dev/null 4M
	if [ "$KVM_DAX_DIR" ]; then
		programs fsdax "$KVM_DAX_DIR" 4M
		$case ranges "fsdax: memslots have ranges of their own"
		$case file_refused "fsdax: file is too small"
	fi
	for dev in $(echo "$KVM_DAX_DEVS" | tr , ' '); do
		device "$dev"
	done
}

# chosen FUNCTION NAME...
chosen() {
	[ "$1" != result ] || shift
	echo "$2" | grep -qE -e "${KVM_DAX_CASE:-.}"
}

count() { ! chosen "$@" || plan=$((plan + 1)); }
call() { ! chosen "$@" || "$@"; }

if [ ! "$KVM_DAX_DIR$KVM_DAX_DEVS" ] || [ ! -w /dev/kvm ]; then
	echo "1..0 # SKIP no DAX memory named (KVM_DAX_DIR, KVM_DAX_DEVS), or no /dev/kvm"
	exit 4
fi

tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
: >"$tmp/file"

plan=0
case=count
cases
echo "TAP version 13"
if [ $plan = 0 ]; then
	echo "1..0 # SKIP No case is chosen by KVM_DAX_CASE"
	exit 4
fi
echo "1..$plan"
case=call
cases
[ $failed = 0 ] || exit 1
[ $skipped != $plan ] || exit 4
